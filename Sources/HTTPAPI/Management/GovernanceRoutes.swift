import Gateway
import Governance
import HTTPTypes
import Vocabulary

/// Governed policies and exemptions, and the commands that change them.
struct GovernanceRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] {
        policies + sets + exemptions
            + (GovernanceCommand.names + GovernanceCommand.furtherNames + [GovernanceService.importName]).map(command)
    }

    private static let read = Route.Access.permission(action: "read", type: "governance")

    private var policies: [Route] {
        [
            Route(
                .get, "/api/v1/governance/policies", "listGovernedPolicies", "Lists governed policies, by id",
                tag: "governance", access: Self.read,
                query: Route.Parameter.page + [
                    .init("state", "Only those in this state.", .words(PolicyState.allCases.map(\.rawValue))),
                    .init("type", "Only those of this type.", .words(PolicyType.allCases.map(\.rawValue))),
                    .init("scope", "Only those of this level.", .words(ScopeLevel.allCases.map(\.rawValue))),
                ], response: .page(.reference("GovernedPolicy")), handler: listPolicies),
            Route(
                .get, "/api/v1/governance/policies/{policy}", "getGovernedPolicy", "Shows a governed policy",
                tag: "governance", access: Self.read, response: .reference("GovernedPolicy")
            ) { request in
                let policy = try await gateway.governance.policy(
                    try request.id("policy"), in: try request.requiredTenant)
                return APIResponse(body: policy.json, etag: EntityTag(version: policy.version))
            },
            Route(
                .get, "/api/v1/governance/policies/{policy}/history", "getGovernedPolicyHistory",
                "Lists every change of a governed policy, oldest first: who, when, why and what is different",
                tag: "governance", access: Self.read, query: Route.Parameter.page,
                response: .page(.reference("PolicyChange"))
            ) { request in
                let id: PolicyID = try request.id("policy")
                return try await history(request) { try await gateway.governance.history(of: id, in: $0) }
            },
        ]
    }

    private var sets: [Route] {
        [
            Route(
                .get, "/api/v1/governance/policy-sets", "listPolicySets", "Lists policy sets, by id",
                tag: "governance", access: Self.read, query: Route.Parameter.page,
                response: .page(.reference("PolicySet"))
            ) { request in
                let page = try request.page(mac: mac)
                let sets = try await gateway.governance.sets(
                    in: try request.requiredTenant, after: page.cursor.flatMap { PolicySetID($0.after) },
                    limit: page.limit + 1)
                return try request.answer(sets, page, mac) { ($0.id.description, $0.json) }
            },
            Route(
                .get, "/api/v1/governance/policy-sets/{set}", "getPolicySet", "Shows a policy set",
                tag: "governance", access: Self.read, response: .reference("PolicySet")
            ) { request in
                let set = try await gateway.governance.policySet(
                    try request.id("set"), in: try request.requiredTenant)
                return APIResponse(body: set.json, etag: EntityTag(version: set.version))
            },
            Route(
                .get, "/api/v1/governance/policy-sets/{set}/history", "getPolicySetHistory",
                "Lists every change of a policy set, oldest first: who, when and what is different",
                tag: "governance", access: Self.read, query: Route.Parameter.page,
                response: .page(.reference("PolicyChange"))
            ) { request in
                let id: PolicySetID = try request.id("set")
                return try await history(request) { try await gateway.governance.history(of: id, in: $0) }
            },
        ]
    }

    private var exemptions: [Route] {
        [
            Route(
                .get, "/api/v1/governance/exemptions", "listExemptions", "Lists exemptions, by id",
                tag: "governance", access: Self.read,
                query: Route.Parameter.page + [
                    .init("state", "Only those in this state.", .words(Exemption.State.allCases.map(\.rawValue))),
                    .init("policy", "Only those from this policy.", .uuid),
                ], response: .page(.reference("Exemption")), handler: listExemptions),
            Route(
                .get, "/api/v1/governance/exemptions/{exemption}", "getExemption", "Shows an exemption",
                tag: "governance", access: Self.read, response: .reference("Exemption")
            ) { request in
                let tenant = try request.requiredTenant
                let exemption = try await gateway.governance.exemption(try request.id("exemption"), in: tenant)
                let accounts = try await gateway.governance.accounts(of: [exemption.id], in: tenant)
                return APIResponse(
                    body: exemption.json(accounts[exemption.id]), etag: EntityTag(version: exemption.version))
            },
            Route(
                .get, "/api/v1/governance/exemptions/{exemption}/history", "getExemptionHistory",
                "Lists what happened to an exemption, oldest first: who granted and who ended it, when and why",
                tag: "governance", access: Self.read, query: Route.Parameter.page,
                response: .page(.reference("PolicyChange"))
            ) { request in
                let id: ExemptionID = try request.id("exemption")
                return try await history(request) { try await gateway.governance.history(of: id, in: $0) }
            },
        ]
    }

    /// Each command is an operation and a permission of its own: who writes a policy need not be who approves it.
    private func command(_ name: String) -> Route {
        let words = name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }
        return Route(
            .post, "/api/v1/governance/commands/\(name)", "governance" + words.joined(),
            "Carries out the command `\(name)`",
            details: """
                The body is the command's payload, with the ids chosen by the caller. Names of people inside it are \
                kept as claims; the actor is the caller. With `If-Match` only upon that version.
                """,
            tag: "governance", access: .permission(action: name, type: "governance"), requestBody: .map(.any),
            response: .reference("GovernanceOutcome"), preconditions: .heeded
        ) { request in
            let (payload, caller) = (request.body ?? .null, try request.caller(gateway))
            var version: Int64?
            if request.ifMatch != nil {
                let present = try await gateway.governance.version(for: name, payload, in: caller.tenant)
                guard present > 0 else { throw Refusal.preconditionFailed }
                version = try request.expectedVersion(present)
            }
            let outcome = try await gateway.governance.execute(name, payload, expecting: version, by: caller)
            return APIResponse(body: outcome.json, etag: EntityTag(version: outcome.version))
        }
    }

    @Sendable private func listPolicies(_ request: APIRequest) async throws -> APIResponse {
        let page = try request.page(mac: mac)
        let policies = try await gateway.governance.policies(
            in: try request.requiredTenant, state: try word("state", request), type: try word("type", request),
            scope: try word("scope", request), after: page.cursor.flatMap { PolicyID($0.after) },
            limit: page.limit + 1)
        return try request.answer(policies, page, mac) { ($0.id.description, $0.json) }
    }

    @Sendable private func listExemptions(_ request: APIRequest) async throws -> APIResponse {
        let page = try request.page(mac: mac)
        let policy = try request.query["policy"].map { text in
            guard let id = PolicyID(text) else { throw Self.unknown("policy") }
            return id
        }
        let tenant = try request.requiredTenant
        let exemptions = try await gateway.governance.exemptions(
            in: tenant, state: try word("state", request), from: policy,
            after: page.cursor.flatMap { ExemptionID($0.after) }, limit: page.limit + 1)
        let accounts = try await gateway.governance.accounts(of: exemptions.map(\.id), in: tenant)
        return try request.answer(exemptions, page, mac) { ($0.id.description, $0.json(accounts[$0.id])) }
    }

    private func history(
        _ request: APIRequest, _ read: (TenantID) async throws -> [PolicyChange]
    ) async throws -> APIResponse {
        let page = try request.page(mac: mac)
        let after = page.cursor.flatMap { Int64($0.after) } ?? 0
        let changes = try await read(try request.requiredTenant)
        let rest = changes.drop { $0.version <= after }.prefix(page.limit + 1)
        return try request.answer(Array(rest), page, mac) { (String($0.version), $0.json) }
    }

    private func word<Word: RawRepresentable>(
        _ name: String, _ request: APIRequest
    ) throws -> Word? where Word.RawValue == String {
        guard let text = request.query[name] else { return nil }
        guard let word = Word(rawValue: text) else { throw Self.unknown(name) }
        return word
    }

    // A filter that is not understood must not become none.
    private static func unknown(_ name: String) -> Refusal {
        .badRequest(code: "governance.filter", where: "`\(name)` is not one of its values.")
    }
}
