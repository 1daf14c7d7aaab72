import ArgumentParser
import Fetch
import Foundation
import Gateway
import Vocabulary

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The journal.", subcommands: [List.self, Export.self, Verify.self])

    struct List: APICommand {
        static let configuration = CommandConfiguration(abstract: "Lists events, oldest first.")
        @Option(help: "Begin behind this position.") var after: Int64 = 0
        @Option(help: "Only types that begin with this, such as session.") var type: String?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard (1...200).contains(limit), after >= 0 else {
                throw ValidationError("--limit is a number from 1 to 200.")
            }
        }

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let narrowed = type.map { "&type=" + ControlClient.encode($0) } ?? ""
            let page = try await client.call(.get, "/api/v1/audit/events?after=\(after)&limit=\(limit)\(narrowed)")
            return APIAnswer(
                page["items"]?.list ?? [],
                columns: [
                    "POSITION": "position", "AT": "at", "TYPE": "type", "STREAM": "stream.kind", "NAME": "stream.name",
                    "ID": "stream.id", "ACTOR": "actor", "ACCOUNT": "actor_name",
                ])
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the journal to a file that can be verified anywhere; also beside a running server.",
            discussion:
                "With --format, events for other tools: OCSF 1.7.0 as JSON lines, or CEF. Neither can be verified.")
        @Argument(help: "The new file.") var file: String
        @Option(help: "The tenant's slug; the default tenant without it.") var tenant: String?
        @Flag(help: "With the personal sections, decrypted.") var withSections = false
        @Option(help: "ocsf or cef.") var format: AuditFormat?
        @Option(help: "With --format: begin behind this position.") var after: Int64 = 0
        @OptionGroup var location: ConfigurationOption

        func validate() throws {
            guard format == nil || !withSections else {
                throw ValidationError("--with-sections is for exports without --format.")
            }
            guard after >= 0, format != nil || after == 0 else {
                throw ValidationError("--after is a position, and beside --format only.")
            }
        }

        func run() async throws {
            let path = URL(fileURLWithPath: file).path
            let slug = try tenant ?? location.load().tenants.first?.slug ?? ""
            if let format {
                let (count, end) = try await location.withReading {
                    try await $0.exportEvents(of: slug, to: path, as: format, after: after)
                }
                Console.line("Wrote \(count) events to \(file), up to position \(end).")
                return
            }
            let count = try await location.withReading {
                try await $0.exportJournal(of: slug, to: path, withSections: withSections)
            }
            Console.line("Wrote \(count) events to \(file).")
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verifies an export, with nothing but the file and a head kept outside.")
        @Argument(help: "The export.") var file: String
        @Option(help: "A file of heads kept outside, as a sink writes it.") var checkpoint: String?

        func run() async throws {
            let report = try JournalCheck.verify(file, checkpoint: checkpoint)
            for finding in report.findings { Console.error("✗ \(finding)") }
            guard report.isSound else { throw CommandRefusal("The journal in \(file) is not what was signed.") }
            Console.line("✓ \(report.records) events, \(report.signed) of them covered by a signed head.")
            if !report.hasCheckpoint {
                Console.line(
                    "  No head from outside was given (--checkpoint), so a tail that was cut off is not excluded.")
            }
        }
    }
}

extension AuditFormat: ExpressibleByArgument {}
