import Gateway
import Governance
import Vocabulary

/// A step of a policy's life that is asked for on a page of its own, with a reason.
struct PolicyMove: Sendable {
    /// The command's name, which is the permission's and, with hyphens, the address's.
    let command: String
    let label: String
    let from: [PolicyState]
    let to: PolicyState
    /// What follows from it, in a sentence.
    let consequence: String
    let notice: String
    var isDanger = false
    var asksPeriod = false

    var part: String { "/" + String(command.map { $0 == "_" ? "-" : $0 }) }

    func isPossible(for policy: GovernedPolicy) -> Bool {
        from.contains(policy.state) && !(command == "submit_for_review" && policy.isSubmitted)
    }

    static let all = [
        PolicyMove(
            command: "submit_for_review", label: "Ask for review", from: [.draft], to: .draft,
            consequence: "It stays a draft, and shows that somebody is to look at it.", notice: "submitted"),
        PolicyMove(
            command: "approve", label: "Approve", from: [.draft], to: .approved,
            consequence: "Its details and rules are fixed from then on; it is not enforced yet.", notice: "approved"),
        PolicyMove(
            command: "activate", label: "Activate", from: [.approved], to: .active,
            consequence: "It is enforced from its first moment on, and whatever it replaces is not.",
            notice: "activated", asksPeriod: true),
        PolicyMove(
            command: "suspend", label: "Suspend", from: [.active], to: .suspended,
            consequence: "It is not enforced until it is resumed.", notice: "suspended", isDanger: true),
        PolicyMove(
            command: "resume", label: "Resume", from: [.suspended], to: .active,
            consequence: "It is enforced again, in the period it had.", notice: "resumed"),
        PolicyMove(
            command: "revoke", label: "Revoke", from: [.active], to: .revoked,
            consequence: "It is never enforced again. What should come after it is a policy of its own.",
            notice: "revoked", isDanger: true),
        PolicyMove(
            command: "archive", label: "Archive", from: [.suspended, .revoked], to: .archived,
            consequence: "It is kept to be read, and nothing of it can be changed any more.", notice: "archived",
            isDanger: true),
    ]
}

extension PolicyPages {
    /// The page that asks whether a step is meant, and takes it.
    static func moving(_ move: PolicyMove) -> AdminRoute {
        .form("/policies/{policy}" + move.part, carryingOut(move.command)) { call in
            try await question(move, try await policy(call), call)
        } submit: { call, form in
            let id: PolicyID = try call.id("policy")
            let from = try form.moment("effective_from"), until = try form.moment("effective_until")
            guard let reason = form.text("reason") else {
                throw AdminRefusal("Say why, for whoever reads the history.", field: "reason")
            }
            let outcome = try await call.govern(
                move.command,
                [
                    "policy_id": id.json, "reason": .string(reason), "effective_from": from?.json,
                    "effective_until": until?.json,
                ], form)
            return .moved(
                to: place(id), notice: outcome.events.isEmpty && !outcome.isRepetition ? "unchanged" : move.notice)
        }
    }

    private static func question(
        _ move: PolicyMove, _ policy: GovernedPolicy, _ call: AdminCall
    ) async throws -> AdminPage {
        var page = AdminPage(
            heading: "\(move.label) “\(policy.name)”", trail: trail + [.init(policy.name, place(policy.id))])
        page.blocks += try await outdated(policy, call)
        guard move.isPossible(for: policy) else {
            page.blocks += [
                .text(AdminText("Not now", [impossible(move, policy)], tone: .caution)),
                .actions([AdminAction("Back", to: place(policy.id))]),
            ]
            return page
        }
        page.lead =
            move.to == policy.state
            ? move.consequence
            : "It is \(policy.state.rawValue), and will be \(move.to.rawValue). \(move.consequence)"
        page.blocks.append(
            .form(
                AdminForm(
                    to: place(policy.id, move.part), fields: fields(move, policy, call),
                    buttons: [.init(move.label, isDanger: move.isDanger)], cancel: place(policy.id))))
        return page
    }

    private static func impossible(_ move: PolicyMove, _ policy: GovernedPolicy) -> String {
        if policy.isSubmitted, move.command == "submit_for_review" { return "Its review is asked for already." }
        let needed = move.from.map(\.rawValue).joined(separator: " or ")
        return "It is \(policy.state.rawValue); to become \(move.to.rawValue) it has to be \(needed)."
    }

    private static func fields(_ move: PolicyMove, _ policy: GovernedPolicy, _ call: AdminCall) -> [AdminField] {
        var fields = call.commandFields(version: policy.version)
        if move.asksPeriod {
            fields += [
                AdminField(
                    "effective_from", "In force from", .time, value: call.value("effective_from"),
                    hint: "UTC, as 2026-01-31 10:00. Empty means at once."),
                AdminField(
                    "effective_until", "In force until", .time, value: call.value("effective_until"),
                    hint: "Empty means until it is suspended or revoked."),
            ]
        }
        return fields + [reason(call)]
    }

    static func reason(_ call: AdminCall, isRequired: Bool = true) -> AdminField {
        AdminField(
            "reason", "Why", .area(rows: 3), value: call.value("reason"),
            hint: "Kept in the history, under your name.", isRequired: isRequired,
            limit: GovernedPolicy.Limits.textBytes)
    }
}
