import ArgumentParser
import Fetch
import Vocabulary

struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "People.",
        subcommands: [Add.self, List.self, Show.self, Disable.self, Enable.self, Erase.self, Link.self, Password.self])

    struct Add: APICommand {
        static let configuration = CommandConfiguration(abstract: "Makes a person.")
        @Argument(help: "The name to sign in with.") var login: String
        @Option(help: "The name to show.") var name: String?
        @Option(help: "The e-mail address.") var mail: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            var body: [String: AttributeValue] = ["login": .string(login)]
            if let name { body["display_name"] = .string(name) }
            if let mail { body["mail"] = .string(mail) }
            let person = try await client.call(.post, "/api/v1/people", .object(body))
            return APIAnswer(person, "Made \(person.cell("login")), \(person.cell("id")).")
        }
    }

    struct List: APICommand {
        static let configuration = CommandConfiguration(abstract: "Lists people.")
        @Argument(help: "Only logins that begin with this.") var search: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let narrowed = search.map { "&search=" + ControlClient.encode($0) } ?? ""
            return APIAnswer(
                try await client.all("/api/v1/people?limit=200\(narrowed)"),
                columns: ["LOGIN": "login", "NAME": "display_name", "MAIL": "mail", "STATUS": "status", "ID": "id"])
        }
    }

    struct Show: APICommand {
        static let configuration = CommandConfiguration(abstract: "Shows a person.")
        @Argument(help: "Login, mail or id.") var person: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            APIAnswer(properties: try await client.call(.get, "/api/v1/people/\(ControlClient.encode(person))"))
        }
    }

    struct Disable: APICommand {
        static let configuration = CommandConfiguration(abstract: "Disables a person and ends their sessions.")
        @Argument(help: "Login, mail or id.") var person: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            try await client.call(.post, "/api/v1/people/\(ControlClient.encode(person))/disable")
            return APIAnswer(["disabled": .string(person)], "Disabled \(person).")
        }
    }

    struct Enable: APICommand {
        static let configuration = CommandConfiguration(abstract: "Lets a disabled person in again.")
        @Argument(help: "Login, mail or id.") var person: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            try await client.call(.post, "/api/v1/people/\(ControlClient.encode(person))/enable")
            return APIAnswer(["enabled": .string(person)], "Enabled \(person).")
        }
    }

    struct Erase: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Erases everything personal about a person, for ever.")
        @Argument(help: "Login, mail or id.") var person: String
        @Flag(help: "Really do it; there is no way back.") var yes = false
        @OptionGroup var options: APIOptions

        func validate() throws {
            if !yes { throw ValidationError("Erasing cannot be undone. Add --yes to do it.") }
        }

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            try await client.call(.delete, "/api/v1/people/\(ControlClient.encode(person))")
            return APIAnswer(["erased": .string(person)], "Erased \(person).")
        }
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
            var body: [String: AttributeValue] = ["purpose": .string(purpose)]
            if let person { body["person"] = .string(person) }
            let link = try await client.call(.post, "/api/v1/links", .object(body))
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
                guard let candidate = readLine(), !candidate.isEmpty else {
                    throw CommandRefusal("Nothing was read from standard input.")
                }
                let path = "/api/v1/people/\(ControlClient.encode(person))/password-check"
                let verdict = try await client.call(.post, path, ["password": .string(candidate)])
                let reasons = (verdict["violations"]?.list ?? []).compactMap(\.string)
                if reasons.isEmpty { return APIAnswer(verdict, "✓ It may be used.") }
                throw CommandRefusal(reasons.map { "✗ \($0)" }.joined(separator: "\n"))
            }
        }
    }
}

struct SessionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session", abstract: "Sessions of a person.", subcommands: [List.self, End.self])

    struct List: APICommand {
        static let configuration = CommandConfiguration(abstract: "Lists a person's live sessions.")
        @Argument(help: "Login, mail or id.") var person: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            APIAnswer(
                try await client.all("/api/v1/people/\(ControlClient.encode(person))/sessions"),
                columns: [
                    "ID": "id", "BEGAN": "created_at", "LAST SEEN": "last_seen_at", "STRENGTH": "acr", "METHODS": "amr",
                ])
        }
    }

    struct End: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends one session, or with --all every session of a person.")
        @Argument(help: "The session's id, or with --all the person.") var name: String
        @Flag(help: "End all sessions of the person.") var all = false
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let word = ControlClient.encode(name)
            guard all else {
                try await client.call(.delete, "/api/v1/sessions/\(word)")
                return APIAnswer(["ended": 1], "Ended the session.")
            }
            let answer = try await client.call(.delete, "/api/v1/people/\(word)/sessions")
            return APIAnswer(answer, "Ended \(answer.cell("ended")) sessions.")
        }
    }
}
