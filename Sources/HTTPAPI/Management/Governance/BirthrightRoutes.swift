import Gateway
import Governance
import HTTPTypes
import Identity
import Vocabulary

/// Who has entitlements by what they are.
struct BirthrightRoutes {
    let gateway: Gateway
    let mac: MACFunction

    private static let base = "/api/v1/governance/birthright-rules"
    private static let read = Route.Access.permission(action: "read", type: "birthright")

    var routes: [Route] {
        [
            Route(
                .get, Self.base, "listBirthrightRules", "Lists birthright rules, by id", tag: "birthrights",
                access: Self.read,
                query: GovernedPage.parameters + [
                    .init("status", "Only those of this status.", BirthrightSchema.status)
                ],
                response: .page(.reference("BirthrightRule"))
            ) { request in
                let page = try GovernedPage(request, mac)
                let rules = try await gateway.birthrights.rules(
                    in: try request.requiredTenant, status: try request.word("status"),
                    page.part(BirthrightRuleID.self))
                return try request.answer(rules, page.request, mac) { ($0.id.description, $0.json) }
            },
            Route(
                .post, Self.base, "createBirthrightRule",
                "Gives entitlements to everybody whose attributes meet a condition",
                details: """
                    The condition is in the policy language, over `subject.` attributes; a condition with faults is 400 and \
                    names them all. Everybody is looked at at once; what separation of duties keeps from somebody is \
                    held back.
                    """,
                tag: "birthrights", access: .permission(action: "create", type: "birthright"),
                requestBody: .object(
                    BirthrightSchema.members.merging(["id": .uuid]) { $1 }, optional: ["id", "status"]),
                response: .reference("BirthrightRule"), successStatus: 201, handler: create),
            Route(
                .get, Self.base + "/{rule}", "getBirthrightRule", "Shows a birthright rule", tag: "birthrights",
                access: Self.read, response: .reference("BirthrightRule")
            ) { request in
                Self.answer(
                    try await gateway.birthrights.rule(try request.id("rule"), in: try request.requiredTenant))
            },
            Route(
                .patch, Self.base + "/{rule}", "changeBirthrightRule", "Changes a birthright rule, or disables it",
                details: "What it does not give any more ends; `status` `disabled` ends all it gave.",
                tag: "birthrights", access: .permission(action: "update", type: "birthright"),
                requestBody: .change(BirthrightSchema.members), response: .reference("BirthrightRule"),
                preconditions: .heeded, handler: change),
            Route(
                .get, "/api/v1/governance/birthrights", "previewBirthrights",
                "Shows what the rules would change for somebody now, and what would be held back",
                details: "Empty once everything has been applied.", tag: "birthrights", access: Self.read,
                query: Route.Parameter.subjectOrCaller, response: BirthrightSchema.preview
            ) { request in
                let preview = try await gateway.birthrights.preview(
                    for: try await request.subjectOrCaller(gateway), in: try request.requiredTenant)
                return APIResponse(body: preview.json)
            },
        ]
    }

    private static func answer(_ rule: BirthrightRule) -> APIResponse {
        APIResponse(body: rule.json, etag: EntityTag(version: rule.version))
    }

    @Sendable private func create(_ request: APIRequest) async throws -> APIResponse {
        guard let entitlements: [EntitlementID] = try request.bodyIDs("entitlement_ids"),
            let condition = request.body?["condition"]
        else { throw APIRequest.invalid("condition", "a condition, beside `entitlement_ids`") }
        let details = BirthrightDetails(
            name: try request.text("name"), condition: condition, entitlements: entitlements)
        let made = try await gateway.birthrights.create(
            try request.bodyID("id") ?? .random(at: gateway.clock()), details, by: try request.caller(gateway))
        var response = Self.answer(made)
        response.status = .created
        response.location = request.location("governance/birthright-rules", made.id)
        return response
    }

    @Sendable private func change(_ request: APIRequest) async throws -> APIResponse {
        let id: BirthrightRuleID = try request.id("rule")
        let present = try await gateway.birthrights.rule(id, in: try request.requiredTenant)
        let changed = try await gateway.birthrights.change(
            id, expecting: try request.expectedVersion(present.version), by: try request.caller(gateway)
        ) { details, status in
            (
                BirthrightDetails(
                    name: try request.optionalText("name") ?? details.name,
                    condition: request.body?["condition"] ?? details.condition,
                    entitlements: try request.bodyIDs("entitlement_ids") ?? details.entitlements),
                try request.bodyWord("status") ?? status
            )
        }
        return Self.answer(changed)
    }
}

extension BirthrightRule {
    var json: AttributeValue {
        [
            "id": id.json, "name": .string(details.name), "condition": details.condition,
            "entitlement_ids": .list(details.entitlements.map(\.json)), "status": .string(status.rawValue),
            "created_at": createdAt.json, "updated_at": updatedAt.json, "version": .integer(version),
        ]
    }
}

extension BirthrightService.Preview {
    fileprivate var json: AttributeValue {
        [
            "begin": .list(begin.map { ["entitlement_id": $0.entitlement.json, "rule_id": $0.rule.json] }),
            "end": .list(end.map(\.json)),
            "held": .list(
                held.map {
                    [
                        "entitlement_id": $0.entitlement.json, "code": .string($0.refusal.code),
                        "detail": .string($0.refusal.description),
                    ]
                }), "undecided": .list(undecided.map(AttributeValue.string)),
        ]
    }
}

enum BirthrightSchema {
    static let status = JSONSchema.words(BirthrightRule.Status.allCases.map(\.rawValue))
    static let members: [String: JSONSchema] = [
        "name": .string(minLength: 1, maxLength: BirthrightDetails.Limits.nameBytes),
        "condition": JSONSchema.map(.any).described("In the policy language, over `subject.` attributes."),
        "entitlement_ids": .array(.uuid, minimum: 1, maximum: BirthrightDetails.Limits.entitlements),
        "status": status,
    ]
    static let rule = JSONSchema.object(
        members.merging([
            "id": .uuid, "created_at": .time, "updated_at": .time, "version": APISchemas.version,
        ]) { $1 })
    static let preview = JSONSchema.object([
        "begin": .array(.object(["entitlement_id": .uuid, "rule_id": .uuid])),
        "end": JSONSchema.array(.uuid).described("Assignments that end."),
        "held": .array(.object(["entitlement_id": .uuid, "code": .string(), "detail": .string()])),
        "undecided": JSONSchema.array(.string()).described("Rules that could not be judged, by name."),
    ])
}
