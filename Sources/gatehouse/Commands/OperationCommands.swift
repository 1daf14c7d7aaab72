import ArgumentParser
import Foundation
import Gateway
import HTTPAPI
import Vocabulary

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks configuration, clock, storage, TLS and each provider, and says cause and cure.",
        discussion: """
            With --prove-restore it also restores a backup under a key that was kept apart, into a folder of its own, and \
            recomputes everything in it.
            """)
    @Option(help: "A backup to prove; its manifest stands beside it.") var proveRestore: String?
    @OptionGroup var key: SeparateKeyOptions
    @OptionGroup var location: ConfigurationOption
    @Flag(help: "Print the findings as JSON.") var json = false

    func validate() throws {
        guard proveRestore != nil || !key.isGiven else {
            throw ValidationError("--separate-key and --recovery belong to --prove-restore.")
        }
    }

    func run() async throws {
        let configuration = try location.load()
        let doctor = Doctor(configuration, logger: configuration.quietLogger)
        var findings = await doctor.examine() + ListenerDoctor(configuration, now: SystemClock.now()).examine()
        if let proveRestore {
            let path = URL(fileURLWithPath: proveRestore).path
            let proof = await doctor.proveRestore(of: path, with: try key.source())
            findings.append(proof)
            if proof.isGood, let hint = try await BackupNotes.note(path, proven: true, configuration), !json {
                Console.line(hint)
            }
        }
        if !json { Console.line("✓ configuration: \(location.path) has no faults") }
        try findings.tell(asJSON: json)
    }
}

extension [Doctor.Finding] {
    /// Prints them all. Throws when one of them is bad.
    func tell(asJSON: Bool) throws {
        if asJSON {
            let list = map { finding -> AttributeValue in
                ["subject": .string(finding.subject), "good": .bool(finding.isGood), "detail": .string(finding.detail)]
            }
            Console.line(CanonicalJSON.encode(.list(list)))
        } else {
            for finding in self {
                Console.line("\(finding.isGood ? "✓" : "✗") \(finding.subject): \(Console.plain(finding.detail))")
            }
        }
        let bad = self.count { !$0.isGood }
        if bad > 0 { throw CommandRefusal("\(bad) of \(self.count) checks failed.") }
    }
}

/// The master key, from where it is kept apart from the machine.
struct SeparateKeyOptions: ParsableArguments {
    @Option(help: "A copy of the master key's file that was kept apart.") var separateKey: String?
    @Option(help: "The sealed key (master.key.recovery); the recovery code is read from standard input.")
    var recovery: String?

    var isGiven: Bool { separateKey != nil || recovery != nil }

    func validate() throws {
        guard separateKey == nil || recovery == nil else {
            throw ValidationError("--separate-key and --recovery exclude each other.")
        }
    }

    /// Nil means the configured key.
    func source() throws -> Doctor.KeySource? {
        if let separateKey { return .file(URL(fileURLWithPath: separateKey).path) }
        guard let recovery else { return nil }
        return .recovery(sealed: URL(fileURLWithPath: recovery).path, code: try Console.readSecret("Recovery code: "))
    }
}
