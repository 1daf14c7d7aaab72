import Authorization
import Gateway
import Governance
import Identity
import Vocabulary

extension PolicyPages {
    // MARK: A new policy

    @Sendable static func creation(_ call: AdminCall) async throws -> AdminPage {
        var page = AdminPage(
            heading: "New policy",
            lead: "It begins as a draft: nothing is enforced before it is approved and activated.",
            trail: trail)
        page.blocks = try await templates(call)
        page.blocks.append(
            .form(
                AdminForm(
                    to: "/policies/new", title: "A policy without rules",
                    fields: [call.fresh("policy_id", as: PolicyID.self)] + call.commandFields()
                        + (try await fields(nil, call)), buttons: [.init("Create the draft")], cancel: "/policies")))
        return page
    }

    @Sendable static func create(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let id: PolicyID = try AdminCall.made("policy_id", in: form)
        var payload = try await payload(form, call)
        payload["policy_id"] = id.json
        try await call.govern("create", payload, form)
        return .moved(to: place(id), notice: "created")
    }

    // MARK: Changing the details of a draft

    @Sendable static func details(_ call: AdminCall) async throws -> AdminPage {
        let policy = try await policy(call)
        var page = AdminPage(
            heading: "Details of “\(policy.name)”", trail: trail + [.init(policy.name, place(policy.id))])
        page.blocks = try await outdated(policy, call)
        guard policy.state == .draft || call.refused != nil else {
            let words = "It is \(policy.state.rawValue); details are changed in a draft only."
            page.blocks.append(.text(AdminText("Not now", [words], tone: .caution)))
            return page
        }
        page.blocks.append(
            .form(
                AdminForm(
                    to: call.place,
                    fields: call.commandFields(version: policy.version) + (try await fields(policy, call))
                        + [reason(call, isRequired: false)], buttons: [.init("Save")], cancel: place(policy.id))))
        return page
    }

    @Sendable static func update(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let id: PolicyID = try call.id("policy")
        var payload = try await payload(form, call)
        payload["policy_id"] = id.json
        payload["reason"] = form.text("reason").map(AttributeValue.string)
        // What is left out of an update stays as it was; to be without a zone is to be in UTC.
        payload["timezone"] = .string(form.text("timezone") ?? "UTC")
        try await call.govern("update", payload, form)
        return .moved(to: place(id), notice: "updated")
    }

    // MARK: Fields

    /// Units of the organization that the field offers.
    private static let unitLimit = 500

    private static func fields(_ policy: GovernedPolicy?, _ call: AdminCall) async throws -> [AdminField] {
        func choice(_ name: String, _ label: String, _ choices: [AdminField.Choice], _ stored: String) -> AdminField {
            AdminField(name, label, .choice(choices), value: call.value(name, stored: stored))
        }
        let scope = policy?.scope
        return [
            AdminField(
                "name", "Name", value: call.value("name", stored: policy?.name ?? ""), isRequired: true,
                limit: GovernedPolicy.Limits.nameBytes),
            AdminField(
                "description", "Description", .area(rows: 3),
                value: call.value("description", stored: policy?.description ?? ""),
                limit: GovernedPolicy.Limits.textBytes),
            choice("policy_type", "Type", PolicyType.choices(\.title), policy?.type.rawValue ?? "security"),
            choice(
                "enforcement", "Enforcement",
                Enforcement.choices { "\($0.rawValue.titled): \($0.explanation)" },
                policy?.enforcement.rawValue ?? "mandatory"),
            choice("level", "Scope", ScopeLevel.choices(), scope?.level.rawValue ?? "organization"),
            try await unit(scope, call),
            AdminField(
                "subject", "Of an individual policy: who",
                value: call.value("subject", stored: try await login(of: scope?.subject, call)),
                hint: "User name or mail address."),
        ] + selectors(scope, call) + frameworks(policy, call) + [
            AdminField(
                "timezone", "Time zone", value: call.value("timezone", stored: policy?.zone ?? ""),
                hint: "Of its windows and daily limits, such as Europe/Berlin. Empty means UTC.", limit: 64),
            AdminField(
                "overridable", "A tenant below may put its own policy in place of this one", .check,
                value: call.value("overridable", stored: policy?.isOverridable == true ? "on" : "")),
        ]
    }

    private static func unit(_ scope: PolicyScope?, _ call: AdminCall) async throws -> AdminField {
        let units = try await call.gateway.organization.units(in: call.tenant)
        let offered = units.filter { [.department, .project, .team].contains($0.level) }.prefix(unitLimit)
        let choices =
            [AdminField.Choice("", "Every one of the level")]
            + offered.map { AdminField.Choice($0.id.description, "\($0.level.word.titled) \($0.name)") }
        return AdminField(
            "unit", "Of a department, project or team: which", .choice(choices),
            value: call.value("unit", stored: scope?.unit?.description ?? ""))
    }

    private static func login(of subject: Subject?, _ call: AdminCall) async throws -> String {
        guard case .person(let id)? = subject else { return "" }
        return try await call.found { try await call.gateway.people.person(id, in: call.tenant).login }
            ?? id.description
    }

    private static func selectors(_ scope: PolicyScope?, _ call: AdminCall) -> [AdminField] {
        [
            ("environments", "Only in environments", scope?.environments),
            ("services", "Only for services", scope?.services),
            ("resources", "Only on resource types", scope?.resources), ("actions", "Only for actions", scope?.actions),
        ].map { name, label, words in
            AdminField(
                name, label, value: call.value(name, stored: (words ?? []).joined(separator: ", ")),
                hint: name == "environments" ? "With commas between them; empty does not narrow." : nil, limit: 4_096)
        }
    }

    private static func frameworks(_ policy: GovernedPolicy?, _ call: AdminCall) -> [AdminField] {
        ComplianceFramework.allCases.map { framework in
            let isTagged = policy?.frameworks.contains(framework) == true
            let name = "framework." + framework.rawValue
            return AdminField(
                name, "Serves \(framework.title)", .check, value: call.value(name, stored: isTagged ? "on" : ""))
        }
    }

    // MARK: What they come to

    private static func payload(_ form: FormBody, _ call: AdminCall) async throws -> [String: AttributeValue?] {
        var scope: [String: AttributeValue] = ["level": .string(form["level"] ?? "")]
        scope["unit"] = form.text("unit").map(AttributeValue.string)
        scope["subject"] = try await subject(form, call)?.json
        for name in ["environments", "services", "resources", "actions"] {
            let names = form.names(name)
            if names != .list([]) { scope[name] = names }
        }
        let frameworks = ComplianceFramework.allCases.filter { form["framework." + $0.rawValue] == "on" }
        guard let name = form.text("name") else { throw AdminRefusal("Give it a name.", field: "name") }
        return [
            "name": .string(name), "description": .string(form.text("description") ?? ""),
            "policy_type": .string(form["policy_type"] ?? ""), "enforcement": .string(form["enforcement"] ?? ""),
            "scope": .object(scope), "frameworks": .list(frameworks.map { .string($0.rawValue) }),
            "timezone": form.text("timezone").map(AttributeValue.string),
            "overridable": .bool(form["overridable"] == "on"),
        ]
    }

    private static func subject(_ form: FormBody, _ call: AdminCall) async throws -> PersonID? {
        guard let text = form.text("subject") else { return nil }
        guard let person = try await call.found({ try await call.gateway.people.person(named: text, in: call.tenant) })
        else { throw AdminRefusal("There is nobody here of this user name.", field: "subject") }
        return person.id
    }
}
