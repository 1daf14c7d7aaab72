import Gateway
import Identity
import Vocabulary

extension AdminSection {
    /// The organization tree.
    static let organization = AdminSection(
        slug: "organization", title: "Organization", chapter: .people,
        access: .permission(action: "read", type: "organization_unit"),
        routes: [
            .page("/organization", .permission(action: "read", type: "organization_unit"), OrganizationPages.show),
            .form(
                "/organization/new", .permission(action: "create", type: "organization_unit"),
                OrganizationPages.askNew, submit: OrganizationPages.create),
            .form(
                "/organization/{unit}/edit", .permission(action: "update", type: "organization_unit"),
                OrganizationPages.askChange, submit: OrganizationPages.change),
            .form(
                "/organization/{unit}/delete", .permission(action: "delete", type: "organization_unit"),
                OrganizationPages.askDeletion
            ) { call, _ in
                try await call.gateway.organization.delete(try call.id("unit"), by: call.caller)
                return .moved(to: "/organization", notice: "deleted")
            },
        ],
        notices: [
            "created": "The unit is made.", "changed": "The unit is changed.", "deleted": "The unit is deleted.",
        ])
}

enum OrganizationPages {
    private static let home = AdminPage.Step("Organization", "/organization")

    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let units = try await call.gateway.organization.units(in: call.tenant)
        let paths = Dictionary(units.map { ($0.id, path(of: $0, units)) }, uniquingKeysWith: { first, _ in first })
        let page = try call.page(50)
        // By the way down to each, so that what lies in a unit follows it.
        let part = try call.cut(whole: units, page) { (paths[$0.id] ?? "") + "\u{1}" + $0.id.description }
        let mayChange = try await call.may("update", "organization_unit")
        let mayDelete = try await call.may("delete", "organization_unit")
        let columns = ["Unit", "Level", "Within", "Kept by"] + (mayChange || mayDelete ? ["Do"] : [])
        let table = AdminTable("Units", columns: columns, part, call, empty: "No unit is set up yet.") { unit in
            let above = unit.parent.flatMap { paths[$0] } ?? "–"
            let row = [
                AdminValue(unit.name), .badge(unit.level.word, .plain), AdminValue(above),
                AdminValue(PeoplePages.keeper(unit.managedBy)),
            ]
            guard columns.count > row.count else { return row }
            var actions: [AdminAction] = []
            if mayChange {
                actions.append(AdminAction("Edit", to: "/organization/\(unit.id)/edit", name: "Edit \(unit.name)"))
            }
            if mayDelete {
                actions.append(
                    AdminAction(
                        "Delete", to: "/organization/\(unit.id)/delete", isDanger: true, name: "Delete \(unit.name)"))
            }
            return row + [AdminValue(lines: []).with(actions)]
        }
        var blocks: [AdminBlock] = [.table(table)]
        if try await call.may("create", "organization_unit") {
            blocks.insert(.actions([AdminAction("New unit", to: "/organization/new")]), at: 0)
        }
        return AdminPage(heading: "Organization", blocks: blocks)
    }

    /// The names from the top down to a unit.
    private static func path(of unit: OrganizationUnit, _ units: [OrganizationUnit]) -> String {
        var (names, next) = ([unit.name], unit.parent)
        while let id = next, names.count <= OrganizationLevel.allCases.count,
            let above = units.first(where: { $0.id == id })
        {
            names.insert(above.name, at: 0)
            next = above.parent
        }
        return names.joined(separator: " › ")
    }

    private static func unit(_ call: AdminCall) async throws -> OrganizationUnit {
        let id: OrganizationUnitID = try call.id("unit")
        return try await call.gateway.organization.unit(named: id.description, in: call.tenant).unit
    }

    private static func fields(_ call: AdminCall, name: String, parent: String) -> [AdminField] {
        [
            AdminField("name", "Name", value: call.value("name", stored: name), isRequired: true, limit: 256),
            AdminField(
                "parent", "Within", value: call.value("parent", stored: parent),
                hint: "The name of the unit above, or its number; empty for an organization.", limit: 256),
        ]
    }

    private static func parent(_ form: FormBody, _ call: AdminCall) async throws -> OrganizationUnitID? {
        guard let name = form.text("parent") else { return nil }
        guard
            let found = try await call.found({
                try await call.gateway.organization.unit(named: name, in: call.tenant).unit.id
            })
        else { throw AdminRefusal("No unit is called that.", field: "parent") }
        return found
    }

    @Sendable static func askNew(_ call: AdminCall) async throws -> AdminPage {
        let levels = OrganizationLevel.allCases.map { AdminField.Choice($0.word, $0.word.capitalizedFirst) }
        let form = AdminForm(
            to: call.place,
            fields: [
                AdminField("level", "Level", .choice(levels), value: call.value("level", stored: "department"))
            ] + fields(call, name: "", parent: ""), buttons: [.init("Make the unit")], cancel: "/organization")
        return AdminPage(heading: "New unit", trail: [home], blocks: [.form(form)])
    }

    @Sendable static func create(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        guard let level = OrganizationLevel(word: form["level"] ?? "") else {
            throw AdminRefusal("Choose one of the levels.", field: "level")
        }
        _ = try await call.gateway.organization.create(
            level, name: form["name"] ?? "", under: try await parent(form, call), by: call.caller)
        return .moved(to: "/organization", notice: "created")
    }

    @Sendable static func askChange(_ call: AdminCall) async throws -> AdminPage {
        let unit = try await unit(call)
        let form = AdminForm(
            to: call.place,
            fields: fields(call, name: unit.name, parent: unit.parent?.description ?? "") + [
                AdminField("version", "", .hidden, value: call.value("version", stored: String(unit.version)))
            ], buttons: [.init("Save")], cancel: "/organization")
        return AdminPage(
            heading: "Edit \(unit.name)", lead: "A unit moves with everything below it.", trail: [home],
            blocks: [.form(form)])
    }

    @Sendable static func change(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let above = try await parent(form, call)
        _ = try await call.gateway.organization.change(
            try call.id("unit"), name: form["name"], parent: above, expecting: form["version"].flatMap { Int64($0) },
            by: call.caller)
        return .moved(to: "/organization", notice: "changed")
    }

    @Sendable static func askDeletion(_ call: AdminCall) async throws -> AdminPage {
        let unit = try await unit(call)
        return .question(
            "Delete \(unit.name)?", "Only a unit that has nobody in it and nothing below it can be deleted.",
            trail: [home], at: call.place, button: "Delete", back: "/organization")
    }
}
