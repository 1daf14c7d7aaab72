import Gateway
import Identity
import Vocabulary

extension AdminSection {
    /// People: found, looked at with everything that leads to what they may do, put out and let in again.
    static let people = AdminSection(
        slug: "people", title: "People", chapter: .people, access: .permission(action: "read", type: "person"),
        routes: [
            .page("/people", .permission(action: "read", type: "person"), PeoplePages.list),
            .page("/people/{person}", .permission(action: "read", type: "person"), PersonPage.show),
        ] + PersonActions.routes,
        notices: [
            "disabled": "The account is disabled, and every session of it has ended.",
            "enabled": "The account is enabled again.",
            "ended": "All sessions have ended.",
        ],
        summary: { call in
            let people = try await call.gateway.people.list(in: call.tenant, after: nil, search: nil, limit: 1)
            return people.isEmpty ? [] : [.actions([AdminAction("Find somebody", to: "/people")])]
        })
}

/// The list of people.
enum PeoplePages {
    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let found = try await call.gateway.people.list(
            in: call.tenant, after: page.cursor.flatMap { PersonID($0.after) }, search: call.filter("search"),
            limit: page.limit + 1)
        let part = try call.cut(found, page) { $0.id.description }
        var result = AdminPage(heading: "People")
        result.blocks = [
            .filter(
                AdminFilter(
                    at: "/people",
                    [
                        AdminField(
                            "search", "User name begins with", value: call.filter("search") ?? "",
                            hint: "The whole mail address works too.")
                    ], button: "Find")),
            .table(
                AdminTable(
                    "People", columns: ["Name", "User name", "Mail", "State", "Kept by"], part, call,
                    empty: "Nobody's user name begins with that.", row: row)),
        ]
        // The list goes by the beginning of a user name; who is named whole in another way is found all the same.
        if found.isEmpty, let text = call.filter("search"),
            let person = try await call.found({ try await call.gateway.people.person(named: text, in: call.tenant) })
        {
            result.blocks[1] = .table(
                AdminTable("People", columns: ["Name", "User name", "Mail", "State", "Kept by"], rows: [row(person)]))
        }
        return result
    }

    private static func row(_ person: Person) -> [AdminValue] {
        [
            AdminValue(person.displayName ?? person.login, to: "/people/\(person.id)"), AdminValue(person.login),
            AdminValue(person.mail ?? "–"), state(of: person), AdminValue(keeper(person.managedBy)),
        ]
    }

    static func state(of person: Person) -> AdminValue {
        switch person.status {
        case .active: .badge("active", .good)
        case .disabled(let reason, let at): .badge("disabled", .bad).hinted("by \(reason.rawValue), \(at.reading)")
        case .leaver(_, let deletion): .badge("left", .caution).hinted("deleted after \(deletion.reading)")
        }
    }

    static func keeper(_ owner: ManagedBy) -> String {
        switch owner {
        case .configuration: "the configuration"
        case .api: "administrators here"
        case .sync: "its directory"
        }
    }
}
