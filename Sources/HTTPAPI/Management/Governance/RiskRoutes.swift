import Gateway
import Governance
import HTTPTypes
import Vocabulary

/// Risk scores, how they are counted, and how they went over time.
struct RiskRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { settings + scores }

    private static let read = Route.Access.permission(action: "read", type: "risk")

    private var settings: [Route] {
        let path = "/api/v1/governance/risk/settings"
        return [
            Route(
                .get, path, "getRiskSettings", "Shows the tenant's model and thresholds", tag: "risk",
                access: Self.read, response: .reference("RiskSettings")
            ) { request in
                let settings = try await gateway.risk.settings(in: try request.requiredTenant)
                return APIResponse(body: settings.json, etag: EntityTag(version: settings.version))
            },
            Route(
                .put, path, "putRiskSettings", "Chooses a model and thresholds",
                details: "`average` falls when harmless entitlements are added; `cumulative` never does.",
                tag: "risk", access: .permission(action: "configure", type: "risk"),
                requestBody: RiskSchema.newSettings, response: .reference("RiskSettings"), preconditions: .heeded
            ) { request in
                let present = try await gateway.risk.settings(in: try request.requiredTenant)
                func bound(_ name: String, _ standard: Int) throws -> Int {
                    try request.optionalInteger(name).map { Int(clamping: $0) } ?? standard
                }
                let known = present.thresholds
                let thresholds = try RiskThresholds.read(
                    low: try bound("low_max", known.lowMax), medium: try bound("medium_max", known.mediumMax),
                    high: try bound("high_max", known.highMax))
                let changed = try await gateway.risk.configure(
                    try request.bodyWord("model") ?? present.model, thresholds,
                    expecting: try request.expectedVersion(present.version), by: try request.caller(gateway))
                return APIResponse(body: changed.json, etag: EntityTag(version: changed.version))
            },
        ]
    }

    private var scores: [Route] {
        let path = "/api/v1/governance/risk/scores"
        return [
            Route(
                .get, path, "getRiskScore", "Counts the risk of a person or service account, and says of what",
                tag: "risk", access: Self.read, query: Route.Parameter.subjectOrCaller,
                response: .reference("RiskScore")
            ) { request in
                let subject = try await request.subjectOrCaller(gateway)
                return APIResponse(
                    body: try await gateway.risk.score(of: subject, in: try request.requiredTenant).json)
            },
            Route(
                .post, path, "recordRiskScore", "Counts the risk of somebody and writes it into their history",
                tag: "risk", access: .permission(action: "record", type: "risk"),
                requestBody: JSONSchema.object(
                    JSONSchema.subjectMembers, optional: ["person", "service_account"]
                ).withOne(of: ["person", "service_account"]),
                response: .reference("RiskScore"), successStatus: 201
            ) { request in
                let score = try await gateway.risk.record(
                    try await request.bodySubject(gateway), by: try request.caller(gateway))
                return APIResponse(.created, body: score.json)
            },
            Route(
                .get, "/api/v1/governance/risk/highest", "listHighestRisks",
                "Lists whoever has the highest scores, the highest first",
                details: """
                    At most \(RiskService.rankingLimit), chosen by what is held and by the breaches that scans have found. \
                    Whoever holds nothing is not among them.
                    """, tag: "risk", access: Self.read, query: Route.Parameter.page,
                response: .page(.reference("RiskScore"))
            ) { request in
                let scores = try await gateway.risk.highest(
                    in: try request.requiredTenant, limit: RiskService.rankingLimit)
                let places = Array(scores.enumerated())
                return try request.answer(whole: places, by: { Self.key($0.offset) }, mac: mac) { $0.element.json }
            },
            Route(
                .get, "/api/v1/governance/risk/history", "getRiskHistory",
                "Lists somebody's recorded scores since a moment, oldest first", tag: "risk", access: Self.read,
                query: Route.Parameter.page + Route.Parameter.subjectOrCaller + [
                    .init("since", "Scores from this moment on; of thirty days without it.", .time)
                ], response: .page(RiskSchema.entry), handler: history),
        ]
    }

    @Sendable private func history(_ request: APIRequest) async throws -> APIResponse {
        let subject = try await request.subjectOrCaller(gateway)
        let since = try request.filterTime("since") ?? gateway.clock() - .days(30)
        let entries = try await gateway.risk.trend(of: subject, since: since, in: try request.requiredTenant)
        // Two scores of one moment stay apart: pages go by place.
        let places = Array(entries.enumerated())
        return try request.answer(whole: places, by: { Self.key($0.offset) }, mac: mac) { $0.element.json }
    }
}

extension RiskRoutes {
    /// A place as a key that sorts as numbers do.
    private static func key(_ place: Int) -> String {
        let digits = String(place)
        return String(repeating: "0", count: max(0, 9 - digits.count)) + digits
    }
}

extension RiskThresholds {
    /// Thresholds as a caller gives them; the core's refusal is the caller's fault.
    static func read(low: Int, medium: Int, high: Int) throws -> RiskThresholds {
        do { return try RiskThresholds(lowMax: low, mediumMax: medium, highMax: high) } catch { throw error.fault }
    }
}

extension RiskSettings {
    var json: AttributeValue {
        [
            "model": .string(model.rawValue), "low_max": .integer(Int64(thresholds.lowMax)),
            "medium_max": .integer(Int64(thresholds.mediumMax)), "high_max": .integer(Int64(thresholds.highMax)),
            "version": .integer(version),
        ]
    }
}

extension RiskScore {
    var json: AttributeValue {
        [
            "tenant_id": tenant.json, "user_id": .string(subject.id), "subject": subject.json,
            "score": .integer(Int64(score)), "level": .string(level.rawValue),
            "factors": .list(
                factors.map { factor in
                    HTTPAPI.json([
                        "name": .string(factor.name), "weight": .number(factor.weight),
                        "raw_value": .number(factor.rawValue), "contribution": .number(factor.contribution),
                        "description": factor.description.map { .string($0) },
                    ])
                }), "calculated_at": calculatedAt.json,
        ]
    }
}

extension RiskHistoryEntry {
    var json: AttributeValue {
        ["score": .integer(Int64(score)), "level": .string(level.rawValue), "recorded_at": recordedAt.json]
    }
}

enum RiskSchema {
    private static let level = JSONSchema.words(RiskLevel.allCases.map(\.rawValue))
    private static let points = JSONSchema.integer(minimum: 0, maximum: 100)
    private static let members: [String: JSONSchema] = [
        "model": .words(RiskModel.allCases.map(\.rawValue)), "low_max": .integer(), "medium_max": .integer(),
        "high_max": .integer(),
    ]

    static let newSettings = JSONSchema.change(members)
    static let settings = JSONSchema.object(members.merging(["version": .integer(minimum: 0)]) { $1 })
    static let score = JSONSchema.object([
        "tenant_id": .uuid, "user_id": .uuid, "subject": .reference("Subject"), "score": points, "level": level,
        "factors": .array(
            .object(
                [
                    "name": .string(), "weight": .number, "raw_value": .number, "contribution": .number,
                    "description": .string(),
                ], optional: ["description"])), "calculated_at": .time,
    ])
    static let entry = JSONSchema.object(["score": points, "level": level, "recorded_at": .time])
}
