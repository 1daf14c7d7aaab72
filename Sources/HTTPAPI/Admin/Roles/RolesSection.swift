import Gateway
import Identity
import Vocabulary

extension AdminSection {
    /// Roles: what they permit, who holds them and where that comes from.
    static let roles = AdminSection(
        slug: "roles", title: "Roles", chapter: .access, access: .permission(action: "read", type: "role"),
        routes: [
            .page("/roles", .permission(action: "read", type: "role"), RolePages.list),
            .page("/roles/{role}", .permission(action: "read", type: "role"), RolePages.show),
            .form(
                "/roles/{role}/give", .permission(action: "assign", type: "role"), RolePages.askGiving,
                submit: RolePages.give),
            .form(
                "/roles/{role}/assignments/{assignment}/end", .permission(action: "assign", type: "role"),
                RolePages.askEnd
            ) { call, _ in
                try await call.gateway.roles.revoke(try call.id("assignment"), by: call.caller)
                return .moved(to: "/roles/\(try call.parameter("role"))", notice: "revoked")
            },
        ],
        notices: [
            "given": "The role is given.", "revoked": "The role is taken away; the next decision is made without it.",
        ])
}

enum RolePages {
    private static let home = AdminPage.Step("Roles", "/roles")

    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let roles = try await call.gateway.roles.roles(in: call.tenant)
        let demands = call.gateway.multiFactorDemands(of: roles)
        let page = try call.page(50)
        let part = try call.cut(whole: roles, page) { $0.name }
        let table = AdminTable("Roles", columns: ["Role", "Permits", "Marks", "Kept by"], part, call) { role in
            [
                AdminValue(role.name, to: "/roles/\(role.id)").hinted(role.description),
                AdminValue(role.permissions.count == 1 ? "1 thing" : "\(role.permissions.count) things"),
                marks(of: role, isStrong: demands[role.id] != nil), AdminValue(PeoplePages.keeper(role.managedBy)),
            ]
        }
        return AdminPage(heading: "Roles", blocks: [.table(table)])
    }

    private static func marks(of role: Role, isStrong: Bool) -> AdminValue {
        var marks: [AdminValue] = []
        if isStrong { marks.append(.badge("two factors", .info)) }
        if role.isProtected { marks.append(.badge("protected", .caution)) }
        if role.isPredefined { marks.append(.badge("predefined", .plain)) }
        return .list(marks)
    }

    private static func role(_ call: AdminCall) async throws -> Role {
        let id: RoleID = try call.id("role")
        return try await call.gateway.roles.role(named: id.description, in: call.tenant)
    }

    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let role = try await role(call)
        let roles = try await call.gateway.roles.roles(in: call.tenant)
        let mayAssign = try await call.may("assign", "role")
        var page = AdminPage(heading: role.name, lead: role.description, trail: [home])
        if mayAssign {
            page.blocks.append(.actions([AdminAction("Give it to somebody", to: "/roles/\(role.id)/give")]))
        }
        page.blocks.append(.facts(facts(role, roles, call)))
        page.blocks.append(.table(permissions(of: role)))
        if try await call.may("read", "mapping") {
            page.blocks.append(.table(try await mappings(to: role, call)))
        }
        page.blocks.append(.table(try await holders(of: role, mayAssign, call)))
        return page
    }

    private static func facts(_ role: Role, _ roles: [Role], _ call: AdminCall) -> AdminFacts {
        let names = roles.namesByID
        func links(_ ids: [RoleID]) -> AdminValue {
            .list(ids.map { AdminValue(names[$0] ?? $0.description, to: "/roles/\($0)") })
        }
        let demand = call.gateway.multiFactorDemands(of: roles)[role.id]
        return AdminFacts(
            "The role",
            [
                ("Includes", links(role.parents)),
                ("Included by", links(roles.filter { $0.parents.contains(role.id) }.map(\.id))),
                ("Counts", demand == nil ? "at once" : "after a second factor"),
                ("Marks", marks(of: role, isStrong: demand != nil)),
                ("Kept by", AdminValue(PeoplePages.keeper(role.managedBy))), ("Number", .code(role.id.description)),
            ])
    }

    private static func permissions(of role: Role) -> AdminTable {
        AdminTable(
            "What it permits", columns: ["Action", "On", "Narrowed to"],
            rows: role.permissions.map { permission in
                [
                    AdminValue(permission.action == "*" ? "anything" : permission.action),
                    AdminValue(permission.resourceType == "*" ? "anything" : adminWords(permission.resourceType)),
                    permission.pattern.map { .code($0) } ?? "–",
                ]
            }, empty: "Nothing by itself.")
    }

    private static func mappings(to role: Role, _ call: AdminCall) async throws -> AdminTable {
        let mappings = try await call.gateway.roles.mappings(in: call.tenant).filter { $0.role == role.id }
        return AdminTable(
            "Mappings that give it", columns: ["Provider", "To whoever", "Kept by"],
            rows: mappings.map { mapping in
                [
                    AdminValue(call.gateway.providers.provider(mapping.provider)?.configuration.name ?? "–"),
                    match(mapping.match), AdminValue(PeoplePages.keeper(mapping.managedBy)),
                ]
            }, empty: "No mapping gives it.")
    }

    private static func match(_ match: MappingMatch) -> AdminValue {
        switch match {
        case .group(let key): AdminValue(lines: [[.init("is in the group"), .init(key, .code)]])
        case .attribute(let name, let values):
            AdminValue(
                "has \(name) \(values.prefix(4).joined(separator: " or "))\(values.count > 4 ? " or one of more" : "")")
        }
    }

    private static func holders(of role: Role, _ mayAssign: Bool, _ call: AdminCall) async throws -> AdminTable {
        let all = try await call.gateway.holders(of: role.id, in: call.tenant)
        let page = try call.page()
        let part = try call.cut(whole: all, page) { "\($0.subject.kind):\($0.subject.id)" }
        let names = try await call.names(
            of: part.shown.flatMap { [$0.subject, $0.assignment?.grantedBy.subject].compactMap(\.self) })
        let columns = ["Who", "Because of", "Until"] + (mayAssign ? ["Do"] : [])
        return AdminTable(
            "Held by \(all.count)", columns: columns, part, call, empty: "Nobody holds it."
        ) { holder in
            let row = [names.value(holder.subject), because(holder, names), until(holder)]
            guard mayAssign else { return row }
            return row + [
                holder.assignment.map { assignment in
                    AdminValue(lines: []).with([
                        AdminAction(
                            "Take away", to: "/roles/\(role.id)/assignments/\(assignment.id)/end", isDanger: true,
                            name: "Take \(role.name) away from \(names.text(holder.subject))")
                    ])
                } ?? "–"
            ]
        }
    }

    private static func because(_ holder: RoleHolder, _ names: AdminNames) -> AdminValue {
        guard let assignment = holder.assignment else { return "a mapping" }
        let by = names.value(actor: assignment.grantedBy.description)
        return AdminValue(lines: [[.init("given by")] + (by.lines.first ?? [])]).hinted(assignment.grantedAt.reading)
    }

    private static func until(_ holder: RoleHolder) -> AdminValue {
        guard let assignment = holder.assignment else { return "the mapping ends" }
        return assignment.expiresAt.map { AdminValue($0) } ?? "taken away"
    }

    // MARK: Giving and taking

    @Sendable static func askGiving(_ call: AdminCall) async throws -> AdminPage {
        let role = try await role(call)
        let form = AdminForm(
            to: call.place,
            fields: [
                .who("Who", value: call.value("who")),
                .until(value: call.value("until")),
            ], buttons: [.init("Give \(role.name)")], cancel: "/roles/\(role.id)")
        return AdminPage(
            heading: "Give the role \(role.name)", lead: "One gives only what one holds, for no longer.",
            trail: [home, .init(role.name, "/roles/\(role.id)")], blocks: [.form(form)])
    }

    @Sendable static func give(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let role: RoleID = try call.id("role")
        let subject = try await call.subject(named: form["who"] ?? "", field: "who")
        _ = try await call.gateway.roles.assign(
            role, to: subject, expiresAt: try form.moment("until"), by: call.caller)
        return .moved(to: "/roles/\(role)", notice: "given")
    }

    @Sendable static func askEnd(_ call: AdminCall) async throws -> AdminPage {
        let role = try await role(call)
        let assignment = try await call.gateway.roles.assignment(try call.id("assignment"), in: call.tenant)
        guard assignment.role == role.id else { throw Refusal.notFound }
        let names = try await call.names(of: [assignment.subject])
        return .question(
            "Take \(role.name) away from \(names.text(assignment.subject))?",
            "The next decision is made without it. What mappings give stays.",
            trail: [home, .init(role.name, "/roles/\(role.id)")], at: call.place, button: "Take away",
            back: "/roles/\(role.id)")
    }
}
