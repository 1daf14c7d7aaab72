import Gateway
import Identity
import Vocabulary

extension AdminSection {
    /// Live sessions, by whose they are.
    static let sessions = AdminSection(
        slug: "sessions", title: "Sessions", chapter: .people, access: .permission(action: "list", type: "session"),
        routes: [
            .page("/sessions", .permission(action: "list", type: "session"), SessionPages.list),
            .form("/sessions/{session}/end", .permission(action: "end", type: "session"), SessionPages.ask) {
                call, _ in
                guard
                    try await call.gateway.sessions.end(try call.id("session"), .administrator, by: call.caller)
                else { throw Refusal.notFound }
                return .moved(to: "/sessions", notice: "ended")
            },
        ],
        notices: ["ended": "The session has ended, and those of applications under it."],
        summary: { call in
            let alive = call.gateway.sessions.sessions(in: call.tenant, after: nil, limit: 10_000)
            let people = Set(alive.map(\.person)).count
            return [.figures([AdminFigure("People signed in", String(people), to: "/sessions")])]
        })
}

enum SessionPages {
    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let found = call.gateway.sessions.sessions(
            in: call.tenant, after: page.cursor.flatMap { SessionID($0.after) }, limit: page.limit + 1)
        let part = try call.cut(found, page) { $0.id.description }
        let names = try await call.names(of: part.shown.map { .person($0.person) })
        let mayEnd = try await call.may("end", "session")
        let table = AdminTable(
            "Sessions", columns: ["Person", "Proven by", "Through", "Since", "Last used", "Do"], part, call,
            empty: "Nobody is signed in."
        ) { session in
            [
                names.value(session.person), proof(of: session), AdminValue(provider(of: session, call)),
                AdminValue(session.createdAt), AdminValue(session.lastSeenAt),
                mayEnd
                    ? AdminValue(lines: []).with([
                        AdminAction(
                            "End", to: "/sessions/\(session.id)/end",
                            name: "End the session of \(session.createdAt.reading)")
                    ]) : "–",
            ]
        }
        return AdminPage(heading: "Sessions", blocks: [.table(table)])
    }

    @Sendable static func ask(_ call: AdminCall) async throws -> AdminPage {
        let id: SessionID = try call.id("session")
        let around = call.gateway.sessions.sessions(in: call.tenant, after: nil, limit: 10_000)
        guard let session = around.first(where: { $0.id == id }) else { throw Refusal.notFound }
        let name = try await call.found { try await call.gateway.people.person(session.person, in: call.tenant) }
        return .question(
            "End this session?",
            "\(name?.displayName ?? name?.login ?? "The person") is signed out here and in the applications that the "
                + "session opened. It began \(session.createdAt.reading).",
            trail: [.init("Sessions", "/sessions")], at: call.place, button: "End the session", back: "/sessions")
    }

    static func proof(of session: Session) -> AdminValue {
        session.strength >= .aal2 ? .badge("two factors", .good) : .badge("one factor", .plain)
    }

    static func provider(of session: Session, _ call: AdminCall) -> String {
        session.provider.flatMap { call.gateway.providers.provider($0)?.configuration.name } ?? "a link"
    }
}
