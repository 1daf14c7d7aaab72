import Gateway
import Governance
import Identity
import Vocabulary

/// The pages about exemptions: from policies, and from rules of separation of duties.
enum ExemptionPages {
    static let trail = [AdminPage.Step("Exemptions", "/policies/exemptions")]
    static let notices = ["granted": "The exemption is granted.", "revoked": "The exemption is revoked."]

    static func place(_ exemption: ExemptionID, _ part: String = "") -> String {
        "/policies/exemptions/\(exemption)\(part)"
    }

    static var routes: [AdminRoute] {
        [
            .page("/policies/exemptions", PolicyPages.reading, list),
            .form("/policies/exemptions/new", PolicyPages.carryingOut("grant_exemption"), grant, submit: granted),
            .page("/policies/exemptions/{exemption}", PolicyPages.reading, one),
            .form(
                "/policies/exemptions/{exemption}/revoke", PolicyPages.carryingOut("revoke_exemption"), revocation,
                submit: revoke),
        ]
    }

    static func holder(of exemption: Exemption, _ names: AdminNames) -> AdminValue {
        switch exemption.entity {
        case .subject(let subject): names.value(subject)
        case .other(let high, let low): .code(Identifier<Void>(high: high, low: low).description)
        }
    }

    // MARK: Reading

    @Sendable private static func list(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let policy = try call.filter("policy").map { text in
            guard let id = PolicyID(text) else { throw APIRequest.unknown("policy") }
            return id
        }
        let found = try await call.gateway.governance.exemptions(
            in: call.tenant, state: try call.word("state"), from: policy,
            after: page.cursor.flatMap { ExemptionID($0.after) }, limit: page.limit + 1)
        let part = try call.cut(found, page) { $0.id.description }
        let names = try await names(of: part.shown, call)
        let targets = try await targets(of: part.shown, call)
        let accounts = try await call.gateway.governance.accounts(of: part.shown.map(\.id), in: call.tenant)
        let table = AdminTable(
            "Exemptions", columns: ["", "Who", "From what", "Why", "State", "Since", "Until", "Granted by"], part,
            call, empty: "There is no such exemption."
        ) { exemption in
            [
                AdminValue("Exemption", to: place(exemption.id)), holder(of: exemption, names),
                targets[exemption.target] ?? "–", reason(accounts[exemption.id]),
                .badge(exemption.state.rawValue.titled, exemption.state.tone),
                AdminValue(exemption.from), AdminValue(exemption.until?.reading ?? "without an end"),
                names.value(actor: exemption.grantedBy.description),
            ]
        }
        let filter = AdminFilter(
            at: "/policies/exemptions",
            [
                AdminField(
                    "state", "State", .choice(Exemption.State.choices(orAny: "Any")), value: call.filter("state") ?? "")
            ] + (policy.map { [AdminField("policy", "", .hidden, value: $0.description)] } ?? []))
        let actions = try await call.offered([
            ("grant_exemption", AdminAction("Exempt somebody", to: "/policies/exemptions/new"))
        ])
        return AdminPage(
            heading: "Exemptions", lead: "Who need not keep to what, why, and until when.",
            blocks: [.actions(actions), .filter(filter), .table(table)])
    }

    private static func names(of exemptions: [Exemption], _ call: AdminCall) async throws -> AdminNames {
        let accepters = exemptions.compactMap { $0.riskAcceptance.map { Subject.person($0.acceptedBy) } }
        return try await call.names(
            of: exemptions.compactMap(\.entity.subject) + exemptions.compactMap(\.grantedBy.subject) + accepters)
    }

    private static func targets(
        of exemptions: [Exemption], _ call: AdminCall
    ) async throws -> [Exemption.Target: AdminValue] {
        var names: [Exemption.Target: AdminValue] = [:]
        for target in Set(exemptions.map(\.target)) {
            switch target {
            case .policy(let id):
                let policy = try await call.found { try await call.gateway.governance.policy(id, in: call.tenant) }
                names[target] = AdminValue(policy?.name ?? id.description, to: PolicyPages.place(id))
            case .sodRule(let id):
                let rule = try await call.found { try await call.gateway.duties.rule(id, in: call.tenant) }
                names[target] = AdminValue(rule?.details.name ?? id.description).hinted("separation of duties")
            }
        }
        return names
    }

    /// Why it was granted, as it was said.
    private static func reason(_ account: ExemptionAccount?) -> AdminValue {
        AdminValue(account?.reason ?? "erased with whom it was about")
    }

    private static func exemption(_ call: AdminCall) async throws -> Exemption {
        try await call.gateway.governance.exemption(try call.id("exemption"), in: call.tenant)
    }

    @Sendable private static func one(_ call: AdminCall) async throws -> AdminPage {
        let exemption = try await exemption(call)
        let names = try await names(of: [exemption], call)
        let targets = try await targets(of: [exemption], call)
        let account = try await call.gateway.governance.accounts(of: [exemption.id], in: call.tenant)[exemption.id]
        let changes = try await call.gateway.governance.history(of: exemption.id, in: call.tenant)
        var rows: [(name: String, value: AdminValue)] = [
            ("State", .badge(exemption.state.rawValue.titled, exemption.state.tone)),
            ("Who", holder(of: exemption, names)), ("From what", targets[exemption.target] ?? "–"),
            ("Why", reason(account)),
            ("Since", AdminValue(exemption.from)), ("Until", AdminValue(exemption.until?.reading ?? "without an end")),
            (
                "Granted by",
                names.value(actor: exemption.grantedBy.description).hinted("on " + exemption.grantedAt.reading)
            ),
        ]
        if let claim = account?.claim { rows.append(("Said to be granted by", AdminValue(claim))) }
        if let conditions = exemption.conditions {
            rows.append(("Only when", .list(ConditionReading.lines(conditions).map { AdminValue($0) })))
        }
        if let acceptance = exemption.riskAcceptance {
            rows.append(
                (
                    "Risk taken",
                    names.value(.person(acceptance.acceptedBy)).hinted("\(acceptance.level.rawValue) risk accepted")
                ))
        }
        if let end = exemption.endedAt { rows.append(("Ended", AdminValue(end))) }
        rows.append(("Id", .code(exemption.id.description)))
        let actions = try await call.offered([
            ("revoke_exemption", AdminAction("Revoke", to: place(exemption.id, "/revoke"), isDanger: true))
        ])
        return AdminPage(
            heading: "Exemption", trail: trail,
            blocks: [
                .actions(exemption.state == .active ? actions : []), .facts(AdminFacts("About", rows)),
                .table(
                    PolicyPages.table(
                        "What became of it", changes, try await call.names(of: changes.compactMap(\.actor.subject)))),
            ])
    }

    // MARK: Granting

    /// Policies that the field offers: exemptions are from active ones.
    private static let offered = 200

    @Sendable private static func grant(_ call: AdminCall) async throws -> AdminPage {
        let policies = try await call.gateway.governance.policies(in: call.tenant, state: .active, limit: offered)
        let choices = policies.map { AdminField.Choice($0.id.description, $0.name) }
        let chosen = call.refused == nil ? call.filter("policy") ?? "" : call.value("policy")
        guard !policies.isEmpty || call.refused != nil else {
            return AdminPage(
                heading: "Exempt somebody", trail: trail,
                blocks: [.text(AdminText("Not now", ["No policy is active, and exemptions are from active ones."]))])
        }
        let form = AdminForm(
            to: "/policies/exemptions/new",
            fields: [call.fresh("exemption_id", as: ExemptionID.self)] + call.commandFields() + [
                AdminField("policy", "From which policy", .choice(choices), value: chosen, isRequired: true),
                AdminField(
                    "who", "Who", value: call.value("who"),
                    hint: "A user name, mail address or service account; or the id of a thing.", isRequired: true),
                AdminField(
                    "reason", "Why", .area(rows: 3), value: call.value("reason"),
                    hint: "At least \(Exemption.reasonMinimum) characters.", isRequired: true,
                    limit: GovernedPolicy.Limits.textBytes),
                AdminField(
                    "valid_from", "From", .time, value: call.value("valid_from"),
                    hint: "UTC, as 2026-01-31 10:00. Empty means at once."),
                AdminField(
                    "expires_at", "Until", .time, value: call.value("expires_at"),
                    hint: "Empty means until it is revoked."),
            ], buttons: [.init("Grant")], cancel: "/policies/exemptions")
        return AdminPage(
            heading: "Exempt somebody",
            lead: "They need not keep to the policy, as long as it is active and this holds.",
            trail: trail, blocks: [.form(form)])
    }

    @Sendable private static func granted(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let id: ExemptionID = try AdminCall.made("exemption_id", in: form)
        guard let policy = form["policy"].flatMap({ PolicyID($0) }) else {
            throw AdminRefusal("Choose a policy.", field: "policy")
        }
        let (kind, entity) = try await entity(form, call)
        let from = try form.moment("valid_from"), until = try form.moment("expires_at")
        try await call.govern(
            "grant_exemption",
            [
                "exemption_id": id.json, "policy_id": policy.json, "entity_id": .string(entity),
                "entity_type": .string(kind), "reason": .string(form.text("reason") ?? ""), "valid_from": from?.json,
                "expires_at": until?.json,
            ], form)
        return .moved(to: place(id), notice: "granted")
    }

    /// Somebody of the tenant by a name they have, or anything by its id.
    private static func entity(_ form: FormBody, _ call: AdminCall) async throws -> (kind: String, id: String) {
        let text = form.text("who") ?? ""
        if let person = try await call.found({ try await call.gateway.people.person(named: text, in: call.tenant) }) {
            return ("person", person.id.description)
        }
        if let account = try await call.found({
            try await call.gateway.serviceAccounts.account(named: text, in: call.tenant)
        }) {
            return ("service_account", account.id.description)
        }
        guard let id = Identifier<Void>(text) else {
            throw AdminRefusal("There is nobody here of this name, and it is no id.", field: "who")
        }
        return ("other", id.description)
    }

    // MARK: Revoking

    @Sendable private static func revocation(_ call: AdminCall) async throws -> AdminPage {
        let exemption = try await exemption(call)
        guard exemption.state == .active || call.refused != nil else {
            let words = "It is \(exemption.state.rawValue) already; only an active one is revoked."
            return AdminPage(
                heading: "Revoke the exemption", trail: trail,
                blocks: [.text(AdminText("Not now", [words], tone: .caution))])
        }
        return .question(
            "Revoke the exemption?", "Whoever it is for has to keep to the policy from then on.", trail: trail,
            at: call.place, button: "Revoke",
            fields: call.commandFields(version: exemption.version) + [PolicyPages.reason(call)],
            back: place(exemption.id))
    }

    @Sendable private static func revoke(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let id: ExemptionID = try call.id("exemption")
        guard let reason = form.text("reason") else {
            throw AdminRefusal("Say why, for whoever reads the history.", field: "reason")
        }
        try await call.govern("revoke_exemption", ["exemption_id": id.json, "reason": .string(reason)], form)
        return .moved(to: place(id), notice: "revoked")
    }
}
