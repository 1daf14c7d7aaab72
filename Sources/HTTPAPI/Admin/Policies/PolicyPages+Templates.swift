import Authorization
import Gateway
import Governance
import Vocabulary

extension PolicyPages {
    static var templateRoute: AdminRoute {
        .form("/policies/templates/{template}", carryingOut("import"), template, submit: fill)
    }

    /// Every template there is, for whoever may make a policy of one.
    static func templates(_ call: AdminCall) async throws -> [AdminBlock] {
        guard try await call.offers("import") else { return [] }
        let views = try await call.gateway.workbench.templates(in: call.tenant)
        return [
            .table(
                AdminTable(
                    "From a template", columns: ["Template", "What it does", "From"],
                    rows: views.map { view in
                        [
                            AdminValue(view.template.name, to: "/policies/templates/\(view.template.key)"),
                            AdminValue(view.template.description),
                            AdminValue(view.isBuiltIn ? "the gateway" : "this tenant"),
                        ]
                    }, empty: "There are no templates."))
        ]
    }

    @Sendable private static func template(_ call: AdminCall) async throws -> AdminPage {
        let template = try await call.gateway.workbench.template(
            named: try call.parameter("template"), in: call.tenant
        ).template
        let form = AdminForm(
            to: call.place, fields: call.commandFields() + template.parameters.map { field($0, call) },
            buttons: [.init("Create the draft")], cancel: "/policies/new")
        return AdminPage(
            heading: template.name, lead: template.description, trail: trail + [.init("New policy", "/policies/new")],
            blocks: [.form(form), .listing(AdminListing("What it makes", text: template.policy.pretty))])
    }

    @Sendable private static func fill(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let template = try await call.gateway.workbench.template(
            named: try call.parameter("template"), in: call.tenant
        ).template
        var values: [String: AttributeValue] = [:]
        for parameter in template.parameters { values[parameter.name] = try value(of: parameter, form) }
        let draft = try await call.gateway.workbench.draft(of: template.key, values, in: call.tenant)
        let place = try await call.once(form) { try await drafts(of: draft.document, call, $0) }
        return .moved(to: place, notice: "created")
    }

    // MARK: Parameters as fields

    private static func field(_ parameter: PolicyTemplate.Parameter, _ call: AdminCall) -> AdminField {
        let name = "value." + parameter.name
        let stored = parameter.fallback.map(text) ?? ""
        let example = parameter.fallback == nil ? " For example \(text(parameter.example))." : ""
        let isList = [.texts, .integers].contains(parameter.kind)
        let hint = parameter.description.titled + "." + example + (isList ? " With commas between them." : "")
        let label = parameter.name.titled
        switch parameter.kind {
        case .boolean: return AdminField(name, label, .check, value: call.value(name, stored: stored), hint: hint)
        case .text where !parameter.choices.isEmpty:
            let choices = parameter.choices.map { AdminField.Choice($0, $0) }
            return AdminField(name, label, .choice(choices), value: call.value(name, stored: stored), hint: hint)
        default:
            return AdminField(
                name, label, value: call.value(name, stored: stored), hint: hint,
                isRequired: parameter.fallback == nil, limit: 4_096)
        }
    }

    private static func text(_ value: AttributeValue) -> String {
        switch value {
        case .string(let text): text
        case .bool(let flag): flag ? "on" : ""
        case .list(let items): items.map(text).joined(separator: ", ")
        default: CanonicalText.of(value)
        }
    }

    /// What was typed as a value of the parameter's kind; nil, which takes the fallback, where nothing was. Throws beside
    /// the field for what is no number.
    private static func value(
        of parameter: PolicyTemplate.Parameter, _ form: FormBody
    ) throws -> AttributeValue? {
        let name = "value." + parameter.name
        if parameter.kind == .boolean { return .bool(form[name] == "on") }
        guard let text = form.text(name) else { return nil }
        func number(_ text: String) throws -> AttributeValue {
            if let whole = Int64(text) { return .integer(whole) }
            guard let number = Double(text), number.isFinite else {
                throw AdminRefusal("“\(text)” is no number.", field: name)
            }
            return .number(number)
        }
        switch parameter.kind {
        case .text, .boolean: return .string(text)
        case .integer, .number: return try number(text)
        case .texts: return form.names(name)
        case .integers: return .list(try (form.names(name).list ?? []).compactMap(\.string).map(number))
        }
    }
}
