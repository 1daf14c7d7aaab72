import ArgumentParser
import Fetch
import Vocabulary

struct CampaignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "campaign", abstract: "Reviews of who holds what: begun, decided line by line, closed.",
        subcommands: [
            Create.self, List.self, Show.self, Lines.self, Decide.self, Delegate.self, Remind.self, Escalate.self,
            Close.self, Inbox.self,
        ])

    struct Create: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begins a review over one scope.",
            discussion: "Name one of --application, --role, --manager and --risk.")
        @Argument(help: "Its name.") var name: String
        @Option(help: "Review what this application's entitlements give, by its id.") var application: String?
        @Option(help: "Review who holds this role, by name or id.") var role: String?
        @Option(help: "Review everything that the people led by this person hold.") var manager: String?
        @Option(help: "Review entitlements of this level or a higher one.") var risk: String?
        @Option(help: "Whom to ask where nobody else can be: a person, by login, mail or id.") var reviewer: String
        @Option(help: "Who is asked first: manager, owner or named.") var reviewers: String?
        @Option(help: "Who decides what is left when the deadline has passed.") var escalatesTo: String?
        @Option(help: "When it ends, as an RFC 3339 date-time.") var deadline: String
        @Option(help: "What becomes of what nobody decided: keep or revoke.") var undecided: String?
        @Option(help: "After so many days without a recorded use an access counts as unused.") var unusedAfter: Int?
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard [application, role, manager, risk].compactMap(\.self).count == 1 else {
                throw ValidationError("Name one of --application, --role, --manager and --risk.")
            }
        }

        var request: ActRequest {
            var body = members([
                "name": name, "application": application, "role": role, "manager": manager, "risk_level": risk,
                "reviewer": reviewer, "reviewers": reviewers, "escalates_to": escalatesTo, "deadline": deadline,
                "undecided": undecided,
            ])
            if let unusedAfter { body["unused_after_days"] = .integer(Int64(unusedAfter)) }
            return (.post, api("campaigns"), body)
        }
        func sentence(_ answer: AttributeValue) -> String {
            "Began \(name), \(answer.cell("id")), with \(answer.cell("lines")) lines."
        }
    }

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists reviews.")
        static let columns: KeyValuePairs = [
            "NAME": "name", "PHASE": "phase", "LINES": "lines", "UNDECIDED": "counts.open", "DEADLINE": "deadline",
            "ID": "id",
        ]
        @Option(help: "Only those that have come this far: preparing, open, closing or closed.") var phase: String?
        @OptionGroup var options: APIOptions

        var path: String { api("campaigns") + query(["phase": phase]) }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a review and how far it has come.")
        @Argument(help: "Its id.") var campaign: String
        @OptionGroup var options: APIOptions

        var path: String { api("campaigns", campaign) }
    }

    struct Inbox: ListCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the open lines that wait for somebody's word, over all reviews.")
        static let columns = Lines.columns
        @OptionGroup var speaker: SpeakerOptions
        @OptionGroup var options: APIOptions

        var path: String { api("review-lines") }

        func run() async throws {
            let key = try speaker.key()
            try await options.withGateway(speakingFor: key) { try await perform($0) }.show(options)
        }
    }

    struct Lines: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the lines of a review.")
        static let columns: KeyValuePairs = [
            "HOLDER": "holder_name", "HOLDS": "name", "APPLICATION": "application", "RISK": "risk_level",
            "LAST USED": "last_used", "UNUSED": "unused", "REVIEWER": "reviewer_name", "STATE": "state", "ID": "id",
        ]
        @Argument(help: "The review's id.") var campaign: String
        @Option(help: "Only those in this state, such as open, keep, revoke or revoked.") var state: String?
        @Option(help: "Only what this person is asked about.") var person: String?
        @OptionGroup var options: APIOptions

        var path: String { api("campaigns", campaign, "lines") + query(["state": state, "person": person]) }
    }

    struct Decide: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keeps or revokes lines that one is asked about.",
            discussion: "By somebody with a name: the machine's administrator has none, and calls the API with a key.")
        @Argument(help: "The review's id.") var campaign: String
        @Argument(help: "keep or revoke.") var verdict: String
        @Argument(help: "The lines' ids.") var lines: [String]
        @Option(help: "Why, in ten characters or more.") var reason: String
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (
                .post, api("campaigns", campaign, "decide"),
                [
                    "lines": .list(lines.map(AttributeValue.string)), "verdict": .string(verdict),
                    "reason": .string(reason),
                ]
            )
        }
        func sentence(_ answer: AttributeValue) -> String { "Noted; it takes effect when the review is closed." }
    }

    struct Delegate: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hands lines to another reviewer, who must not be their holder.")
        @Argument(help: "The review's id.") var campaign: String
        @Argument(help: "The lines' ids.") var lines: [String]
        @OptionGroup var subject: SubjectOptions
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (
                .post, api("campaigns", campaign, "delegate"),
                subject.body.merging(["lines": .list(lines.map(AttributeValue.string))]) { $1 }
            )
        }
        func sentence(_ answer: AttributeValue) -> String { "Handed on." }
    }

    struct Remind: DoCommand {
        static let configuration = CommandConfiguration(abstract: "Reminds the reviewers of what is undecided.")
        @Argument(help: "The review's id.") var campaign: String
        @OptionGroup var options: APIOptions

        var path: String { api("campaigns", campaign, "remind") }
        func sentence(_ answer: AttributeValue) -> String { "Reminded." }
    }

    struct Escalate: DoCommand {
        static let configuration = CommandConfiguration(
            abstract: "Asks whoever it escalates to about what is undecided.")
        @Argument(help: "The review's id.") var campaign: String
        @OptionGroup var options: APIOptions

        var path: String { api("campaigns", campaign, "escalate") }
        func sentence(_ answer: AttributeValue) -> String { "Escalated." }
    }

    struct Close: DoCommand {
        static let configuration = CommandConfiguration(
            abstract: "Closes a review: what was not kept is taken away.")
        @Argument(help: "The review's id.") var campaign: String
        @OptionGroup var options: APIOptions

        var path: String { api("campaigns", campaign, "close") }
        func sentence(_ answer: AttributeValue) -> String {
            let counts = answer["counts"]?.object ?? [:]
            return "Closed: "
                + counts.sorted { $0.key < $1.key }.map { "\($0.value.cell) \($0.key)" }
                .joined(separator: ", ") + "."
        }
    }
}
