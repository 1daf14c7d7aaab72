import Gateway
import Governance
import HTTPTypes
import Vocabulary

/// Separation of duties: rules, checks before an assignment, scans, and what they found.
struct DutyRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { rules + judging + findings }

    private static let base = "/api/v1/governance/sod/rules"
    private static let read = Route.Access.permission(action: "read", type: "sod")

    // MARK: Rules

    private var rules: [Route] {
        [
            Route(
                .get, Self.base, "listSodRules", "Lists rules of separation of duties, by id", tag: "duties",
                access: Self.read,
                query: GovernedPage.parameters + [
                    .init("status", "Only those of this status.", .words(SodRule.Status.allCases.map(\.rawValue)))
                ], response: .page(.reference("SodRule"))
            ) { request in
                let (page, tenant) = (try GovernedPage(request, mac), try request.requiredTenant)
                let rules = try await gateway.duties.rules(
                    in: tenant, status: try request.word("status"), page.part(SodRuleID.self))
                return try request.answer(rules, page.request, mac) { ($0.id.description, $0.json(in: tenant)) }
            },
            Route(
                .post, Self.base, "createSodRule", "Makes a rule of separation of duties",
                details: "It is judged by at once; what is held already is found by a scan.", tag: "duties",
                access: .permission(action: "create", type: "sod"), requestBody: DutySchema.newRule,
                response: .reference("SodRule"), successStatus: 201, handler: create),
            Route(
                .get, Self.base + "/{rule}", "getSodRule", "Shows a rule", tag: "duties", access: Self.read,
                response: .reference("SodRule")
            ) { request in
                let tenant = try request.requiredTenant
                return Self.answer(try await gateway.duties.rule(try request.id("rule"), in: tenant), tenant)
            },
            Route(
                .patch, Self.base + "/{rule}", "changeSodRule", "Changes a rule",
                details: "One that was orphaned is mended by naming entitlements that exist, and then activated.",
                tag: "duties", access: .permission(action: "update", type: "sod"),
                requestBody: .change(DutySchema.ruleMembers.merging(["status": DutySchema.status]) { $1 }),
                response: .reference("SodRule"), preconditions: .heeded, handler: change),
            Route(
                .delete, Self.base + "/{rule}", "deleteSodRule", "Deletes a rule; what it found is resolved",
                tag: "duties", access: .permission(action: "delete", type: "sod"), successStatus: 204,
                preconditions: .heeded
            ) { request in
                let id: SodRuleID = try request.id("rule")
                let present = try await gateway.duties.rule(id, in: try request.requiredTenant)
                try await gateway.duties.delete(
                    id, expecting: try request.expectedVersion(present.version), by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    private static func answer(_ rule: SodRule, _ tenant: TenantID) -> APIResponse {
        APIResponse(body: rule.json(in: tenant), etag: EntityTag(version: rule.version))
    }

    @Sendable private func create(_ request: APIRequest) async throws -> APIResponse {
        guard let type: SodRule.ConflictType = try request.bodyWord("conflict_type"),
            let severity: RiskLevel = try request.bodyWord("severity")
        else { throw APIRequest.invalid("conflict_type", "one of its words") }
        var details = SodRuleDetails(
            name: try request.text("name"), conflictType: type, entitlements: [], severity: severity)
        var status = SodRule.Status.active
        try Self.apply(request, to: &details, &status)
        let (caller, tenant) = (try request.caller(gateway), try request.requiredTenant)
        let made = try await gateway.duties.create(
            try request.bodyID("id") ?? .random(at: gateway.clock()), details, by: caller)
        var response = Self.answer(made, tenant)
        (response.status, response.location) = (.created, request.location("governance/sod/rules", made.id))
        return response
    }

    @Sendable private func change(_ request: APIRequest) async throws -> APIResponse {
        let (id, tenant): (SodRuleID, TenantID) = (try request.id("rule"), try request.requiredTenant)
        let present = try await gateway.duties.rule(id, in: tenant)
        let changed = try await gateway.duties.change(
            id, expecting: try request.expectedVersion(present.version), by: try request.caller(gateway)
        ) { try Self.apply(request, to: &$0, &$1) }
        return Self.answer(changed, tenant)
    }

    private static func apply(
        _ request: APIRequest, to details: inout SodRuleDetails, _ status: inout SodRule.Status
    ) throws {
        details.name = try request.optionalText("name") ?? details.name
        details.conflictType = try request.bodyWord("conflict_type") ?? details.conflictType
        details.severity = try request.bodyWord("severity") ?? details.severity
        status = try request.bodyWord("status") ?? status
        if let ids: [EntitlementID] = try request.bodyIDs("entitlement_ids") { details.entitlements = ids }
        if request.body?["description"] != nil { details.description = try request.optionalText("description") }
        if request.body?["max_count"] != nil {
            details.maxCount = try request.optionalInteger("max_count").map { Int(clamping: $0) }
        }
    }

    // MARK: Judging

    private var judging: [Route] {
        [
            Route(
                .post, "/api/v1/governance/sod/check", "checkDuties",
                "Says whether somebody could hold these entitlements besides what they hold",
                details: "They are judged as a whole. Nothing is changed.", tag: "duties", access: Self.read,
                requestBody: .object(
                    JSONSchema.subjectMembers.merging([
                        "entitlement_ids": .array(.uuid, minimum: 1, maximum: SodRuleDetails.entitlementLimit)
                    ]) { $1 }, optional: ["person", "service_account"]
                ).withOne(of: ["person", "service_account"]),
                response: DutySchema.verdict, repetition: .harmless
            ) { request in
                let added: [EntitlementID] = try request.bodyIDs("entitlement_ids") ?? []
                let verdict = try await gateway.duties.check(
                    Set(added), for: try await request.bodySubject(gateway), in: try request.requiredTenant)
                return APIResponse(body: verdict.json)
            },
            Route(
                .post, "/api/v1/governance/sod/scans", "scanDuties",
                "Looks through what everybody holds, by every active rule or by one",
                details: "What is new becomes a violation, what is gone is resolved; exempted breaches are reported.",
                tag: "duties", access: .permission(action: "scan", type: "sod"),
                requestBody: .object(["rule_id": .uuid], optional: ["rule_id"]), response: DutySchema.scan
            ) { request in
                let (rule, caller): (SodRuleID?, Caller) = (
                    try request.bodyID("rule_id"), try request.caller(gateway)
                )
                return APIResponse(
                    body: try await gateway.duties.scan(rule, in: try request.requiredTenant, by: caller).json)
            },
        ]
    }

    // MARK: Findings

    private var findings: [Route] {
        let path = "/api/v1/governance/sod/violations"
        return [
            Route(
                .get, path, "listSodViolations", "Lists violations, by id", tag: "duties", access: Self.read,
                query: GovernedPage.parameters + Route.Parameter.subject + [
                    .init("rule", "Only those of this rule.", .uuid),
                    .init(
                        "status", "Only those of this status.", .words(SodViolation.Status.allCases.map(\.rawValue))),
                ], response: .page(.reference("SodViolation"))
            ) { request in
                let (page, tenant) = (try GovernedPage(request, mac), try request.requiredTenant)
                let found = try await gateway.duties.violations(
                    in: tenant, of: try await request.querySubject(gateway), rule: try request.filterID("rule"),
                    status: try request.word("status"), page.part(SodViolationID.self))
                return try request.answer(found, page.request, mac) { ($0.id.description, $0.json(in: tenant)) }
            },
            Route(
                .get, path + "/{violation}", "getSodViolation", "Shows a violation", tag: "duties",
                access: Self.read, response: .reference("SodViolation")
            ) { request in
                let tenant = try request.requiredTenant
                return APIResponse(
                    body: try await gateway.duties.violation(try request.id("violation"), in: tenant).json(in: tenant))
            },
            Route(
                .get, "/api/v1/governance/sod/exemptions", "listSubjectExemptions",
                "Lists every exemption of a person or service account, ended ones included", tag: "duties",
                access: Self.read, query: Route.Parameter.page + Route.Parameter.subjectOrCaller,
                response: .page(.reference("Exemption"))
            ) { request in
                let exemptions = try await gateway.duties.exemptions(
                    of: try await request.subjectOrCaller(gateway), in: try request.requiredTenant)
                return try request.answer(whole: exemptions, by: \.id.description, mac: mac, \.json)
            },
        ]
    }
}
