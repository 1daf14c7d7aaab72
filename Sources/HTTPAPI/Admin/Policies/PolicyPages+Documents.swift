import Authorization
import Gateway
import Governance
import HTTPTypes
import Hummingbird
import NIOCore
import Vocabulary

extension PolicyPages {
    static var documentRoutes: [AdminRoute] {
        [
            PolicyCheck.route,
            .form(
                "/policies/import", carryingOut("import"),
                bodyLimit: 3 * PolicyWorkbench.documentLimit + BrowserCall.formLimit
            ) { call in
                importing(call)
            } submit: { call, form in
                try await imported(call, form)
            },
            .file("/policies/{policy}/export", reading, export),
        ]
    }

    // MARK: Import

    private static func importing(
        _ call: AdminCall, typed: FormBody? = nil, found: PolicyCheck.Result? = nil
    ) -> AdminPage {
        func value(_ name: String) -> String { typed?[name] ?? call.value(name) }
        func kept(_ name: String) -> AdminField? { typed?[name].map { AdminField(name, "", .hidden, value: $0) } }
        let hidden =
            [kept("policy_id"), kept("command")].compactMap { $0 }
        var form = AdminForm(
            to: "/policies/import",
            fields: (hidden.count == 2 ? hidden : [call.fresh("policy_id", as: PolicyID.self)] + call.commandFields())
                + [
                    AdminField(
                        "document", "Document", .area(rows: 18, isCode: true), value: value("document"),
                        hint: "JSON or YAML: an exported policy, rules for alerts (`meta` and `rules`), or rules of "
                            + "fields, operators and values.", isRequired: true, limit: PolicyWorkbench.documentLimit),
                    AdminField(
                        "name", "Name", value: value("name"), hint: "Where the document has none.",
                        limit: GovernedPolicy.Limits.nameBytes),
                    AdminField(
                        "policy_type", "Type", .choice(PolicyType.choices(orAny: "As the document says", \.title)),
                        value: value("policy_type")),
                    AdminField(
                        "enforcement", "Enforcement",
                        .choice(Enforcement.choices(orAny: "As the document says, or mandatory")),
                        value: value("enforcement")),
                ],
            buttons: [.init("Import as a draft"), .init("Check", adds: ("do", "check"), isQuiet: true)],
            cancel: "/policies")
        form.check = PolicyCheck.place
        var page = AdminPage(
            heading: "Import a policy", lead: "It becomes a draft of its own; nothing is enforced by importing it.",
            trail: trail)
        page.runsScript = true
        page.blocks = (found?.blocks(under: .mandatory, zone: nil) ?? []) + [.form(form)]
        return page
    }

    private static func imported(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let text = form["document"] ?? ""
        if form["do"] == "check" {
            let found = try await PolicyCheck.document(text, call)
            return .shown(importing(call, typed: form, found: found))
        }
        let tree = try PolicyCheck.parse(text, field: "document")
        guard [.severity, .condition].contains(DraftStyle(of: tree)) else {
            return .moved(to: try await call.once(form) { try await drafts(of: tree, call, $0) }, notice: "imported")
        }
        let id: PolicyID = try AdminCall.made("policy_id", in: form)
        var payload: [String: AttributeValue?] = [
            "policy_id": id.json, "document": tree,
        ]
        for name in ["name", "policy_type", "enforcement"] {
            payload[name] = form.text(name).map(AttributeValue.string)
        }
        let outcome = try await call.govern(GovernanceService.importName, payload, form)
        return .moved(to: "/policies/\(outcome.id)", notice: "imported")
    }

    /// Drafts of an exported policy, or of several; answers where to look at what they became.
    static func drafts(of tree: AttributeValue, _ call: AdminCall, _ caller: Caller) async throws -> String {
        let made = try await call.gateway.workbench.importing(tree, by: caller)
        guard let only = made.first, made.count == 1 else { return "/policies?state=draft" }
        return place(only.id)
    }

    // MARK: Export

    /// The policy and its cases without ids, authors and history, so that it means the same wherever it is imported.
    /// What names people goes along for whoever may read people, and is refused to everybody else.
    @Sendable private static func export(_ call: AdminCall) async throws -> Response {
        let id = try await policy(call).id
        let bundle = try await call.gateway.workbench.export(
            [id], includesPeople: try await call.may("read", "person"), in: call.tenant)
        guard let document = bundle.document["governed_policies"]?.list?.first else {
            throw Refusal.forbidden(code: "policy.names_people")
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/json", .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"policy-\(id).json\"",
            ], body: ResponseBody(byteBuffer: ByteBuffer(string: document.pretty + "\n")))
    }
}
