import ArgumentParser
import Fetch
import Foundation
import Gateway
import HTTPAPI
import Vocabulary

struct DatabaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db", abstract: "The store as a whole. Backup and check also work beside a running server.",
        subcommands: [Backup.self, Check.self, Restore.self])

    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copies the store to a new file, with a manifest beside it.")
        @Argument(help: "The new file.") var file: String
        @OptionGroup var location: ConfigurationOption

        func run() async throws {
            let bytes = try await location.withReading {
                try await $0.backup(to: URL(fileURLWithPath: file).path, now: SystemClock.now())
            }
            Console.line(
                """
                Wrote \(file) (\(bytes) bytes) and \(file).manifest.json. The master key is in neither.
                Keep a copy of the erasure log with it: a restore repeats the erasures made since.
                """)
            let hint = try await BackupNotes.note(
                URL(fileURLWithPath: file).path, proven: false, try location.load())
            if let hint { Console.line(hint) }
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Recomputes rows, trees, heads and keys, and says what does not agree.")
        @OptionGroup var location: ConfigurationOption

        func run() async throws {
            let findings = try await location.withReading { try await $0.check() }
            for finding in findings { Console.error("✗ \(finding)") }
            if !findings.isEmpty { throw CommandRefusal("The store is not sound.") }
            Console.line("✓ The store is sound.")
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Restores a backup into the configured storage directory, which must hold no database.",
            discussion: """
                A restore begins a new signed epoch: sessions, API keys, links and logins under way end, and people \
                erased since the backup are erased again.
                """)
        @Argument(help: "The backup; its manifest stands beside it.") var file: String
        @Option(help: "The newest copy of the erasure log, if it is not where the configuration says.")
        var erasures: String?
        @Flag(help: "Nobody was erased since the backup, and the erasure log is lost.") var noErasures = false
        @OptionGroup var location: ConfigurationOption

        func validate() throws {
            guard erasures == nil || !noErasures else {
                throw ValidationError("--erasures and --no-erasures exclude each other.")
            }
        }

        func run() async throws {
            let configuration = try location.load()
            let source: Restoration.Erasures =
                noErasures ? .none : erasures.map { .file(URL(fileURLWithPath: $0).path) } ?? .configured
            let report = try await Restoration(configuration, logger: configuration.quietLogger)
                .restore(URL(fileURLWithPath: file).path, erasures: source)
            Console.line(
                """
                Restored the backup of \(report.backupTakenAt.rfc3339) into \(configuration.storage.directory).
                A new epoch (\(report.epoch)) began for \(report.tenants) tenants.
                Ended: \(report.sessionsEnded) sessions, \(report.apiKeysRevoked) API keys, \(report.linksRevoked) links.
                Repeated: \(report.erasuresRepeated) erasures.
                Next: gatehouse db check, start the server, run the directory jobs, make new API keys.
                """)
        }
    }
}

extension ConfigurationOption {
    /// Reads the store through a connection of its own. A running server signs heads first, so that what is read is
    /// covered by them.
    func withReading<Answer>(_ body: (Maintenance) async throws -> Answer) async throws -> Answer {
        let configuration = try load()
        let socket = ControlSocket(configuration)
        if socket.isAnswered { try await ControlClient(socket: socket.path).call(.post, "/api/v1/audit/heads") }
        let maintenance = try await Maintenance.open(configuration, logger: configuration.quietLogger)
        let answer = try await body(maintenance)
        try maintenance.close()
        return answer
    }
}
