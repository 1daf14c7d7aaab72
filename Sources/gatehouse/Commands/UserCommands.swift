import ArgumentParser
import Fetch
import Vocabulary

struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "People.",
        subcommands: [
            List.self, Show.self, Add.self, Change.self, Disable.self, Enable.self, Erase.self, Import.self, Link.self,
            Password.self,
        ])

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists people.")
        static let columns: KeyValuePairs = [
            "LOGIN": "login", "NAME": "display_name", "MAIL": "mail", "STATUS": "status", "ID": "id",
        ]
        @Argument(help: "Only logins that begin with this.") var search: String?
        @OptionGroup var options: APIOptions

        var path: String { api("people") + query(["search": search]) }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a person.")
        @Argument(help: "Login, mail or id.") var person: String
        @OptionGroup var options: APIOptions

        var path: String { api("people", person) }
    }

    struct Add: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a person.",
            discussion: "They sign in after an invitation: gatehouse user link invite LOGIN")
        @Argument(help: "The name to sign in with.") var login: String
        @OptionGroup var details: PersonDetails
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (.post, api("people"), details.body.merging(["login": .string(login)]) { _, login in login })
        }
        func sentence(_ answer: AttributeValue) -> String { "Made \(answer.cell("login")), \(answer.cell("id"))." }
    }

    struct Change: ChangeCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes what is said about a person.",
            discussion: "An empty value removes what was there, such as --manager ''.")
        @Argument(help: "Login, mail or id.") var person: String
        @Option(help: "A new name to sign in with.") var login: String?
        @OptionGroup var details: PersonDetails
        @OptionGroup var options: APIOptions

        var path: String { api("people", person) }
        var body: [String: AttributeValue] { details.body.merging(members(["login": login])) { $1 } }
        static var choice: String { "Say what to change, such as --mail or --unit." }
        func sentence(_ answer: AttributeValue) -> String {
            "Changed \(answer.cell("login")), version \(answer.cell("version"))."
        }
    }

    struct Disable: DoCommand {
        static let configuration = CommandConfiguration(abstract: "Disables a person and ends their sessions at once.")
        @Argument(help: "Login, mail or id.") var person: String
        @OptionGroup var options: APIOptions

        var path: String { api("people", person, "disable") }
        func sentence(_ answer: AttributeValue) -> String { "Disabled \(person)." }
    }

    struct Enable: DoCommand {
        static let configuration = CommandConfiguration(abstract: "Lets a disabled person sign in again.")
        @Argument(help: "Login, mail or id.") var person: String
        @OptionGroup var options: APIOptions

        var path: String { api("people", person, "enable") }
        func sentence(_ answer: AttributeValue) -> String { "Enabled \(person)." }
    }

    struct Erase: RemoveCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erases everything personal about a person, for ever.")
        @Argument(help: "Login, mail or id.") var person: String
        @Flag(help: "Really do it; there is no way back.") var yes = false
        @OptionGroup var options: APIOptions

        func validate() throws {
            if !yes { throw ValidationError("Erasing cannot be undone. Add --yes to do it.") }
        }
        var path: String { api("people", person) }
        func sentence(_ answer: AttributeValue) -> String { "Erased \(person)." }
    }
}

/// What may be said of a person beside the login.
struct PersonDetails: ParsableArguments {
    @Option(help: "The name to show.") var name: String?
    @Option(help: "The given name.") var givenName: String?
    @Option(help: "The family name.") var familyName: String?
    @Option(help: "The e-mail address.") var mail: String?
    @Option(help: "The department.") var department: String?
    @Option(help: "The organization unit, by name or id.") var unit: String?
    @Option(help: "The manager, by login, mail or id.") var manager: String?
    @Option(name: .customLong("attribute"), help: "An attribute as NAME=VALUE; NAME= removes it. May be repeated.")
    var attributes: [String] = []

    func validate() throws {
        if let bad = attributes.first(where: { !$0.dropFirst().contains("=") }) {
            throw ValidationError("`\(bad)` is not NAME=VALUE.")
        }
    }

    var body: [String: AttributeValue] {
        var body = members([
            "display_name": name, "given_name": givenName, "family_name": familyName, "mail": mail,
            "department": department, "organization_unit": unit, "manager": manager,
        ])
        guard !attributes.isEmpty else { return body }
        let pairs = attributes.map { text -> (String, AttributeValue) in
            let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (halves[0], halves[1].isEmpty ? .null : .string(halves[1]))
        }
        body["attributes"] = .object(Dictionary(pairs, uniquingKeysWith: { _, last in last }))
        return body
    }
}

extension UserCommand {
    struct Link: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a single-use link and prints it.", subcommands: [Setup.self, Invite.self, Reset.self])

        struct Setup: APICommand {
            static let configuration = CommandConfiguration(abstract: "For the first administrator.")
            @OptionGroup var options: APIOptions

            func perform(_ client: ControlClient) async throws -> APIAnswer {
                try await Link.make("setup", nil, client)
            }
        }

        struct Invite: APICommand {
            static let configuration = CommandConfiguration(
                abstract: "For a new person, or the first second factor of a known one.")
            @Argument(help: "Login, mail or id.") var person: String
            @OptionGroup var options: APIOptions

            func perform(_ client: ControlClient) async throws -> APIAnswer {
                try await Link.make("invitation", person, client)
            }
        }

        struct Reset: APICommand {
            static let configuration = CommandConfiguration(abstract: "For a forgotten local password.")
            @Argument(help: "Login, mail or id.") var person: String
            @OptionGroup var options: APIOptions

            func perform(_ client: ControlClient) async throws -> APIAnswer {
                try await Link.make("password_reset", person, client)
            }
        }

        private static func make(
            _ purpose: String, _ person: String?, _ client: ControlClient
        ) async throws -> APIAnswer {
            let link = try await client.call(
                .post, api("links"), .object(members(["purpose": purpose, "person": person])))
            return APIAnswer(link, "\(link.cell("url"))\nIt works once, until \(link.cell("expires_at")).")
        }
    }

    struct Password: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Passwords.", subcommands: [Check.self])

        struct Check: APICommand {
            static let configuration = CommandConfiguration(
                abstract: "Judges a candidate, read from standard input, and says why it would be refused.")
            @Argument(help: "Login, mail or id.") var person: String
            @OptionGroup var options: APIOptions

            func perform(_ client: ControlClient) async throws -> APIAnswer {
                let candidate = try Console.readSecret("Candidate: ")
                let verdict = try await client.call(
                    .post, api("people", person, "password-check"), ["password": .string(candidate.reveal())])
                let reasons = (verdict["violations"]?.list ?? []).compactMap(\.string)
                if reasons.isEmpty { return APIAnswer(verdict, "✓ It may be used.") }
                throw CommandRefusal(reasons.map { "✗ \($0)" }.joined(separator: "\n"))
            }
        }
    }
}
