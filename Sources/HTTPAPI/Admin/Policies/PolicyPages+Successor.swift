import Gateway
import Governance
import Vocabulary

extension PolicyPages {
    /// What is in force is changed by a draft that takes its place when it is activated.
    static var successorRoute: AdminRoute {
        .form("/policies/{policy}/successor", carryingOut("create"), succession, submit: succeed)
    }

    @Sendable private static func succession(_ call: AdminCall) async throws -> AdminPage {
        let policy = try await policy(call)
        let form = AdminForm(
            to: call.place, fields: [call.fresh("successor_id", as: PolicyID.self)] + call.commandFields(),
            buttons: [.init("Make the draft")], cancel: place(policy.id))
        return AdminPage(
            heading: "Change “\(policy.name)”",
            lead: "A draft with the same details and rules is made. Once it is approved and activated it takes the "
                + "place of this one, at the same moment.",
            trail: trail + [.init(policy.name, place(policy.id))], blocks: [.form(form)])
    }

    /// One command after the other, each under an id that follows from the form's: sent again, it goes on where it
    /// stopped, and nothing is done twice.
    @Sendable private static func succeed(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        try await call.require("add_rule", "governance")
        let policy = try await policy(call)
        let id: PolicyID = try AdminCall.made("successor_id", in: form)
        var caller = try call.caller(of: form)
        let first = caller.command
        var document = PolicyDraft(policy).document
        guard case .object(var payload) = document else { throw Refusal.notFound }
        for key in ["version", "rules", "tests"] { payload[key] = nil }
        payload["policy_id"] = id.json
        payload["supersedes"] = policy.id.json
        document = .object(payload)
        _ = try await call.gateway.governance.execute("create", document, by: caller)
        for (number, placed) in policy.rules.enumerated() {
            let offset = UInt64(number) + 1
            caller.command = CommandID(high: first.high, low: first.low &+ offset)
            let rule = RuleID(high: id.high, low: id.low &+ offset)
            _ = try await call.gateway.governance.execute(
                "add_rule", ["policy_id": id.json, "rule_id": rule.json, "rule": placed.document], by: caller)
        }
        return .moved(to: place(id), notice: "created")
    }
}
