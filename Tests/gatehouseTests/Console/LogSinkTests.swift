import Foundation
import Gateway
import Logging
import Testing
import Vocabulary

@testable import gatehouse

/// A file that a sink writes to.
private final class LogFile: Sendable {
    let path = NSTemporaryDirectory() + "log-\(UUID().uuidString)"
    let descriptor: Int32

    init() { descriptor = open(path, O_CREAT | O_RDWR | O_APPEND, 0o600) }

    deinit {
        close(descriptor)
        try? FileManager.default.removeItem(atPath: path)
    }

    func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
}

@Suite("Where log lines go")
struct LogSinkTests {
    private func line(_ text: String) -> [UInt8] { Array((text + "\n").utf8) }

    @Test func anOrdinaryLineIsWrittenSoonAndAWarningAtOnceWithEverythingBeforeIt() async throws {
        let file = LogFile()
        let sink = LogSink(descriptor: file.descriptor)
        sink.write(line("first"), isUrgent: false)
        sink.write(line("second"), isUrgent: false)
        #expect(try file.text() == "", "they wait for each other")
        sink.write(line("warning"), isUrgent: true)
        #expect(try file.text() == "first\nsecond\nwarning\n")
        sink.write(line("last"), isUrgent: false)
        for _ in 0..<200 where try !file.text().hasSuffix("last\n") { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try file.text() == "first\nsecond\nwarning\nlast\n")
    }

    @Test func aFullBufferIsWrittenWithoutWaiting() throws {
        let file = LogFile()
        let sink = LogSink(descriptor: file.descriptor)
        let long = line(String(repeating: "x", count: 1_023))
        for _ in 0..<31 { sink.write(long, isUrgent: false) }
        #expect(try file.text().isEmpty)
        sink.write(long, isUrgent: false)
        #expect(try file.text().utf8.count == 32 << 10)
    }

    @Test func linesOfManyThreadsStayWhole() async throws {
        let file = LogFile()
        let sink = LogSink(descriptor: file.descriptor)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<200 { sink.write(line("\(task):\(number)"), isUrgent: number % 50 == 0) }
                }
            }
        }
        sink.flush()
        let lines = try file.text().split(separator: "\n")
        #expect(lines.count == 1_600)
        for task in 0..<8 {
            let own = lines.filter { $0.hasPrefix("\(task):") }
            #expect(own.map(String.init) == (0..<200).map { "\(task):\($0)" }, "in their order")
        }
    }

    private func logger(_ file: LogFile, _ format: LoggingConfiguration.Format) -> Logger {
        Logger(label: "test") { label in
            LogLines(
                label: label, level: .trace, format: format, clock: { Timestamp(seconds: 1_790_000_000) },
                sink: LogSink(descriptor: file.descriptor))
        }
    }

    // A secret has no description, whatever it is put into.
    @Test(arguments: LoggingConfiguration.Format.allCases)
    func secretsAreBlankInEveryPlaceOfALine(_ format: LoggingConfiguration.Format) throws {
        let file = LogFile()
        let (text, bytes) = (SecretText("correct horse battery"), SecretBytes(Array("staple of secrets".utf8)))
        let link = Fault("x", .caller, "said \(text)")
        logger(file, format).warning(
            "a message of \(text) and \(bytes)",
            metadata: [
                "plain": "\(text)", "bytes": "\(bytes)", "optional": "\(Optional(text) as Any)", "list": "\([text])",
                "nested": ["inner": ["deep": "\(text)"], "array": ["\(bytes)"]], "fault": "\(link)",
                "mirror":
                    "\(String(reflecting: text)) \(String(describing: Mirror(reflecting: text).children.map { "\($0)" }))",
            ])
        let line = try file.text()
        #expect(line.contains("a message of"))
        for word in ["correct", "horse", "staple", "secrets"] { #expect(!line.contains(word), "\(line)") }
        let codes = Array("staple".utf8).map { "\($0)" }.joined(separator: ", ")
        #expect(!line.contains(codes), "nor as numbers")
    }

    @Test(arguments: LoggingConfiguration.Format.allCases)
    func nothingFromOutsideBeginsALineOfItsOwnOrSpeaksForTheLog(_ format: LoggingConfiguration.Format) throws {
        let file = LogFile()
        logger(file, format).warning(
            "refused", metadata: ["path": "/x\n{\"level\":\"info\"}\u{1B}[2J", "level": "trace", "at": "never"])
        let lines = try file.text().split(separator: "\n")
        #expect(lines.count == 1)
        #expect(!lines[0].contains("\u{1B}"))
        if format == .json {
            #expect(lines[0].contains("\"level\":\"warning\"") && !lines[0].contains("never"))
        }
    }
}
