import Gateway
import Governance
import HTTPTypes
import Identity
import Vocabulary

/// Reviews of who holds what, and what each reviewer is asked.
struct CampaignRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { running + reviewing }

    private static let base = "/api/v1/campaigns"
    private static let read = Route.Access.permission(action: "read", type: "campaign")
    private static let manage = Route.Access.permission(action: "manage", type: "campaign")

    // MARK: Running campaigns

    private var running: [Route] {
        [
            Route(
                .get, Self.base, "listCampaigns", "Lists reviews of who holds what, by id", tag: "campaigns",
                access: Self.read,
                query: GovernedPage.parameters + [
                    .init("phase", "Only those that have come this far.", CampaignSchema.phase)
                ], response: .page(.reference("Campaign"))
            ) { request in
                let (page, tenant) = (try GovernedPage(request, mac), try request.requiredTenant)
                let found = try await gateway.campaigns.campaigns(
                    in: tenant, phase: try request.word("phase"), page.part(CampaignID.self))
                return try request.answer(found, page.request, mac) {
                    ($0.campaign.id.description, $0.json(in: tenant))
                }
            },
            Route(
                .post, Self.base, "startCampaign", "Begins a review of who holds what",
                details: """
                    Names one scope: `application`, `role`, `manager` or `risk_level`. Each access becomes a line with \
                    a reviewer who is never its holder, and with its last use as recorded decisions tell.
                    """,
                tag: "campaigns", access: Self.manage, requestBody: CampaignSchema.new,
                response: .reference("Campaign"), successStatus: 201, handler: start),
            Route(
                .get, Self.base + "/{campaign}", "getCampaign", "Shows a review and how far it has come",
                tag: "campaigns", access: Self.read, response: .reference("Campaign")
            ) { request in
                try Self.answer(
                    try await gateway.campaigns.campaign(
                        try request.id("campaign"), in: try request.requiredTenant), request)
            },
            Route(
                .get, Self.base + "/{campaign}/lines", "listCampaignLines", "Lists the lines of a review",
                details: "One holder's lines lie together.", tag: "campaigns", access: Self.read,
                query: GovernedPage.parameters + Route.Parameter.subject + [
                    .init("state", "Only those in this state.", CampaignSchema.state)
                ], response: .page(.reference("CampaignLine")), handler: lines),
            change("remind", "remindReviewers", "Reminds the reviewers of what is undecided", .remind),
            change("escalate", "escalateCampaign", "Asks whoever it escalates to about what is undecided", .escalate),
            Route(
                .post, Self.base + "/{campaign}/close", "closeCampaign",
                "Closes a review: what was not kept is taken away", tag: "campaigns", access: Self.manage,
                response: .reference("Campaign"), preconditions: .heeded
            ) { request in
                let (id, version) = try await present(request)
                return try Self.answer(
                    try await gateway.campaigns.close(id, expecting: version, by: try request.caller(gateway)), request)
            },
        ]
    }

    private func change(_ word: String, _ id: String, _ summary: String, _ command: CampaignCommand) -> Route {
        Route(
            .post, Self.base + "/{campaign}/" + word, id, summary, tag: "campaigns", access: Self.manage,
            response: .reference("Campaign"), preconditions: .heeded
        ) { request in
            let (id, version) = try await present(request)
            return try Self.answer(
                try await gateway.campaigns.change(
                    id, command, expecting: version, by: try request.caller(gateway)), request)
        }
    }

    private func present(_ request: APIRequest) async throws -> (CampaignID, Int64?) {
        let id: CampaignID = try request.id("campaign")
        let known = try await gateway.campaigns.campaign(id, in: try request.requiredTenant)
        return (id, try request.expectedVersion(known.campaign.version))
    }

    private static func answer(_ overview: CampaignService.Overview, _ request: APIRequest) throws -> APIResponse {
        APIResponse(
            body: overview.json(in: try request.requiredTenant), etag: EntityTag(version: overview.campaign.version))
    }

    @Sendable private func start(_ request: APIRequest) async throws -> APIResponse {
        guard let deadline = try request.optionalTime("deadline") else {
            throw APIRequest.invalid("deadline", "an RFC 3339 date-time")
        }
        let tenant = try request.requiredTenant
        let terms = Campaign.Terms(
            name: try request.text("name"), scope: try await scope(request, tenant),
            reviewers: try request.bodyWord("reviewers") ?? .manager,
            reviewer: try await person("reviewer", request.text("reviewer"), tenant), deadline: deadline,
            escalatesTo: try await escalation(request, tenant),
            undecided: try request.bodyWord("undecided") ?? .revoke,
            unusedAfterDays: Int(clamping: try request.optionalInteger("unused_after_days") ?? 90))
        let made = try await gateway.campaigns.start(
            try request.bodyID("id") ?? .random(at: gateway.clock()), terms, by: try request.caller(gateway))
        var response = try Self.answer(made, request)
        (response.status, response.location) = (.created, request.location("campaigns", made.campaign.id))
        return response
    }

    private func scope(_ request: APIRequest, _ tenant: TenantID) async throws -> Campaign.Scope {
        if let id: ApplicationID = try request.bodyID("application") { return .application(id) }
        if let name = try request.optionalText("role") {
            return .role(
                try await gateway.named("role") { try await gateway.roles.role(named: name, in: tenant).id })
        }
        if let name = try request.optionalText("manager") {
            return .manager(
                try await gateway.named("manager") { try await gateway.people.person(named: name, in: tenant).id })
        }
        guard let level: RiskLevel = try request.bodyWord("risk_level") else {
            throw APIRequest.invalid("application", "an id, or another scope")
        }
        return .risk(level)
    }

    private func escalation(_ request: APIRequest, _ tenant: TenantID) async throws -> Subject? {
        guard let name = try request.optionalText("escalates_to") else { return nil }
        return try await person("escalates_to", name, tenant)
    }

    private func person(_ member: String, _ name: String, _ tenant: TenantID) async throws -> Subject {
        try await gateway.named(member) { .person(try await gateway.people.person(named: name, in: tenant).id) }
    }

    // MARK: Lines

    @Sendable private func lines(_ request: APIRequest) async throws -> APIResponse {
        let (page, tenant) = (try GovernedPage(request, mac), try request.requiredTenant)
        let id: CampaignID = try request.id("campaign")
        _ = try await gateway.campaigns.campaign(id, in: tenant)
        let state = request.query["state"]
        guard state.map(CampaignLine.states.contains) ?? true else { throw APIRequest.unknown("state") }
        let filter = CampaignService.LineFilter(
            campaign: id, reviewer: try await request.querySubject(gateway), state: state)
        let found = try await gateway.campaigns.lines(filter, in: tenant, page.part(CampaignLineID.self))
        return try request.answer(found, page.request, mac) { ($0.line.id.description, $0.json) }
    }

    private var reviewing: [Route] {
        [
            Route(
                .get, "/api/v1/review-lines", "listReviewLines", "Lists what the caller is to decide",
                details: "Only lines that the caller is asked about, in every review that is open.", tag: "campaigns",
                access: .authenticated, query: Route.Parameter.page, response: .page(.reference("CampaignLine"))
            ) { request in
                guard let own = request.principal?.subject else {
                    throw Refusal.forbidden(code: "campaign.not_the_reviewer")
                }
                let page = try request.page(mac: mac)
                let part = GovernedPart(
                    after: page.cursor.flatMap { CampaignLineID($0.after)?.bytes }, limit: page.limit + 1)
                let found = try await gateway.campaigns.openLines(for: own, in: try request.requiredTenant, part)
                return try request.answer(found, page, mac) { ($0.line.id.description, $0.json) }
            },
            Route(
                .post, Self.base + "/{campaign}/decide", "decideCampaignLines",
                "Keeps or revokes lines that the caller is asked about, with a reason",
                details: "All or none of them. The access itself changes when the review is closed.", tag: "campaigns",
                access: .authenticated,
                requestBody: .object([
                    "lines": CampaignSchema.lines, "verdict": .words(Campaign.Verdict.allCases.map(\.rawValue)),
                    "reason": .string(minLength: 1, maxLength: 4_096),
                ]), response: .object(["items": .array(.reference("CampaignLine"))])
            ) { request in
                guard let verdict: Campaign.Verdict = try request.bodyWord("verdict") else {
                    throw APIRequest.invalid("verdict", "keep or revoke")
                }
                let decided = try await gateway.campaigns.decide(
                    try request.bodyIDs("lines") ?? [], of: try request.id("campaign"), verdict,
                    reason: try request.text("reason"), by: try request.caller(gateway))
                return .page(decided.map(\.json), next: nil)
            },
            Route(
                .post, Self.base + "/{campaign}/delegate", "delegateCampaignLines",
                "Hands lines to another reviewer, who must not be their holder",
                details: "By the reviewer, or by whoever may `manage` campaigns.", tag: "campaigns",
                access: .authenticated,
                requestBody: .object(
                    JSONSchema.subjectMembers.merging(["lines": CampaignSchema.lines]) { $1 },
                    optional: ["person", "service_account"]
                ).withOne(of: ["person", "service_account"]),
                response: .object(["items": .array(.reference("CampaignLine"))]), handler: delegate),
        ]
    }

    @Sendable private func delegate(_ request: APIRequest) async throws -> APIResponse {
        let tenant = try request.requiredTenant
        let isManager: Bool
        if let principal = request.principal {
            isManager =
                try await gateway.management(of: principal, "manage", "campaign", in: tenant) == .permitted
        } else {
            isManager = request.isOperator
        }
        let handed = try await gateway.campaigns.delegate(
            try request.bodyIDs("lines") ?? [], of: try request.id("campaign"),
            to: try await request.bodySubject(gateway), isManager: isManager, by: try request.caller(gateway))
        return .page(handed.map(\.json), next: nil)
    }
}
