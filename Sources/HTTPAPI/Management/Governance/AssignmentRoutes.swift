import Gateway
import Governance
import HTTPTypes
import Vocabulary

/// Who holds which entitlement, and what is asked of assignments.
struct AssignmentRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { reading + changing + rules + batches }

    static let base = "/api/v1/governance/assignments"
    private static let read = Route.Access.permission(action: "read", type: "entitlement")
    static let assign = Route.Access.permission(action: "assign", type: "entitlement")

    private var reading: [Route] {
        [
            Route(
                .get, Self.base, "listEntitlementAssignments", "Lists assignments of entitlements, by id",
                tag: "entitlements", access: Self.read,
                query: GovernedPage.parameters + Route.Parameter.subject + [
                    .init("entitlement", "Only those of this entitlement.", .uuid),
                    .init("status", "Only those of this status.", .words(AssignmentStatus.allCases.map(\.rawValue))),
                ], response: .page(.reference("EntitlementAssignment")), handler: list),
            Route(
                .get, Self.base + "/{assignment}", "getEntitlementAssignment", "Shows an assignment of an entitlement",
                tag: "entitlements", access: Self.read, response: .reference("EntitlementAssignment")
            ) { request in
                let tenant = try request.requiredTenant
                let detail = try await gateway.assignments.assignment(try request.id("assignment"), in: tenant)
                return APIResponse(
                    body: detail.json(in: tenant), etag: EntityTag(version: detail.assignment.version),
                    person: detail.assignment.subject.person)
            },
            Route(
                .get, "/api/v1/governance/access", "getEffectiveAccess",
                "Lists everything a person or service account has: direct, by role and by birthright, and why",
                tag: "entitlements", access: Self.read,
                query: Route.Parameter.page + Route.Parameter.subjectOrCaller,
                response: .page(.reference("EffectiveEntitlement"))
            ) { request in
                let access = try await gateway.assignments.effectiveAccess(
                    of: try await request.subjectOrCaller(gateway), in: try request.requiredTenant)
                return try request.answer(whole: access, by: \.entitlement.description, mac: mac, \.json)
            },
        ]
    }

    @Sendable private func list(_ request: APIRequest) async throws -> APIResponse {
        let (page, tenant) = (try GovernedPage(request, mac), try request.requiredTenant)
        let found = try await gateway.assignments.assignments(
            in: tenant, of: try await request.querySubject(gateway), to: try request.filterID("entitlement"),
            status: try request.word("status"), page.part(EntitlementAssignmentID.self))
        return try request.answer(found, page.request, mac) { ($0.assignment.id.description, $0.json(in: tenant)) }
    }

    // MARK: Changing

    private static let period: [String: JSONSchema] = [
        "id": .uuid, "expires_at": JSONSchema.time.described("When it ends; for as long as it stands without it."),
        "justification": .string(maxLength: AssignmentInput.justificationBytes),
    ]

    private var changing: [Route] {
        [
            Route(
                .post, Self.base, "assignEntitlement", "Gives an entitlement to a person or a service account",
                details: """
                    Passes the tenant's validators (422 with everything they have against it) and separation of \
                    duties (409). Names either `person` or `service_account`.
                    """,
                tag: "entitlements", access: Self.assign,
                requestBody: .object(
                    Self.period.merging(JSONSchema.subjectMembers) { $1 }.merging([
                        "entitlement_id": .uuid, "source": .words(["direct", "birthright"]),
                    ]) { $1 },
                    optional: ["id", "person", "service_account", "source", "expires_at", "justification"]
                ).withOne(of: ["person", "service_account"]),
                response: .reference("EntitlementAssignment"), successStatus: 201, handler: give),
            Route(
                .post, Self.base + "/{assignment}/delegate", "delegateEntitlement",
                "Passes on what the caller holds, for no longer than they hold it", tag: "entitlements",
                access: .authenticated,
                requestBody: .object(
                    Self.period.merging(JSONSchema.subjectMembers) { $1 },
                    optional: ["id", "person", "service_account", "expires_at", "justification"]
                ).withOne(of: ["person", "service_account"]),
                response: .reference("EntitlementAssignment"), successStatus: 201, handler: delegate),
            Route(
                .post, Self.base + "/{assignment}/revoke", "revokeEntitlement",
                "Takes an assignment away, and what was passed on from it", tag: "entitlements", access: Self.assign,
                requestBody: .object(
                    ["reason": .string(maxLength: AssignmentInput.justificationBytes)], optional: ["reason"]),
                response: .reference("EntitlementAssignment"), preconditions: .heeded, handler: revoke),
        ]
    }

    @Sendable private func give(_ request: APIRequest) async throws -> APIResponse {
        guard let entitlement: EntitlementID = try request.bodyID("entitlement_id") else {
            throw APIRequest.invalid("entitlement_id", "an id")
        }
        let input = try await input(request, entitlement)
        return made(
            try await gateway.assignments.assign(input, by: try request.caller(gateway)), request,
            try request.requiredTenant)
    }

    @Sendable private func delegate(_ request: APIRequest) async throws -> APIResponse {
        let (id, tenant): (EntitlementAssignmentID, TenantID) = (
            try request.id("assignment"), try request.requiredTenant
        )
        let source = try await gateway.assignments.assignment(id, in: tenant).assignment
        let input = try await input(request, source.entitlement)
        return made(
            try await gateway.assignments.delegate(id, as: input, by: try request.caller(gateway)), request, tenant)
    }

    private func input(_ request: APIRequest, _ entitlement: EntitlementID) async throws -> AssignmentInput {
        AssignmentInput(
            id: try request.bodyID("id") ?? .random(at: gateway.clock()), entitlement: entitlement,
            subject: try await request.bodySubject(gateway), source: try request.bodyWord("source") ?? .direct,
            expiresAt: try request.optionalTime("expires_at"), justification: try request.optionalText("justification"))
    }

    private func made(
        _ assignment: EntitlementAssignment, _ request: APIRequest, _ tenant: TenantID
    ) -> APIResponse {
        APIResponse(
            .created, body: assignment.json(in: tenant), etag: EntityTag(version: assignment.version),
            location: request.location("governance/assignments", assignment.id), person: assignment.subject.person)
    }

    @Sendable private func revoke(_ request: APIRequest) async throws -> APIResponse {
        let (id, tenant): (EntitlementAssignmentID, TenantID) = (
            try request.id("assignment"), try request.requiredTenant
        )
        let present = try await gateway.assignments.assignment(id, in: tenant).assignment
        let ended = try await gateway.assignments.revoke(
            id, reason: try request.optionalText("reason"), expecting: try request.expectedVersion(present.version),
            by: try request.caller(gateway))
        return APIResponse(
            body: ended.json(in: tenant), etag: EntityTag(version: ended.version), person: ended.subject.person)
    }

    // MARK: What is asked of assignments

    private var rules: [Route] {
        let path = "/api/v1/governance/assignment-rules"
        return [
            Route(
                .get, path, "getAssignmentRules", "Shows what is asked of assignments, and who approves requests",
                tag: "entitlements", access: Self.read, response: .reference("AssignmentRules")
            ) { request in
                let rules = try await gateway.assignments.rules(in: try request.requiredTenant)
                return APIResponse(body: rules.json, etag: EntityTag(version: rules.version))
            },
            Route(
                .put, path, "putAssignmentRules", "Chooses what is asked of assignments, and who approves requests",
                tag: "entitlements", access: .permission(action: "configure", type: "entitlement"),
                requestBody: EntitlementSchema.newRules, response: .reference("AssignmentRules"),
                preconditions: .heeded
            ) { request in
                let present = try await gateway.assignments.rules(in: try request.requiredTenant)
                let rules = try await gateway.assignments.configure(
                    try Self.rules(request), expecting: try request.expectedVersion(present.version),
                    by: try request.caller(gateway))
                return APIResponse(body: rules.json, etag: EntityTag(version: rules.version))
            },
        ]
    }

    private static func rules(_ request: APIRequest) throws -> AssignmentRules {
        let checks = try (request.optionalTexts("checks") ?? []).map { text in
            guard let check = AssignmentRules.Check(rawValue: text) else {
                throw APIRequest.invalid("checks", "a list of its words")
            }
            return check
        }
        var rules = AssignmentRules(checks: checks)
        if let roles = try request.optionalTexts("approver_roles") { rules.approverRoles = roles }
        rules.workflow = try request.bodyID("workflow_id")
        rules.prerequisites = try pairs("prerequisites", "required_id", request).map {
            AssignmentRules.Prerequisite(of: $0, required: $1)
        }
        rules.routes = try pairs("workflows", "workflow_id", request).map {
            AssignmentRules.Route(of: $0, along: $1)
        }
        return rules
    }

    private static func pairs<Kind>(
        _ name: String, _ other: String, _ request: APIRequest
    ) throws -> [(EntitlementID, Identifier<Kind>)] {
        try (request.body?[name]?.list ?? []).map { pair in
            guard let entitlement = pair["entitlement_id"]?.string.flatMap({ EntitlementID($0) }),
                let id = pair[other]?.string.flatMap({ Identifier<Kind>($0) })
            else { throw APIRequest.invalid(name, "a list of pairs of ids") }
            return (entitlement, id)
        }
    }
}
