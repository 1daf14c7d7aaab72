import Foundation
import Synchronization
import Vocabulary

/// The built program, run as an operator runs it: as a process of its own.
enum GatehouseProgram {
    struct Outcome: Sendable {
        let status: Int32
        let output: String
        let error: String
    }

    /// Beside the tests' own binary, else where a debug build puts it.
    static let path: String = {
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/gatehouse"
        return FileManager.default.isExecutableFile(atPath: beside) ? beside : root + "/.build/debug/gatehouse"
    }()

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// Nothing of ours but where shared files are: a developer's own variables change no test.
    static func environment(_ extra: [String: String] = [:]) -> [String: String] {
        ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GATEHOUSE_SHARE": root + "/config"]
            .merging(extra) { _, new in new }
    }

    /// Runs a command to its end, off the threads that tests run on.
    static func run(
        _ arguments: [String], input: String = "", environment extra: [String: String] = [:], folder: String? = nil
    ) async throws -> Outcome {
        try await run(path, arguments, input: input, environment: environment(extra), folder: folder)
    }

    static func run(
        _ program: String, _ arguments: [String], input: String = "", environment: [String: String],
        folder: String? = nil
    ) async throws -> Outcome {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread {
                continuation.resume(
                    with: Result { try runHere(program, arguments, input, environment, folder) })
            }
            thread.start()
        }
    }

    private static func runHere(
        _ program: String, _ arguments: [String], _ input: String, _ environment: [String: String], _ folder: String?
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = environment
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (stdin, stdout, stderr)
        try process.run()
        stdin.fileHandleForWriting.write(Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        // Both at once: a full pipe would hold the other up.
        let errors = Mutex(Data())
        let reading = DispatchSemaphore(value: 0)
        let reader = Thread {
            let data = stderr.fileHandleForReading.readDataToEndOfFile()
            errors.withLock { $0 = data }
            reading.signal()
        }
        reader.start()
        let output = stdout.fileHandleForReading.readDataToEndOfFile()
        reading.wait()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: output, as: UTF8.self),
            error: String(decoding: errors.withLock(\.self), as: UTF8.self))
    }
}

/// A `gatehouse serve` that runs until it is stopped; its log lines are in a file.
final class ServingProgram: Sendable {
    let log: String
    private let process: Mutex<Process>

    /// Starts it and waits until it says that it is ready.
    init(configuration: String, log: String, environment extra: [String: String] = [:]) async throws {
        self.log = log
        let process = Process()
        process.executableURL = URL(fileURLWithPath: GatehouseProgram.path)
        process.arguments = ["serve", "--config", configuration]
        process.environment = GatehouseProgram.environment(extra)
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try file.seekToEnd()
        (process.standardInput, process.standardOutput, process.standardError) = (FileHandle.nullDevice, file, file)
        try process.run()
        self.process = Mutex(process)
        for _ in 0..<400 {
            if try text().contains("\"message\":\"ready\"") { return }
            guard isRunning else { break }
            try await Task.sleep(for: .milliseconds(25))
        }
        let said = try text()
        try await stop()
        throw Fault("test.serve", .ourselves, "serve did not become ready: \(said.suffix(2_000))")
    }

    var identifier: Int32 { process.withLock(\.processIdentifier) }

    var isRunning: Bool { process.withLock(\.isRunning) }

    /// Everything it wrote so far.
    func text() throws -> String { try String(contentsOfFile: log, encoding: .utf8) }

    /// Asks it to end, as a service manager does; answers its exit status.
    @discardableResult func stop() async throws -> Int32 {
        process.withLock { if $0.isRunning { $0.terminate() } }
        for _ in 0..<800 where isRunning { try await Task.sleep(for: .milliseconds(25)) }
        if isRunning { process.withLock { _ = kill($0.processIdentifier, SIGKILL) } }
        while isRunning { try await Task.sleep(for: .milliseconds(5)) }
        return process.withLock(\.terminationStatus)
    }
}
