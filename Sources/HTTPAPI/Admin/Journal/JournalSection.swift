import Gateway
import Vocabulary

extension AdminSection {
    /// The journal: searched, and one event with everything that hangs together with it.
    static let journal = AdminSection(
        slug: "journal", title: "Journal", chapter: .records, access: .permission(action: "read", type: "audit"),
        routes: [
            .page("/journal", .permission(action: "read", type: "audit"), JournalPages.list),
            .page("/journal/{position}", .permission(action: "read", type: "audit"), EventPage.show),
        ],
        summary: { call in
            let size = try await call.gateway.audit.size(of: call.tenant).size
            let newest = try await call.gateway.audit.search(AuditSearch(), in: call.tenant, limit: 10).entries
            return [
                .figures([AdminFigure("Journal entries", String(size), to: "/journal")]),
                .table(try await JournalPages.table("Newest journal entries", newest, call)),
            ]
        })
}

enum JournalPages {
    private static let limit = 50

    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page(limit)
        var search = try await search(call)
        search.before = page.cursor.flatMap { Int64($0.after) } ?? search.before
        let found = try await call.gateway.audit.search(search, in: call.tenant, limit: limit)
        var table = try await table("Events, newest first", found.entries, call)
        // A part may be empty and have a next one, so the cursor is not cut from what is shown.
        if let next = found.next { table.next = try call.next(after: String(next)) }
        if page.cursor != nil { table.first = call.address() }
        if found.next != nil { table.empty = "Nothing in this part of the journal; the next page looks further back." }
        return AdminPage(heading: "Journal", blocks: [.filter(filter(call)), .table(table)])
    }

    private static func filter(_ call: AdminCall) -> AdminFilter {
        func field(_ name: String, _ label: String, _ hint: String? = nil) -> AdminField {
            AdminField(name, label, value: call.filter(name) ?? "", hint: hint)
        }
        return AdminFilter(
            at: "/journal",
            [
                field("person", "About", "User name, mail or number"),
                field("actor", "Done by", "Likewise, or “system”"),
                field("type", "What begins with", "Such as session"),
                field("from", "From", "2026-11-21 or with a time"), field("to", "Before"),
                field("before", "Before position"), field("command", "Command"), field("trace", "Trace"),
            ], button: "Search")
    }

    private static func search(_ call: AdminCall) async throws -> AuditSearch {
        var search = AuditSearch()
        if let text = call.filter("person") {
            guard let subject = try await call.subject(filter: "person"), let person = subject.person else {
                throw AdminMoment.refusal("person", "Nobody here is called \(text.prefix(64)).")
            }
            search.person = person
        }
        search.actor = try await actor(call)
        search.type = call.filter("type")
        search.from = try AdminMoment.read("from", call)
        search.to = try AdminMoment.read("to", call)
        search.trace = call.filter("trace")
        if let text = call.filter("before") {
            guard let position = Int64(text) else { throw AdminMoment.refusal("before", "A position is a number.") }
            search.before = position
        }
        if let text = call.filter("command") {
            guard let command = CommandID(text) else { throw AdminMoment.refusal("command", "That is no command.") }
            search.command = command
        }
        return search
    }

    private static func actor(_ call: AdminCall) async throws -> String? {
        guard let text = call.filter("actor") else { return nil }
        switch try await call.subject(filter: "actor") {
        case .person(let id)?: return Actor.person(id).description
        case .serviceAccount(let id)?: return Actor.serviceAccount(id).description
        // Other actors are words that the journal itself uses.
        case nil: return text
        }
    }

    static func table(_ title: String, _ entries: [AuditEntry], _ call: AdminCall) async throws -> AdminTable {
        let streams = await call.gateway.streamNames(in: call.tenant)
        let about = entries.compactMap { EventPage.subject(of: $0) }
        let actors = try await call.names(ofActors: entries.map(\.actor))
        let names = try await call.names(of: about)
        return AdminTable(
            title, columns: ["Position", "Time", "What", "About", "By"],
            rows: entries.map { entry in
                [
                    AdminValue(String(entry.position), to: "/journal/\(entry.position)"), AdminValue(entry.at),
                    AdminValue(entry.type), EventPage.about(entry, streams, names),
                    actors.value(actor: entry.actor),
                ]
            }, empty: "Nothing matches.")
    }
}

/// Moments as people type them into a filter.
enum AdminMoment {
    /// A day, a day and a time (both in UTC), or RFC 3339; nil where the field is empty.
    ///
    /// - Throws: 400 for anything else: a filter that is not understood must not become none.
    static func read(_ name: String, _ call: AdminCall) throws -> Timestamp? {
        guard let text = call.filter(name) else { return nil }
        guard let moment = moment(text) else {
            throw refusal(name, "Write a day as 2026-11-21, or with a time as 2026-11-21T08:30.")
        }
        return moment
    }

    static func moment(_ text: String) -> Timestamp? {
        let plain = text.trimmingSpaces().map { $0 == " " ? "T" : String($0) }.joined()
        return Timestamp(rfc3339: plain) ?? Timestamp(rfc3339: plain + ":00Z") ?? Timestamp(rfc3339: plain + "Z")
            ?? Timestamp(rfc3339: plain + "T00:00:00Z")
    }

    static func refusal(_ name: String, _ sentence: String) -> Refusal {
        .badRequest(code: "filter.\(name)", where: sentence)
    }
}
