import ArgumentParser
import Fetch
import Foundation
import Gateway
import HTTPAPI
import Vocabulary

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "How controls of compliance frameworks stand, and signed assessments of them.",
        subcommands: [
            Frameworks.self, Status.self, Assess.self, List.self, Show.self, Export.self, Reproduce.self, Verify.self,
            Backup.self, ReportPopulation.self,
        ])

    struct Frameworks: ListCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the frameworks, with how their controls stand now.")
        static let columns: KeyValuePairs = [
            "FRAMEWORK": "framework", "NAME": "name", "SATISFIED": "satisfied", "NOT": "not_satisfied",
            "NO EVIDENCE": "no_evidence", "CONTROLS": "controls",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("compliance", "frameworks") }
    }

    struct Status: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Judges every control of a framework by the journal as it is now. Nothing is written.")
        @Argument(help: "Its word, such as soc2.") var framework: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(.get, api("compliance", "frameworks", framework))
            return APIAnswer(answer, AssessmentText.table(answer))
        }
    }

    struct Assess: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Judges frameworks, signs each judgement and keeps it; all frameworks without a choice.")
        @Argument(help: "Their words, such as soc2 pci_dss.") var frameworks: [String] = []
        @Option(help: "The last event of the journal to take into account; the newest without it.")
        var position: Int64?
        @Option(help: "As of when, as 2026-11-21T12:00:00Z; not before that event.") var moment: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            var body = members(["moment": moment])
            if !frameworks.isEmpty { body["frameworks"] = .list(frameworks.map { .string($0) }) }
            if let position { body["position"] = .integer(position) }
            let answer = try await client.call(.post, api("compliance", "assessments"), .object(body))
            return APIAnswer(answer["items"]?.list ?? [], columns: AssessmentText.columns)
        }
    }

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists signed assessments, oldest first.")
        static var columns: KeyValuePairs<String, String> { AssessmentText.columns }
        @Option(help: "Only those of this framework.") var framework: String?
        @OptionGroup var options: APIOptions

        var path: String { api("compliance", "assessments") + query(["framework": framework]) }
    }

    struct Show: APICommand {
        static let configuration = CommandConfiguration(abstract: "Shows an assessment as it was signed.")
        @Argument(help: "Its id.") var assessment: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(.get, api("compliance", "assessments", assessment))
            return APIAnswer(answer, AssessmentText.table(answer))
        }
    }

    struct Export: AsyncParsableCommand {
        enum Format: String, ExpressibleByArgument, CaseIterable { case json, csv, html, oscal, signed }

        static let configuration = CommandConfiguration(
            abstract: "Writes an assessment to a file: for people, for spreadsheets, or for other programs.")
        @Argument(help: "Its id.") var assessment: String
        @Option(help: "json, csv, html, oscal or signed.") var format: Format
        @Option(help: "The new file; standard output without it.") var output: String?
        @OptionGroup var options: APIOptions

        func run() async throws {
            let report = try await options.withGateway { client in try await read(client) }
            guard let output else { return Console.line(report) }
            try Self.write(report, to: output)
            Console.line("Wrote \(output).")
        }

        private func read(_ client: ControlClient) async throws -> String {
            let path = api("compliance", "assessments", assessment)
            switch format {
            case .json: return CanonicalJSON.encode(try await client.call(.get, path))
            case .oscal, .signed:
                return CanonicalJSON.encode(try await client.call(.get, "\(path)/\(format.rawValue)"))
            case .csv, .html:
                var whole = ""
                try await client.text("\(path)/\(format.rawValue)") { whole += $0 }
                return whole
            }
        }

        private static func write(_ text: String, to file: String) throws {
            let path = URL(fileURLWithPath: file).path
            // A report that is there was perhaps handed on already: it is not written over.
            guard !FileManager.default.fileExists(atPath: path) else {
                throw CommandRefusal("There is already a file at \(file).")
            }
            guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
                throw CommandRefusal("The file \(file) cannot be written.")
            }
        }
    }

    struct Reproduce: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an assessment again from the journal, and says whether the same bytes come out.")
        @Argument(help: "Its id.") var assessment: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(.get, api("compliance", "assessments", assessment, "reproduction"))
            guard answer["reproducible"]?.bool == true else {
                throw CommandRefusal("Journal or catalogue are not what they were: other bytes come out.")
            }
            return APIAnswer(answer, "The same bytes come out.")
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verifies a signed assessment, with nothing but the file and a key or head kept outside.")
        @Argument(help: "The file, as export --format signed writes it.") var file: String
        @Option(help: "The id of the key that has to have signed it.") var key: String?
        @Option(help: "A file of heads kept outside: its heads have to be by the same key.") var checkpoint: String?

        func run() async throws {
            let report = try AssessmentCheck.verify(file, key: key, checkpoint: checkpoint)
            for finding in report.findings { Console.error("✗ \(finding)") }
            guard report.isSound, let bytes = report.document else {
                throw CommandRefusal("The assessment in \(file) is not what was signed.")
            }
            let document = try StrictJSON.parse(bytes)
            Console.line(
                "✓ \(document.cell("name")), position \(document.cell("basis.position")), as of"
                    + " \(document.cell("basis.moment")), is as it was signed by the key \(report.key ?? "").")
            if !report.isTrusted {
                Console.line("  Neither --key nor --checkpoint was given, so whose key that is, is not proven.")
            }
        }
    }

    struct Backup: ActCommand {
        static let configuration = CommandConfiguration(
            commandName: "note-backup",
            abstract: "Notes in the journal that a backup was made, or with --proven that it was shown to restore.",
            discussion: "`db backup` and `doctor --prove-restore` do this themselves beside a running server.")
        @Argument(help: "The manifest that stands beside the backup.") var manifest: String
        @Flag(help: "It was shown to restore.") var proven = false
        @OptionGroup var options: APIOptions

        func validate() throws { _ = try BackupNotes.manifest(manifest) }
        var request: ActRequest {
            (
                .post, api("compliance", "backups"),
                ["manifest": (try? BackupNotes.manifest(manifest)) ?? .null, "proven": .bool(proven)]
            )
        }
        func sentence(_ answer: AttributeValue) -> String { "Noted at position \(answer.cell("position"))." }
    }
}

/// Tells a running gateway of backups, so that its journal can show them.
enum BackupNotes {
    static func manifest(_ path: String) throws -> AttributeValue {
        guard let data = FileManager.default.contents(atPath: path), data.count <= 16 << 20 else {
            throw ValidationError("The manifest \(path) cannot be read.")
        }
        return try StrictJSON.parse([UInt8](data))
    }

    /// Notes a backup in the journal of each tenant; answers what is left to do by hand, nil for nothing.
    static func note(_ backup: String, proven: Bool, _ configuration: Configuration) async throws -> String? {
        let socket = ControlSocket(configuration)
        guard socket.isAnswered else {
            return "For reports: once the server runs, note it with `gatehouse report note-backup`."
        }
        let body: AttributeValue = ["manifest": try manifest(backup + ".manifest.json"), "proven": .bool(proven)]
        let tenants = try await ControlClient(socket: socket.path).all(api("tenants"))
        var left: [String] = []
        for slug in tenants.compactMap({ $0["slug"]?.string }) {
            do {
                try await ControlClient(socket: socket.path, tenant: slug).call(
                    .post, api("compliance", "backups"), body)
            } catch let refusal as CommandRefusal {
                // A tenant made since the backup is not in it; the backup itself is good all the same.
                left.append("Not noted in \(slug): \(refusal.message ?? "refused.")")
            }
        }
        return left.isEmpty ? nil : left.joined(separator: "\n")
    }
}

enum AssessmentText {
    static let columns: KeyValuePairs = [
        "ID": "id", "FRAMEWORK": "framework", "POSITION": "position", "AS OF": "moment", "SATISFIED": "satisfied",
        "NOT": "not_satisfied", "NO EVIDENCE": "no_evidence",
    ]

    /// A line for each control, and below it what was found.
    static func table(_ assessment: AttributeValue) -> String {
        var table = Table(["CONTROL", "STATUS", "FOUND"])
        for control in assessment["controls"]?.list ?? [] {
            let evidence = control["evidence"]?.list ?? []
            let reasons =
                evidence.isEmpty
                ? (control["gaps"]?.list ?? []).compactMap(\.string)
                : evidence.map { "\($0.cell("kind")): \($0.cell("reason"))" }
            for (place, reason) in reasons.enumerated() {
                table.add(place == 0 ? [control.cell("id"), control.cell("status"), reason] : ["", "", reason])
            }
        }
        return "\(assessment.cell("name")), position \(assessment.cell("basis.position")), as of"
            + " \(assessment.cell("basis.moment"))\n" + table.text
    }
}
