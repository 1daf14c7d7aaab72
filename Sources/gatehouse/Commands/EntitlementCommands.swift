import ArgumentParser
import Fetch
import Vocabulary

struct EntitlementCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entitlement", abstract: "Entitlements of applications, who holds them, and requests for them.",
        subcommands: [
            Applications.self, AddApplication.self, ShowApplication.self, ChangeApplication.self, List.self, Show.self,
            Add.self, Change.self, Delete.self,
            Bind.self, Unbind.self, Assign.self, Import.self, Assignments.self, ShowAssignment.self, Delegate.self,
            Revoke.self, Access.self, Request.self, Rules.self, Audit.self, Event.self,
        ])

    struct Applications: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists applications that have entitlements.")
        static let columns: KeyValuePairs = ["NAME": "name", "TYPE": "type", "STATUS": "status", "ID": "id"]
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "applications") }
    }

    struct AddApplication: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Puts an application under governance.")
        @Argument(help: "Its name.") var name: String
        @Option(help: "custom, saas, on_premise or cloud.") var type: String?
        @Option(help: "What it is for.") var description: String?
        @Option(help: "The id of an application that the gateway protects.") var id: String?
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (
                .post, api("governance", "applications"),
                members(["name": name, "type": type, "description": description, "id": id])
            )
        }
        func sentence(_ answer: AttributeValue) -> String { "Made \(name), \(answer.cell("id"))." }
    }

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists entitlements.")
        static let columns: KeyValuePairs = [
            "NAME": "name", "RISK": "risk_level", "STATUS": "status", "APPLICATION": "application_id", "ID": "id",
        ]
        @Option(help: "Only those of this application, by id.") var application: String?
        @Option(help: "Only those of this status: active, inactive or pending_approval.") var status: String?
        @Option(help: "Only those of this level: low, medium, high or critical.") var risk: String?
        @Option(help: "Only those whose name has this part.") var name: String?
        @OptionGroup var options: APIOptions

        var path: String {
            api("governance", "entitlements")
                + query([
                    "application": application, "status": status, "risk_level": risk,
                    "name_contains": name,
                ])
        }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows an entitlement.")
        @Argument(help: "Its id.") var entitlement: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "entitlements", entitlement) }
    }

    struct Add: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Makes an entitlement of an application.")
        @Argument(help: "The application's id.") var application: String
        @Argument(help: "Its name, unique in the application.") var name: String
        @Argument(help: "low, medium, high or critical.") var risk: String
        @OptionGroup var details: EntitlementOptions
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (
                .post, api("governance", "entitlements"),
                details.body.merging(members(["application_id": application, "name": name, "risk_level": risk])) { $1 }
            )
        }
        func sentence(_ answer: AttributeValue) -> String { "Made \(name), \(answer.cell("id"))." }
    }

    struct Change: ChangeCommand {
        static let configuration = CommandConfiguration(abstract: "Changes an entitlement.")
        static let choice = "Say what to change, such as --status inactive."
        @Argument(help: "Its id.") var entitlement: String
        @Option(help: "A new name.") var name: String?
        @Option(help: "A new level.") var risk: String?
        @Option(help: "active, inactive or pending_approval.") var status: String?
        @OptionGroup var details: EntitlementOptions
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "entitlements", entitlement) }
        var body: [String: AttributeValue] {
            details.body.merging(members(["name": name, "risk_level": risk, "status": status])) { $1 }
        }
        func sentence(_ answer: AttributeValue) -> String {
            "Changed \(answer.cell("name")), version \(answer.cell("version"))."
        }
    }

    struct Delete: RemoveCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes an entitlement that nobody has; rules that name it are orphaned.")
        @Argument(help: "Its id.") var entitlement: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "entitlements", entitlement) }
        func sentence(_ answer: AttributeValue) -> String { "Deleted." }
    }

    struct Bind: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Lets an entitlement come with a role.")
        @Argument(help: "The entitlement's id.") var entitlement: String
        @Argument(help: "The role's name or id.") var role: String
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (.put, api("governance", "entitlements", entitlement, "roles", role), [:])
        }
        func sentence(_ answer: AttributeValue) -> String { "Whoever holds \(role) has it now." }
    }

    struct Unbind: RemoveCommand {
        static let configuration = CommandConfiguration(abstract: "Lets an entitlement come with a role no more.")
        @Argument(help: "The entitlement's id.") var entitlement: String
        @Argument(help: "The role's name or id.") var role: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "entitlements", entitlement, "roles", role) }
        func sentence(_ answer: AttributeValue) -> String { "It does not come with \(role) any more." }
    }

    struct Assign: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Gives somebody an entitlement.")
        @Argument(help: "The entitlement's id.") var entitlement: String
        @OptionGroup var subject: SubjectOptions
        @Option(help: "When it ends, as an RFC 3339 date-time.") var expires: String?
        @Option(help: "Why.") var justification: String?
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (
                .post, api("governance", "assignments"),
                subject.body.merging(
                    members([
                        "entitlement_id": entitlement, "expires_at": expires, "justification": justification,
                    ])
                ) { $1 }
            )
        }
        func sentence(_ answer: AttributeValue) -> String { "Given (assignment \(answer.cell("id")))." }
    }

    struct Assignments: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists who holds what.")
        static let columns: KeyValuePairs = [
            "ID": "id", "ENTITLEMENT": "entitlement_id", "SUBJECT": "subject.id", "STATUS": "status",
            "SOURCE": "source", "ENDS": "expires_at",
        ]
        @Option(help: "Only those of this person, by login, mail or id.") var person: String?
        @Option(help: "Only those of this service account.") var serviceAccount: String?
        @Option(help: "Only those of this entitlement.") var entitlement: String?
        @Option(help: "Only those of this status: active, pending_approval, revoked or expired.") var status: String?
        @OptionGroup var options: APIOptions

        var path: String {
            api("governance", "assignments")
                + query([
                    "person": person, "service_account": serviceAccount, "entitlement": entitlement,
                    "status": status,
                ])
        }
    }

    struct Revoke: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes an assignment away, and what was passed on from it.")
        @Argument(help: "The assignment's id.") var assignment: String
        @Option(help: "Why.") var reason: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(
                .post, api("governance", "assignments", assignment, "revoke"), .object(members(["reason": reason])))
            return APIAnswer(answer, "Taken away.")
        }
    }

    struct Access: ListCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists everything somebody has, and where it comes from.")
        static let columns: KeyValuePairs = ["ENTITLEMENT": "entitlement_id", "COMES FROM": "derivations"]
        @OptionGroup var subject: SubjectOptions
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "access") + subject.query }
    }

    struct Request: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Asks for an entitlement for somebody; it begins when it is approved.")
        @Argument(help: "The entitlement's id.") var entitlement: String
        @OptionGroup var subject: SubjectOptions
        @Option(help: "When it ends, as an RFC 3339 date-time.") var expires: String?
        @Option(help: "Why.") var justification: String?
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (
                .post, api("governance", "access-requests"),
                subject.body.merging(
                    members([
                        "entitlement_id": entitlement, "expires_at": expires, "justification": justification,
                    ])
                ) { $1 }
            )
        }
        func sentence(_ answer: AttributeValue) -> String {
            "Asked for (approval \(answer.cell("approval.id")), assignment \(answer.cell("assignment.id")))."
        }
    }

    struct Audit: ListCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists what was done to entitlements and assignments, newest first.")
        static let columns: KeyValuePairs = [
            "AT": "at", "ACTION": "action", "ENTITLEMENT": "entitlement_id", "SUBJECT": "subject.id",
            "ACTOR": "actor", "EVENT": "event_id",
        ]
        @Option(help: "Only what is about this entitlement.") var entitlement: String?
        @Option(help: "Only this: created, updated, deleted, status_changed, assigned or revoked.") var action: String?
        @Option(help: "Only what is about this person.") var person: String?
        @OptionGroup var options: APIOptions

        var path: String {
            api("governance", "entitlement-audit")
                + query(["entitlement": entitlement, "action": action, "person": person])
        }
    }
}

/// What an entitlement is made of beside its name and level.
struct EntitlementOptions: ParsableArguments {
    @Option(help: "What it is for.") var description: String?
    @Option(help: "The person who owns it, by id.") var owner: String?
    @Option(name: .customLong("external-id"), help: "What the target system calls it.") var externalID: String?
    @Flag(inversion: .prefixedNo, help: "Let holders pass it on.") var delegable: Bool?

    var body: [String: AttributeValue] {
        var body = members(["description": description, "owner_id": owner, "external_id": externalID])
        if let delegable { body["is_delegable"] = .bool(delegable) }
        return body
    }
}

/// A person, or a service account.
struct SubjectOptions: ParsableArguments {
    @Argument(help: "A person, by login, mail or id; --person says the same.") var named: String?
    @Option(name: .customLong("person"), help: "A person, by login, mail or id.") var chosen: String?
    @Option(name: .customLong("service-account"), help: "A service account, by name or id.") var account: String?

    var person: String? { named ?? chosen }

    func validate() throws {
        if [named, chosen, account].compactMap(\.self).count != 1 {
            throw ValidationError("Name either a person or a --service-account.")
        }
    }

    var body: [String: AttributeValue] { members(["person": person, "service_account": account]) }
    var query: String { gatehouse.query(["person": person, "service_account": account]) }
}
