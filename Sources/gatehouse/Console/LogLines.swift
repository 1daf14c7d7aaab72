import Foundation
import Gateway
import HTTPAPI
import Logging
import Vocabulary

/// Structured log lines on standard error: one JSON object or one line of text each. Metadata values are escaped, so
/// that nothing from outside can begin a line of its own.
struct LogLines: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    private let label: String
    private let format: LoggingConfiguration.Format
    private let clock: @Sendable () -> Timestamp
    private let sink: LogSink

    init(
        label: String, level: Logger.Level, format: LoggingConfiguration.Format,
        clock: @escaping @Sendable () -> Timestamp = SystemClock.now, sink: LogSink = .standardError
    ) {
        self.label = label
        self.format = format
        self.clock = clock
        self.sink = sink
        logLevel = level
    }

    /// A logger as the configuration asks for.
    static func logger(_ configuration: LoggingConfiguration) -> Logger {
        let level = Logger.Level(rawValue: configuration.level.rawValue) ?? .info
        let format = configuration.format
        return Logger(label: "gatehouse") { LogLines(label: $0, level: level, format: format) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let (own, given) = (metadata, event.metadata ?? [:])
        let message = event.message.description
        let line =
            switch format {
            case .json: json(event.level, message, given, own)
            case .text: Array((text(event.level, message, own.merging(given) { _, new in new }) + "\n").utf8)
            }
        sink.write(line, isUrgent: event.level >= .warning)
    }

    // One for each request: put together without a tree in between. Members are sorted, the line's own go first.
    private func json(
        _ level: Logger.Level, _ message: String, _ given: Logger.Metadata, _ own: Logger.Metadata
    ) -> [UInt8] {
        var members = [
            ("at", clock().rfc3339), ("level", level.rawValue), ("message", message), ("logger", label),
        ]
        members.reserveCapacity(4 + given.count + own.count)
        func add(_ name: String, _ value: Logger.MetadataValue) {
            guard !Self.own.contains(name) else { return }
            if case .string(let text) = value {
                members.append((name, text))
            } else {
                members.append((name, "\(value)"))
            }
        }
        for (name, value) in given { add(name, value) }
        for (name, value) in own where given[name] == nil { add(name, value) }
        members.sort { $0.0 < $1.0 }
        var line: [UInt8] = []
        line.reserveCapacity(384)
        for (name, value) in members {
            line.append(line.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            CanonicalJSON.write(name, into: &line)
            line.append(UInt8(ascii: ":"))
            CanonicalJSON.write(value, into: &line)
        }
        line += "}\n".utf8
        return line
    }

    private static let own: Set<String> = ["at", "level", "message", "logger"]

    private func text(_ level: Logger.Level, _ message: String, _ values: Logger.Metadata) -> String {
        let pairs = values.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        return Console.plain("\(clock().rfc3339) \(level.rawValue) \(message)\(pairs)")
    }
}

extension Configuration {
    /// For commands, whose own words are on the terminal: errors only.
    var quietLogger: Logger {
        var quiet = logging
        quiet.level = .error
        return LogLines.logger(quiet)
    }
}
