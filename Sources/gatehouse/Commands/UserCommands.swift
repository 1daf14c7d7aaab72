import ArgumentParser
import Fetch
import Vocabulary

struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "People.",
        subcommands: [Add.self, List.self, Show.self, Disable.self, Enable.self, Erase.self])

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
            let found = try await client.call(.get, "/api/v1/people/\(ControlClient.encode(person))")
            var table = Table(["PROPERTY", "VALUE"])
            for name in (found.object ?? [:]).keys.sorted() { table.add([name, found.cell(name)]) }
            return APIAnswer(found, table.text)
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
                columns: ["ID": "id", "BEGAN": "created_at", "LAST SEEN": "last_seen_at", "STRENGTH": "acr", "METHODS": "amr"])
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
