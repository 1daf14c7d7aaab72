import ArgumentParser
import Fetch
import Vocabulary

struct SessionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session", abstract: "Live sessions.", subcommands: [List.self, End.self, Past.self])

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists live sessions, of everybody or of one person.")
        static let columns: KeyValuePairs = [
            "ID": "id", "LOGIN": "login", "NAME": "display_name", "PERSON": "person", "BEGAN": "created_at",
            "LAST SEEN": "last_seen_at", "STRENGTH": "acr", "METHODS": "amr",
        ]
        @Argument(help: "Login, mail or id; everybody without it.") var person: String?
        @OptionGroup var options: APIOptions

        var path: String {
            (person.map { api("people", $0, "sessions") } ?? api("sessions"))
        }
    }

    struct Past: ListCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists a person's last sign-ins and what stood out about them.")
        static let columns: KeyValuePairs = ["AT": "at", "NETWORK": "network", "ANOMALIES": "anomalies"]
        @Argument(help: "Login, mail or id.") var person: String
        @OptionGroup var options: APIOptions

        var path: String { api("people", person, "sign-ins") }
    }

    struct End: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends one session, or with --all every session of a person.")
        @Argument(help: "The session's id, or with --all the person.") var name: String
        @Flag(help: "End all sessions of the person.") var all = false
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (.delete, all ? api("people", name, "sessions") : api("sessions", name), [:])
        }
        func sentence(_ answer: AttributeValue) -> String {
            all ? "Ended \(answer.cell("ended")) sessions." : "Ended the session."
        }
    }
}
