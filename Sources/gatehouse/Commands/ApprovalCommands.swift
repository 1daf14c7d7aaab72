import ArgumentParser
import Fetch
import Foundation
import Gateway
import Vocabulary

/// Requests for approval, and what is said about them.
struct ApprovalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approval", abstract: "Requests for approval, and what is said about them.",
        subcommands: [
            List.self, Inbox.self, Show.self, History.self, Approve.self, Reject.self, Delegate.self, Override.self,
            Review.self, Escalate.self, Cancel.self, Invite.self,
        ])

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists approvals.")
        static let columns: KeyValuePairs = [
            "ID": "id", "STATE": "state", "REQUESTER": "requester.id", "RISK": "risk", "APPROVERS": "approver_roles",
            "DEADLINE": "deadline",
        ]
        @Option(help: "Only those in this state: pending, approved, rejected, expired, cancelled or overridden.")
        var state: String?
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "approvals") + query(["state": state]) }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows an approval.")
        @Argument(help: "Its id.") var approval: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "approvals", approval) }
    }

    struct History: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what is asked for and everything that was said of it.")
        @Argument(help: "Its id.") var approval: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(.get, api("governance", "approvals", approval, "history"))
            let events = APIAnswer(
                answer["events"]?.list ?? [],
                columns: [
                    "AT": "at", "EVENT": "event", "BY": "by.id", "FOR": "on_behalf_of.id", "ACTOR": "actor",
                    "SAID": "text",
                ])
            return APIAnswer(answer, Console.plain("\(answer.cell("matter"))") + "\n" + events.text)
        }
    }

    struct Approve: SpokenCommand {
        static let configuration = CommandConfiguration(abstract: "Approves, in the name of whoever has the key.")
        @Argument(help: "The approval's id.") var approval: String
        @Option(help: "Why; kept with the word.") var comment: String?
        @OptionGroup var speaker: SpeakerOptions
        @OptionGroup var options: APIOptions

        var word: (String, [String: AttributeValue]) { ("approve", members(["comment": comment])) }
    }

    struct Reject: SpokenCommand {
        static let configuration = CommandConfiguration(abstract: "Rejects, in the name of whoever has the key.")
        @Argument(help: "The approval's id.") var approval: String
        @Option(help: "Why; kept with the word.") var comment: String
        @OptionGroup var speaker: SpeakerOptions
        @OptionGroup var options: APIOptions

        var word: (String, [String: AttributeValue]) { ("reject", members(["comment": comment])) }
    }

    struct Delegate: SpokenCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets somebody else vote in the place of whoever has the key.")
        @Argument(help: "The approval's id.") var approval: String
        @OptionGroup var subject: SubjectOptions
        @Option(help: "Until when, as an RFC 3339 date-time.") var until: String
        @OptionGroup var speaker: SpeakerOptions
        @OptionGroup var options: APIOptions

        var word: (String, [String: AttributeValue]) {
            ("delegate", subject.body.merging(members(["until": until])) { $1 })
        }
    }

    struct Override: SpokenCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets it through in an emergency, in the name of whoever has the key.",
            discussion:
                "Begun by one, done by a second; with --alone done at once, and to be reviewed. It always alarms.")
        @Argument(help: "The approval's id.") var approval: String
        @Option(help: "Why it cannot wait.") var reason: String
        @Flag(help: "Do it alone.") var alone = false
        @OptionGroup var speaker: SpeakerOptions
        @OptionGroup var options: APIOptions

        var word: (String, [String: AttributeValue]) {
            (alone ? "override-alone" : "override", members(["reason": reason]))
        }
    }

    struct Invite: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a link by which somebody outside decides the present stage, once.")
        @Argument(help: "The approval's id.") var approval: String
        @Option(help: "Mail the link there, instead of printing it.") var mail: String?
        @Option(help: "Until when, as an RFC 3339 date-time; the stage's deadline without it.") var until: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(
                .post, api("governance", "approvals", approval, "invite"),
                .object(members(["mail": mail, "until": until])))
            let sentence =
                answer["link"]?.string.map { "Hand this over; it works once, until \(answer.cell("until")):\n\($0)" }
                ?? "The link is on its way; it works once, until \(answer.cell("until"))."
            return APIAnswer(answer, sentence)
        }
    }
}

/// Who speaks: approvals are given by somebody with a name and a role, never by the machine's administrator.
struct SpeakerOptions: ParsableArguments {
    @Option(
        name: .customLong("key-file"), help: "A file with the API key of whoever speaks, readable by its owner alone.")
    var keyFile: String

    func key() throws -> SecretText {
        let folder = FileManager.default.currentDirectoryPath
        return try SecretSource.file(keyFile.hasPrefix("/") ? keyFile : folder + "/" + keyFile).load()
    }
}

/// A command that says one word about an approval in somebody's name.
protocol SpokenCommand: APICommand {
    var approval: String { get }
    var speaker: SpeakerOptions { get }
    var word: (String, [String: AttributeValue]) { get }
}

extension SpokenCommand {
    func run() async throws {
        let key = try speaker.key()
        try await options.withGateway(speakingFor: key) { try await perform($0) }.show(options)
    }

    func perform(_ client: ControlClient) async throws -> APIAnswer {
        let (name, body) = word
        let answer = try await client.call(.post, api("governance", "approvals", approval, name), .object(body))
        return APIAnswer(answer, "The approval is \(answer.cell("state")), at stage \(answer.cell("stage")).")
    }
}
