import Gateway
import Identity
import Vocabulary

extension AdminSection {
    /// Groups: those of directories with what they give, and our own with who is in them.
    static let groups = AdminSection(
        slug: "groups", title: "Groups", chapter: .people, access: .permission(action: "read", type: "group"),
        routes: [
            .page("/groups", .permission(action: "read", type: "group"), GroupPages.list),
            .page("/groups/{group}", .permission(action: "read", type: "group"), GroupPages.show),
            .form(
                "/groups/new", .permission(action: "create", type: "group"), GroupPages.askNew,
                submit: GroupPages.create),
            .form(
                "/groups/{group}/add", .permission(action: "update", type: "group"), GroupPages.askMember,
                submit: GroupPages.add),
            .form(
                "/groups/{group}/members/{person}/remove", .permission(action: "update", type: "group"),
                GroupPages.askRemoval, submit: GroupPages.remove),
        ],
        notices: [
            "created": "The group is made.", "added": "They are in the group.", "removed": "They are out of the group.",
        ])
}

enum GroupPages {
    private static let home = AdminPage.Step("Groups", "/groups")

    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let groups = try await call.gateway.groups.list(
            in: call.tenant, after: page.cursor.flatMap { GroupID($0.after) }, limit: page.limit + 1)
        let part = try call.cut(groups, page) { $0.id.description }
        let table = AdminTable("Groups", columns: ["Group", "From", "Name there", "Kept by"], part, call) { group in
            [
                AdminValue(group.name, to: "/groups/\(group.id)").hinted(group.description),
                AdminValue(origin(of: group, call)), AdminValue(group.upstreamName ?? "–"),
                AdminValue(PeoplePages.keeper(group.managedBy)),
            ]
        }
        var blocks: [AdminBlock] = [.table(table)]
        if try await call.may("create", "group") {
            blocks.insert(.actions([AdminAction("New group", to: "/groups/new")]), at: 0)
        }
        return AdminPage(heading: "Groups", blocks: blocks)
    }

    private static func origin(of group: Group, _ call: AdminCall) -> String {
        guard let upstream = group.upstream else { return "made here" }
        return call.gateway.providers.provider(upstream.provider)?.configuration.name ?? "a provider that is gone"
    }

    private static func group(_ call: AdminCall) async throws -> Group {
        try await call.gateway.groups.group(try call.id("group"), in: call.tenant)
    }

    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let group = try await group(call)
        var page = AdminPage(heading: group.name, lead: group.description, trail: [home])
        let mayUpdate = try await call.may("update", "group")
        let isOurs = group.upstream == nil && mayUpdate
        if isOurs { page.blocks.append(.actions([AdminAction("Add somebody", to: "/groups/\(group.id)/add")])) }
        var rows: [(name: String, value: AdminValue)] = [("From", AdminValue(origin(of: group, call)))]
        if let upstream = group.upstream {
            rows.append(("Name there", AdminValue(group.upstreamName ?? "–")))
            rows.append(("Permanent key", .code(upstream.key)))
        }
        if try await call.may("read", "mapping") { rows.append(("Gives the roles", try await roles(of: group, call))) }
        rows.append(("Number", .code(group.id.description)))
        page.blocks.append(.facts(AdminFacts("The group", rows)))
        page.blocks.append(.table(try await members(of: group, isOurs: isOurs, call)))
        return page
    }

    private static func roles(of group: Group, _ call: AdminCall) async throws -> AdminValue {
        guard let upstream = group.upstream else { return "none: mappings go by groups of providers" }
        let names = try await call.gateway.roles.roles(in: call.tenant).namesByID
        let mappings = try await call.gateway.roles.mappings(in: call.tenant)
        return .list(
            mappings.filter { $0.provider == upstream.provider && $0.match == .group(key: upstream.key) }.map {
                AdminValue(names[$0.role] ?? $0.role.description, to: "/roles/\($0.role)")
            })
    }

    private static func members(of group: Group, isOurs: Bool, _ call: AdminCall) async throws -> AdminTable {
        let page = try call.page()
        let members = try await call.gateway.groups.members(
            of: group.id, in: call.tenant, after: page.cursor.flatMap { PersonID($0.after) }, limit: page.limit + 1)
        let part = try call.cut(members, page) { $0.description }
        let names = try await call.names(of: part.shown.map(Subject.person))
        let columns = isOurs ? ["Member", "Do"] : ["Member"]
        return AdminTable("Direct members", columns: columns, part, call, empty: "Nobody is in it directly.") { id in
            let remove = AdminAction(
                "Remove", to: "/groups/\(group.id)/members/\(id)/remove", name: "Remove \(names.text(id))")
            return [names.value(id)] + (isOurs ? [AdminValue(lines: []).with([remove])] : [])
        }
    }

    // MARK: Changing

    @Sendable static func askNew(_ call: AdminCall) async throws -> AdminPage {
        let form = AdminForm(
            to: call.place,
            fields: [
                AdminField("name", "Name", value: call.value("name"), isRequired: true, limit: 256),
                AdminField(
                    "description", "What it is for", .area(rows: 3), value: call.value("description"), limit: 1_024),
            ], buttons: [.init("Make the group")], cancel: "/groups")
        return AdminPage(heading: "New group", trail: [home], blocks: [.form(form)])
    }

    @Sendable static func create(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let group = try await call.gateway.groups.create(
            name: form["name"] ?? "", description: form.text("description"), by: call.caller)
        return .moved(to: "/groups/\(group.id)", notice: "created")
    }

    @Sendable static func askMember(_ call: AdminCall) async throws -> AdminPage {
        let group = try await group(call)
        let form = AdminForm(
            to: call.place,
            fields: [
                AdminField(
                    "person", "Who", value: call.value("person"), hint: "User name or mail address.", isRequired: true)
            ], buttons: [.init("Add")], cancel: "/groups/\(group.id)")
        return AdminPage(
            heading: "Add somebody", trail: [home, .init(group.name, "/groups/\(group.id)")], blocks: [.form(form)])
    }

    @Sendable static func add(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let group: GroupID = try call.id("group")
        let person = try await call.person(named: form["person"] ?? "", field: "person")
        _ = try await call.gateway.groups.setMember(person.id, of: group, true, by: call.caller)
        return .moved(to: "/groups/\(group)", notice: "added")
    }

    @Sendable static func askRemoval(_ call: AdminCall) async throws -> AdminPage {
        let group = try await group(call)
        let person = try await call.gateway.people.person(try call.id("person"), in: call.tenant)
        return .question(
            "Remove \(person.displayName ?? person.login)?", "They lose what the group \(group.name) gives.",
            trail: [home, .init(group.name, "/groups/\(group.id)")], at: call.place, button: "Remove",
            back: "/groups/\(group.id)")
    }

    @Sendable static func remove(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let group: GroupID = try call.id("group")
        _ = try await call.gateway.groups.setMember(try call.id("person"), of: group, false, by: call.caller)
        return .moved(to: "/groups/\(group)", notice: "removed")
    }
}
