import ArgumentParser
import Fetch
import Foundation
import Vocabulary

/// A noun of its own: a client may have several streams, and each has a life (a state, a queue, faults) that clients have not.
struct SignalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signal", abstract: "Applications that hear of security events (Shared Signals, CAEP).",
        subcommands: [
            Add.self, List.self, Show.self, Verify.self, Pause.self, Resume.self, Disable.self, Delete.self,
        ])

    struct Add: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets a client hear of ended sessions and changed credentials of its people.",
            discussion: "Events are pushed to --to; without it the client fetches them.")
        @Argument(help: "Its client_id.") var client: String
        @Option(help: "Where events are pushed: an https address.") var to: String?
        @Option(help: "A file with the Authorization header of each push, such as `Bearer …`.") var headerFile: String?
        @Option(help: "session-revoked or credential-change; both without it. May be repeated.") var event: [String] =
            []
        @Option(help: "What people read of it.") var description: String?
        @Flag(help: "Changed credentials of everybody in the tenant, and not only of people whom it knows.")
        var everybody = false
        @OptionGroup var options: APIOptions

        private static let known = ["session-revoked", "credential-change"]
        private static let base = "https://schemas.openid.net/secevent/caep/event-type/"

        func validate() throws {
            guard event.allSatisfy(Self.known.contains) else {
                throw ValidationError("An event is session-revoked or credential-change.")
            }
            if headerFile != nil, to == nil { throw ValidationError("--header-file goes with --to.") }
            if headerFile != nil, header == nil { throw ValidationError("The header's file cannot be read.") }
        }

        private var header: String? {
            headerFile.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) }
                .map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 }
        }

        var request: ActRequest {
            var body = members(["client": client, "description": description])
            if let to {
                var delivery: [String: AttributeValue] = [
                    "method": "urn:ietf:rfc:8935", "endpoint_url": .string(to),
                ]
                if let header { delivery["authorization_header"] = .string(header) }
                body["delivery"] = .object(delivery)
            }
            if !event.isEmpty { body["events_requested"] = .list(event.map { .string(Self.base + $0) }) }
            if everybody { body["everybody"] = true }
            return (.post, api("signal-streams"), body)
        }

        func sentence(_ answer: AttributeValue) -> String {
            "Made the stream \(answer.cell("id")). `gatehouse signal verify` lets the receiver see that it works."
        }
    }

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists streams.")
        static let columns: KeyValuePairs = [
            "ID": "id", "CLIENT": "client", "STATUS": "status", "WAITING": "waiting", "LAST FAULT": "last_error",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("signal-streams") }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a stream, and how telling goes.")
        @Argument(help: "Its id.") var stream: String
        @OptionGroup var options: APIOptions

        var path: String { api("signal-streams", stream) }
    }

    struct Verify: DoCommand {
        static let configuration = CommandConfiguration(abstract: "Sends a verification event.")
        @Argument(help: "The stream's id.") var stream: String
        @OptionGroup var options: APIOptions

        var path: String { api("signal-streams", stream, "verify") }
        func sentence(_ answer: AttributeValue) -> String {
            "It is on its way; `gatehouse signal show \(stream)` says whether it was taken."
        }
    }

    struct Pause: StatusCommand {
        static let configuration = CommandConfiguration(
            abstract: "Holds what happens, for seven days and 10,000 events at most.")
        static let status = "paused"
        @Argument(help: "The stream's id.") var stream: String
        @Option(help: "What the receiver reads of why.") var reason: String?
        @OptionGroup var options: APIOptions
    }

    struct Resume: StatusCommand {
        static let configuration = CommandConfiguration(abstract: "Lets a stream go on, with what was held.")
        static let status = "enabled"
        @Argument(help: "The stream's id.") var stream: String
        @Option(help: "What the receiver reads of why.") var reason: String?
        @OptionGroup var options: APIOptions
    }

    struct Disable: StatusCommand {
        static let configuration = CommandConfiguration(abstract: "Sends nothing any more, and holds nothing.")
        static let status = "disabled"
        @Argument(help: "The stream's id.") var stream: String
        @Option(help: "What the receiver reads of why.") var reason: String?
        @OptionGroup var options: APIOptions
    }

    struct Delete: RemoveCommand {
        static let configuration = CommandConfiguration(abstract: "Deletes a stream with what waits on it.")
        @Argument(help: "Its id.") var stream: String
        @OptionGroup var options: APIOptions

        var path: String { api("signal-streams", stream) }
        func sentence(_ answer: AttributeValue) -> String { "Deleted \(stream)." }
    }
}

/// A command that gives a stream another status.
protocol StatusCommand: ActCommand {
    static var status: String { get }
    var stream: String { get }
    var reason: String? { get }
}

extension StatusCommand {
    var request: ActRequest {
        let path = api("signal-streams", stream, "status")
        return (.post, path, members(["status": Self.status, "reason": reason]))
    }
    func sentence(_ answer: AttributeValue) -> String { "\(stream) is \(answer.cell("status"))." }
}
