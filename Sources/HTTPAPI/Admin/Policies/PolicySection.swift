import Gateway
import Governance
import HTTPTypes
import Vocabulary

extension AdminSection {
    /// Governed policies: written, checked, tried out, put in force and taken out of it.
    static let policies = AdminSection(
        slug: "policies", title: "Policies", chapter: .policies, access: PolicyPages.reading,
        routes: PolicyPages.routes, notices: PolicyPages.notices, summary: PolicyPages.summary)

    /// Policies that are weighed together.
    static let policySets = AdminSection(
        slug: "policies/sets", title: "Policy sets", chapter: .policies, access: PolicyPages.reading,
        routes: PolicySetPages.routes, notices: PolicySetPages.notices)

    /// Who is exempted from what, and until when.
    static let exemptions = AdminSection(
        slug: "policies/exemptions", title: "Exemptions", chapter: .policies, access: PolicyPages.reading,
        routes: ExemptionPages.routes, notices: ExemptionPages.notices)
}

/// The pages about one policy and the list of all.
enum PolicyPages {
    /// The permission that a command of the API asks for.
    static func carryingOut(_ command: String) -> Route.Access { .permission(action: command, type: "governance") }
    static let reading = carryingOut("read")

    static let trail = [AdminPage.Step("Policies", "/policies")]

    static func place(_ policy: PolicyID, _ part: String = "") -> String { "/policies/\(policy)\(part)" }

    /// Each address asks for the permission of the command that it carries out.
    static var routes: [AdminRoute] {
        [
            .page("/policies", reading, list), .page("/policies/{policy}", reading, one),
            .page("/policies/{policy}/versions", reading, versions),
            .form("/policies/new", carryingOut("create"), creation, submit: create),
            .form("/policies/{policy}/details", carryingOut("update"), details, submit: update),
        ] + PolicyMove.all.map(moving) + ruleRoutes + documentRoutes + trialRoutes
    }

    static let notices = [
        "created": "The policy is made, as a draft.", "updated": "The details are changed.",
        "submitted": "Its review is asked for.", "approved": "The policy is approved. It is not in force yet.",
        "activated": "The policy is active.", "suspended": "The policy is suspended: it is not enforced.",
        "resumed": "The policy is active again.", "revoked": "The policy is revoked for good.",
        "archived": "The policy is archived.", "rule-added": "The rule is added.",
        "rule-updated": "The rule is changed.", "rule-removed": "The rule is removed.",
        "rules-reordered": "The rules have a new order.", "imported": "The document is imported, as a draft.",
        "unchanged": "There was nothing to change.", "cases": "The tests are stored.",
    ]

    /// How many there are in each state that somebody has to do something about.
    @Sendable static func summary(_ call: AdminCall) async throws -> [AdminBlock] {
        let active = try await call.gateway.governance.policies(in: call.tenant, state: .active, limit: 201)
        let drafts = try await call.gateway.governance.policies(in: call.tenant, state: .draft, limit: 201)
        func count(_ policies: [GovernedPolicy]) -> String { policies.count > 200 ? "200+" : "\(policies.count)" }
        return [
            .figures([
                AdminFigure("Policies active", count(active), to: "/policies?state=active"),
                AdminFigure("Policy drafts", count(drafts), to: "/policies?state=draft"),
            ])
        ]
    }
}
