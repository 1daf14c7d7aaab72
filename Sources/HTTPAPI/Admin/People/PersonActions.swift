import Gateway
import Identity
import Vocabulary

/// What can be done to a person, each after a question, each with the permission and the service of its API route.
enum PersonActions {
    private struct Action: Sendable {
        let verb: String
        let access: (action: String, type: String)
        let label: String
        let question: @Sendable (Person) -> (heading: String, lead: String)
        let notice: String
        let perform: @Sendable (Person, AdminCall) async throws -> Void
    }

    private static let all = [
        Action(
            verb: "disable", access: ("disable", "person"), label: "Disable",
            question: {
                (
                    "Disable \($0.displayName ?? $0.login)?",
                    "They are refused everywhere from now on, and every session of theirs ends at once. It holds until "
                        + "somebody enables the account again."
                )
            }, notice: "disabled"
        ) { person, call in
            try await call.gateway.roles.requireHeld(standingOf: .person(person.id), by: call.caller)
            try await call.gateway.people.disable(person.id, .administrator, by: call.caller)
        },
        Action(
            verb: "enable", access: ("enable", "person"), label: "Enable",
            question: { ("Enable \($0.displayName ?? $0.login)?", "They can sign in again.") }, notice: "enabled"
        ) { person, call in
            try await call.gateway.roles.requireHeld(standingOf: .person(person.id), by: call.caller)
            try await call.gateway.people.enable(person.id, by: call.caller)
        },
        Action(
            verb: "end-sessions", access: ("end", "session"), label: "End all sessions",
            question: {
                ("Sign \($0.displayName ?? $0.login) out?", "Every session ends, here and in the applications.")
            }, notice: "ended"
        ) { person, call in
            try await call.gateway.sessions.endAll(of: person.id, .administrator, by: call.caller)
        },
    ]

    static let routes = all.map { action in
        AdminRoute.form(
            "/people/{person}/\(action.verb)",
            .permission(action: action.access.action, type: action.access.type)
        ) { call in
            try await ask(action, call)
        } submit: { call, _ in
            let person = try await person(call)
            try await action.perform(person, call)
            return .moved(to: "/people/\(person.id)", notice: action.notice)
        }
    }

    private static func person(_ call: AdminCall) async throws -> Person {
        try await call.gateway.people.person(try call.id("person"), in: call.tenant)
    }

    private static func ask(_ action: Action, _ call: AdminCall) async throws -> AdminPage {
        let person = try await person(call)
        let (heading, lead) = action.question(person)
        let home = "/people/\(person.id)"
        return .question(
            heading, lead, trail: [.init("People", "/people"), .init(person.displayName ?? person.login, home)],
            at: call.place, button: action.label, back: home)
    }

    /// What this person may do to that one now.
    static func offered(for person: Person, _ call: AdminCall) async throws -> [AdminAction] {
        var offered: [AdminAction] = []
        for action in all {
            if action.verb == "disable", person.status.isHeldHere { continue }
            if action.verb == "enable", person.isActive { continue }
            if action.verb == "end-sessions",
                call.gateway.sessions.sessions(of: person.id, in: call.tenant).isEmpty
            {
                continue
            }
            guard try await call.may(action.access.action, action.access.type) else { continue }
            offered.append(
                AdminAction(
                    action.label, to: "/people/\(person.id)/\(action.verb)", isDanger: action.verb != "enable"))
        }
        return offered
    }
}
