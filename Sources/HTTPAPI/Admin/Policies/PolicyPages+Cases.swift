import Gateway
import Governance
import Vocabulary

extension PolicyPages {
    /// Trying rules shows what they would do for anybody, so it asks for the right to edit them.
    static let trying = carryingOut("update")

    static var casesRoute: AdminRoute {
        .form(
            "/policies/{policy}/cases", trying, bodyLimit: 3 * caseBytes + BrowserCall.formLimit, cases,
            submit: setCases)
    }

    /// Bytes of a policy's cases as they are typed.
    private static let caseBytes = 262_144

    /// The cases that a policy is tried by before it is activated, and how each goes with the rules as they stand.
    @Sendable private static func cases(_ call: AdminCall) async throws -> AdminPage {
        let policy = try await policy(call)
        let stored = try await call.gateway.workbench.cases(of: policy.id, in: call.tenant)
        let results = try await call.gateway.workbench.runCases(of: policy.id, in: call.tenant)
        var page = AdminPage(
            heading: "Tests of “\(policy.name)”",
            lead: "Requests, and what must come of them. While one fails, the policy is not activated.",
            trail: trail + [.init(policy.name, place(policy.id))])
        if call.outdated(by: stored.version) != nil {
            let words =
                "Somebody else changed the tests in the meantime. Nothing of yours was stored, and nothing is lost."
            page.blocks.append(.text(AdminText("Look again", [words], tone: .caution)))
        }
        page.blocks += [
            .table(table(of: results)), .form(form(stored, call, policy)),
        ]
        return page
    }

    private static func table(of results: [DraftTest.Result]) -> AdminTable {
        AdminTable(
            "How they go", columns: ["Test", "Result", "Expected", "Found", "By the rule"],
            rows: results.map { result in
                [
                    AdminValue(result.name),
                    result.failure == nil ? .badge("Passed", .good) : .badge("Failed", .bad).hinted(result.failure),
                    AdminValue(result.expected), AdminValue(result.found), AdminValue(result.rule ?? "–"),
                ]
            }, empty: "There are no tests yet.")
    }

    private static func form(
        _ stored: (documents: AttributeValue, version: Int64), _ call: AdminCall, _ policy: GovernedPolicy
    ) -> AdminForm {
        let text = stored.documents == .list([]) ? "[]" : stored.documents.pretty
        return AdminForm(
            to: call.place, title: "The tests",
            fields: call.commandFields(version: stored.version) + [
                AdminField(
                    "cases", "A list, as JSON or YAML", .area(rows: 16, isCode: true),
                    value: call.value("cases", stored: text),
                    hint: "Each has a name, who asks (subject: roles, groups), action, resource, context, at, and what "
                        + "to expect: permit, deny, approval or execute.", limit: caseBytes)
            ], buttons: [.init("Save and run")], cancel: place(policy.id))
    }

    @Sendable private static func setCases(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let id: PolicyID = try call.id("policy")
        let text = form["cases"] ?? ""
        guard text.utf8.count <= caseBytes else {
            throw AdminRefusal("The tests have at most \(caseBytes) bytes.", field: "cases")
        }
        _ = try await call.gateway.workbench.setCases(
            try PolicyCheck.parse(text, field: "cases"), of: id, expecting: form["version"].flatMap { Int64($0) },
            by: try call.caller(of: form))
        return .moved(to: place(id, "/cases"), notice: "cases")
    }
}
