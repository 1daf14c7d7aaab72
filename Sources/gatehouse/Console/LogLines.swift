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

    init(
        label: String, level: Logger.Level, format: LoggingConfiguration.Format,
        clock: @escaping @Sendable () -> Timestamp = SystemClock.now
    ) {
        self.label = label
        self.format = format
        self.clock = clock
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
        let values = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let line =
            switch format {
            case .json: json(event.level, event.message.description, values)
            case .text: text(event.level, event.message.description, values)
            }
        Console.write(line + "\n", to: STDERR_FILENO)
    }

    private func json(_ level: Logger.Level, _ message: String, _ values: Logger.Metadata) -> String {
        var members: [String: AttributeValue] = [
            "at": .string(clock().rfc3339), "level": .string(level.rawValue), "message": .string(message),
            "logger": .string(label),
        ]
        for (name, value) in values where members[name] == nil { members[name] = .string("\(value)") }
        return CanonicalJSON.encode(.object(members))
    }

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
