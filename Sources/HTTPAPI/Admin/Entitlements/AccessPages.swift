import Gateway
import Governance
import Identity
import Vocabulary

/// Who has what: the holders of an entitlement, everything somebody has and why, giving and taking away.
enum AccessPages {
    static func holders(of entitlement: EntitlementID, _ call: AdminCall) async throws -> AdminTable {
        let page = try call.page()
        let found = try await call.gateway.assignments.assignments(
            in: call.tenant, to: entitlement, page.part(EntitlementAssignmentID.self))
        let part = try call.cut(found, page) { $0.assignment.id.description }
        let names = try await call.names(of: part.shown.map(\.assignment.subject))
        return AdminTable(
            "Assignments", columns: ["Who", "How", "Given", "Until", "State"], part, call,
            empty: "Nobody was given it; roles that it comes with are named above."
        ) { detail in
            let assignment = detail.assignment
            return [
                names.value(assignment.subject),
                AdminValue(assignment.source.rawValue, to: "/entitlements/assignments/\(assignment.id)"),
                AdminValue(assignment.assignedAt), until(assignment), state(of: assignment, call.now),
            ]
        }
    }

    private static func until(_ assignment: EntitlementAssignment) -> AdminValue {
        assignment.expiresAt.map { AdminValue($0) } ?? "taken away"
    }

    private static func state(of assignment: EntitlementAssignment, _ now: Timestamp) -> AdminValue {
        switch assignment.status {
        case .active: assignment.isInForce(at: now) ? .badge("in force", .good) : .badge("over", .plain)
        case .pendingApproval: .badge("waits for approval", .info)
        case .revoked: .badge("revoked", .bad).hinted(assignment.endedAt?.reading)
        case .expired: .badge("expired", .plain).hinted(assignment.endedAt?.reading)
        }
    }

    // MARK: One assignment

    private static func detail(_ call: AdminCall) async throws -> AssignmentService.Detail {
        try await call.gateway.assignments.assignment(try call.id("assignment"), in: call.tenant)
    }

    @Sendable static func assignment(_ call: AdminCall) async throws -> AdminPage {
        let detail = try await detail(call)
        let assignment = detail.assignment
        let names = try await call.names(of: [assignment.subject, assignment.assignedBy.subject].compactMap(\.self))
        var page = AdminPage(heading: "An assignment", trail: [EntitlementPages.home])
        let isStanding = [.active, .pendingApproval].contains(assignment.status)
        if isStanding, try await call.may("assign", "entitlement") {
            page.blocks.append(
                .actions([
                    AdminAction("Take away…", to: "/entitlements/assignments/\(assignment.id)/revoke", isDanger: true)
                ]))
        }
        var rows: [(name: String, value: AdminValue)] = [
            ("Entitlement", try await EntitlementPages.links([assignment.entitlement], call)),
            ("Who", names.value(assignment.subject)), ("State", state(of: assignment, call.now)),
            ("How", AdminValue(assignment.source.rawValue)),
            ("Given by", names.value(actor: assignment.assignedBy.description).hinted(assignment.assignedAt.reading)),
            ("Until", until(assignment)), ("Why", AdminValue(detail.justification ?? "–")),
        ]
        if let source = assignment.delegatedFrom {
            rows.append(("Passed on from", AdminValue("another assignment", to: "/entitlements/assignments/\(source)")))
        }
        page.blocks.append(.facts(AdminFacts(nil, rows)))
        return page
    }

    @Sendable static func askRevocation(_ call: AdminCall) async throws -> AdminPage {
        let assignment = try await detail(call).assignment
        let names = try await call.names(of: [assignment.subject])
        let label = try await EntitlementPages.names(of: [assignment.entitlement], call)[assignment.entitlement]
        return .question(
            "Take \(label ?? "the entitlement") away from \(names.text(assignment.subject))?",
            "What was passed on from it ends too.", trail: [EntitlementPages.home], at: call.place, button: "Take away",
            fields: [AdminField("reason", "Why", .area(rows: 3), value: call.value("reason"), limit: 4_096)],
            back: "/entitlements/\(assignment.entitlement)")
    }

    @Sendable static func revoke(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let ended = try await call.gateway.assignments.revoke(
            try call.id("assignment"), reason: form.text("reason"), by: call.caller)
        return .moved(to: "/entitlements/\(ended.entitlement)", notice: "revoked")
    }

    // MARK: Giving

    @Sendable static func askGiving(_ call: AdminCall) async throws -> AdminPage {
        let entitlement = try await call.gateway.entitlements.entitlement(try call.id("entitlement"), in: call.tenant)
        let form = AdminForm(
            to: call.place,
            fields: [
                .who("Who", value: call.value("who")),
                .until(value: call.value("until")),
                AdminField("justification", "Why", .area(rows: 3), value: call.value("justification"), limit: 4_096),
            ], buttons: [.init("Give")], cancel: "/entitlements/\(entitlement.id)")
        return AdminPage(
            heading: "Give \(entitlement.details.name)",
            lead: "It is held against separation of duties and what else is asked of assignments.",
            trail: [EntitlementPages.home, .init(entitlement.details.name, "/entitlements/\(entitlement.id)")],
            blocks: [.form(form)])
    }

    @Sendable static func give(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let entitlement: EntitlementID = try call.id("entitlement")
        let input = AssignmentInput(
            id: .random(at: call.now), entitlement: entitlement,
            subject: try await call.subject(named: form["who"] ?? "", field: "who"),
            expiresAt: try form.moment("until"), justification: form.text("justification"))
        _ = try await call.gateway.assignments.assign(input, by: call.caller)
        return .moved(to: "/entitlements/\(entitlement)", notice: "given")
    }

    // MARK: Everything somebody has

    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        var page = AdminPage(
            heading: "What somebody has", lead: "Direct, by role and by birthright, and why.",
            trail: [EntitlementPages.home])
        page.blocks = [
            .filter(
                AdminFilter(
                    at: "/entitlements/access",
                    [.who("Whose", value: call.filter("who") ?? "")]))
        ]
        guard call.filter("who") != nil else { return page }
        guard let subject = try await call.subject(filter: "who") else {
            page.blocks.append(.text(AdminText(nil, ["Nobody here is called that."], tone: .caution)))
            return page
        }
        page.blocks.append(.table(try await access(of: subject, call)))
        return page
    }

    private static func access(of subject: Subject, _ call: AdminCall) async throws -> AdminTable {
        let everything = try await call.gateway.assignments.effectiveAccess(of: subject, in: call.tenant)
        let page = try call.page(50)
        let part = try call.cut(whole: everything, page) { $0.entitlement.description }
        let names = try await call.names(of: [subject])
        var table = try await table("\(names.text(subject)) has", part.shown, call)
        (table.next, table.first) = (part.next, page.cursor == nil ? nil : call.address())
        return table
    }

    /// The first of what somebody has, for a page about them.
    static func summary(of subject: Subject, _ call: AdminCall) async throws -> AdminTable {
        let everything = try await call.gateway.assignments.effectiveAccess(of: subject, in: call.tenant)
        var table = try await table("Entitlements, and why", Array(everything.prefix(AdminCall.pageLimit)), call)
        if everything.count > AdminCall.pageLimit { table.next = "/entitlements/access?who=\(subject.id)" }
        return table
    }

    private static func table(
        _ title: String, _ access: [EffectiveEntitlement], _ call: AdminCall
    ) async throws -> AdminTable {
        let labels = try await EntitlementPages.names(of: Set(access.map(\.entitlement)), call)
        let roles = try await call.gateway.roles.roles(in: call.tenant).namesByID
        return AdminTable(
            title, columns: ["Entitlement", "Because of"],
            rows: access.map { item in
                [
                    AdminValue(
                        labels[item.entitlement] ?? item.entitlement.description,
                        to: "/entitlements/\(item.entitlement)"),
                    .list(item.derivations.map { because($0, roles) }),
                ]
            }, empty: "Nothing.")
    }

    private static func because(
        _ derivation: EffectiveEntitlement.Derivation, _ roles: [RoleID: String]
    ) -> AdminValue {
        switch derivation {
        case .role(let role): AdminValue("role \(roles[role] ?? role.description)", to: "/roles/\(role)")
        case .assignment(let id, let source, _):
            AdminValue("\(source.rawValue) assignment", to: "/entitlements/assignments/\(id)")
        }
    }
}
