import Gateway
import Governance
import Vocabulary

/// The editor of one rule: its document as text, checked while it is typed, or by a button where no script runs.
enum RuleForm {
    /// Bytes of a rule's document; one more is refused.
    static let documentLimit = 65_536
    /// A form has three bytes for each that is not plain, and its other fields.
    static let bodyLimit = 3 * documentLimit + BrowserCall.formLimit

    /// - Parameter found: what a check came to; nil where nobody asked for one.
    static func page(
        _ call: AdminCall, _ policy: GovernedPolicy, _ placed: GovernedPolicy.PlacedRule?,
        typed: FormBody? = nil, found: PolicyCheck.Result? = nil
    ) async throws -> AdminPage {
        let name = placed.map { $0.document["id"]?.string ?? $0.id.description }
        var page = AdminPage(
            heading: name.map { "Edit the rule “\($0)”" } ?? "Add a rule",
            lead: "JSON or YAML. What is wrong with it is said below while you type.",
            trail: PolicyPages.trail + [.init(policy.name, PolicyPages.place(policy.id))])
        page.blocks = try await PolicyPages.outdated(policy, call)
        guard policy.state == .draft || call.refused != nil || typed != nil else {
            let words = "It is \(policy.state.rawValue); rules are changed in a draft only."
            page.blocks.append(.text(AdminText("Not now", [words], tone: .caution)))
            return page
        }
        page.runsScript = true
        if let found { page.blocks += found.blocks(under: policy.enforcement, zone: policy.zone) }
        page.blocks.append(.form(form(call, policy, placed, typed)))
        return page
    }

    private static func form(
        _ call: AdminCall, _ policy: GovernedPolicy, _ placed: GovernedPolicy.PlacedRule?, _ typed: FormBody?
    ) -> AdminForm {
        let text = typed?["rule"] ?? call.value("rule", stored: (placed?.document ?? sample).pretty)
        var form = AdminForm(
            to: call.place,
            fields: (typed.map { kept(of: $0, in: call) } ?? call.commandFields(version: policy.version))
                + (placed == nil ? [kept("rule_id", typed) ?? call.fresh("rule_id", as: RuleID.self)] : [])
                + [
                    AdminField(
                        "rule", "Rule", .area(rows: 22, isCode: true), value: text, isRequired: true,
                        limit: documentLimit)
                ],
            buttons: [.init(placed == nil ? "Add" : "Save"), .init("Check", adds: ("do", "check"), isQuiet: true)],
            cancel: PolicyPages.place(policy.id))
        form.check = PolicyCheck.place
        return form
    }

    private static func kept(of typed: FormBody, in call: AdminCall) -> [AdminField] {
        ["command", "version"].compactMap { kept($0, typed) }
    }

    private static func kept(_ name: String, _ typed: FormBody?) -> AdminField? {
        typed?[name].map { AdminField(name, "", .hidden, value: $0) }
    }

    /// Where somebody begins who has never seen a rule.
    private static let sample: AttributeValue = [
        "id": "my-rule", "effect": "deny", "subjects": "any", "actions": ["delete"],
        "resources": ["types": ["document"]], "when": ["equals": ["context.environment": "production"]],
    ]

    /// The answer to the Check button; nil where the form is to be carried out.
    static func checked(
        _ call: AdminCall, _ form: FormBody, _ policy: GovernedPolicy, _ placed: GovernedPolicy.PlacedRule?
    ) async throws -> AdminOutcome? {
        guard form["do"] == "check" else { return nil }
        let found = try await PolicyCheck.rule(form["rule"] ?? "", call)
        return .shown(try await page(call, policy, placed, typed: form, found: found))
    }

    /// The document as it was typed. Throws what is wrong with it as a text; as a rule the service judges it.
    static func document(_ form: FormBody) throws -> AttributeValue {
        let text = form["rule"] ?? ""
        guard text.utf8.count <= documentLimit else {
            throw AdminRefusal("A rule has at most \(documentLimit) bytes.", field: "rule")
        }
        return try PolicyCheck.parse(text, field: "rule")
    }
}
