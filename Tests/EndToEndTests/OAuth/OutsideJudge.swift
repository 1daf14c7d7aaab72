import Foundation

/// A program in Python that serves the built gateway by itself and judges it from outside: `Tests/Conformance` and
/// `Tests/Interop`. Its libraries are where `JUDGE_PYTHON` is (`.ci/python-venv`).
struct OutsideJudge: Sendable {
    /// Below `Tests`.
    let folder: String
    /// What Python calls it.
    let module: String

    static let conformance = OutsideJudge(folder: "Conformance", module: "conformance")
    static let interop = OutsideJudge(folder: "Interop", module: "interop")

    private static let python = ProcessInfo.processInfo.environment["JUDGE_PYTHON"] ?? "python3"

    private var environment: [String: String] {
        [
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": NSTemporaryDirectory(), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": GatehouseProgram.root + "/Tests/" + folder,
        ]
    }

    private func command(_ arguments: [String]) -> [String] { [Self.python, "-m", module] + arguments }

    /// Judges the built program.
    func judge(_ arguments: [String]) async throws -> GatehouseProgram.Outcome {
        try await GatehouseProgram.run(
            "/usr/bin/env", command(["--gatehouse", GatehouseProgram.path] + arguments), environment: environment)
    }

    /// Whether a call without the gateway ends well: that the libraries are there, or a tool is.
    func isReady(_ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command(arguments)
        process.environment = environment
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// The lines that say what failed and why, of a report that has a line for everything.
    static func failures(in report: GatehouseProgram.Outcome) -> String {
        let lines = report.output.split(separator: "\n", omittingEmptySubsequences: false)
        var isTold = false
        let told = lines.filter { line in
            if line.first?.isLetter == true { isTold = line.hasPrefix("FAILED") || line.hasPrefix("NOT FOUND") }
            return isTold
        }
        return "\(told.joined(separator: "\n"))\n\(report.error.suffix(4_000))"
    }
}
