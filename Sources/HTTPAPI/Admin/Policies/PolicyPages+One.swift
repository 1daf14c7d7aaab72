import Authorization
import Gateway
import Governance
import Vocabulary

extension PolicyPages {
    /// The policy of the address. Throws 404 where the tenant has none of this id.
    static func policy(_ call: AdminCall) async throws -> GovernedPolicy {
        try await call.gateway.governance.policy(try call.id("policy"), in: call.tenant)
    }

    /// One policy with everything about it: its rules in words, its versions, who is exempted, where it counts.
    @Sendable static func one(_ call: AdminCall) async throws -> AdminPage {
        let policy = try await policy(call)
        let governance = call.gateway.governance
        let changes = try await governance.history(of: policy.id, in: call.tenant)
        let exemptions = try await governance.exemptions(in: call.tenant, from: policy.id, limit: exemptionLimit + 1)
        let names = try await call.names(
            of: exemptions.compactMap(\.entity.subject)
                + (changes.map(\.actor) + exemptions.map(\.grantedBy)).compactMap(\.subject))
        var page = AdminPage(
            heading: policy.name, lead: policy.description.isEmpty ? nil : policy.description, trail: trail)
        page.blocks = [.actions(try await actions(policy, call)), .facts(facts(policy, names))]
        page.blocks += try await rules(policy, call)
        page.blocks.append(.facts(try await reach(of: policy, call)))
        page.blocks += [try await sets(policy, call), table(of: exemptions, policy, names)]
        page.blocks += try await approvals(under: policy, call)
        page.blocks += history(changes, of: policy, names)
        return page
    }

    // MARK: What can be done

    private static func actions(_ policy: GovernedPolicy, _ call: AdminCall) async throws -> [AdminAction] {
        var actions = PolicyMove.all.filter { $0.isPossible(for: policy) }.map { move in
            (move.command, AdminAction(move.label, to: place(policy.id, move.part), isDanger: move.isDanger))
        }
        if policy.state == .draft {
            actions.append(("update", AdminAction("Edit details", to: place(policy.id, "/details"))))
            actions.append(("add_rule", AdminAction("Add a rule", to: place(policy.id, "/rules/new"))))
        }
        if policy.state == .active {
            let path = "/policies/exemptions/new?policy=\(policy.id)"
            actions.append(("grant_exemption", AdminAction("Exempt somebody", to: path)))
        }
        return try await call.offered(actions) + trials(of: policy, call)
    }

    // MARK: What it is

    private static func facts(_ policy: GovernedPolicy, _ names: AdminNames) -> AdminFacts {
        var rows: [(name: String, value: AdminValue)] = [
            ("State", state(of: policy)),
            ("Enforcement", AdminValue(policy.enforcement.rawValue.titled).hinted(policy.enforcement.explanation)),
            ("Type", AdminValue(policy.type.title)), ("Time zone", AdminValue(policy.zone ?? "UTC")),
        ]
        if let effective = policy.effective {
            let end = effective.until.map { " until \($0.reading)" } ?? ", without an end"
            rows.append(("In force", AdminValue("from \(effective.from.reading)\(end)")))
        }
        if !policy.frameworks.isEmpty {
            rows.append(("Serves", AdminValue(policy.frameworks.map(\.title).joined(separator: ", "))))
        }
        if let other = policy.supersedes { rows.append(("Replaces", AdminValue("another policy", to: place(other)))) }
        if let other = policy.overrides { rows.append(("Stands in for", .code(other.description))) }
        if policy.isOverridable { rows.append(("Tenants", "may put a policy of their own in its place")) }
        let author = names.value(actor: policy.createdBy.description)
        rows.append(("Written by", author.hinted("on " + policy.createdAt.reading)))
        if let approver = policy.approvedBy {
            rows.append(("Approved by", names.value(actor: approver.description)))
        }
        rows += [("Version", AdminValue("\(policy.version)")), ("Id", .code(policy.id.description))]
        return AdminFacts("About", rows)
    }

    static func state(of policy: GovernedPolicy) -> AdminValue {
        .badge(policy.state.rawValue.titled, policy.state.tone)
            .hinted(policy.isSubmitted && policy.state == .draft ? "review asked for" : nil)
    }

    // MARK: What belongs to it

    private static func sets(_ policy: GovernedPolicy, _ call: AdminCall) async throws -> AdminBlock {
        let sets = try await call.gateway.governance.sets(with: policy.id, in: call.tenant)
        return .table(
            AdminTable(
                "Sets it is weighed in", columns: ["Set", "Lets through when", "Policies"],
                rows: sets.map { set in
                    [
                        AdminValue(set.name, to: PolicySetPages.place(set.id)),
                        AdminValue(set.combination.sentence), AdminValue("\(set.policies.count)"),
                    ]
                }, empty: "It is in no set, and counts by itself."))
    }

    /// Exemptions that the page of a policy shows; the list of exemptions has them all.
    private static let exemptionLimit = 10

    private static func table(
        of exemptions: [Exemption], _ policy: GovernedPolicy, _ names: AdminNames
    ) -> AdminBlock {
        var rows = exemptions.prefix(exemptionLimit).map { exemption in
            [
                AdminValue("Exemption", to: ExemptionPages.place(exemption.id)),
                ExemptionPages.holder(of: exemption, names),
                .badge(exemption.state.rawValue.titled, exemption.state.tone),
                AdminValue(exemption.until?.reading ?? "without an end"),
                names.value(actor: exemption.grantedBy.description),
            ]
        }
        if exemptions.count > exemptionLimit {
            rows.append([AdminValue("All of them", to: "/policies/exemptions?policy=\(policy.id)"), "", "", "", ""])
        }
        return .table(
            AdminTable(
                "Exemptions from it", columns: ["", "Who", "State", "Until", "Granted by"], rows: rows,
                empty: "Nobody is exempted."))
    }
}

extension PolicyCombination {
    /// When a set of policies lets something through.
    var sentence: String {
        switch self {
        case .all: "every policy with something to say allows it"
        case .any: "one policy allows it"
        case .majority: "more than half of those with something to say allow it"
        case .atLeast(let count): count == 1 ? "one policy allows it" : "\(count) policies allow it"
        }
    }
}
