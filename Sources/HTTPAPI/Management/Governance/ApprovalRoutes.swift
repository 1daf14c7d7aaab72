import Gateway
import Governance
import HTTPTypes
import Vocabulary

/// Requests for access, approvals, and the workflows they pass through.
struct ApprovalRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { requests + approvals + inbox + words + [invite] + workflows }

    private static let read = Route.Access.permission(action: "read", type: "approval")

    // MARK: Requests

    private var requests: [Route] {
        [
            Route(
                .post, "/api/v1/governance/access-requests", "requestAccess",
                "Asks for an entitlement, for oneself or for somebody else",
                details: """
                    Validators and separation of duties judge it as they do an assignment. It begins once it is \
                    approved; `expires_at` holds from now on, so that a slow approval makes the access shorter. \
                    Whoever asks for somebody else may `request` on `entitlement`.
                    """,
                tag: "approvals", access: .authenticated,
                requestBody: .object(
                    JSONSchema.subjectMembers.merging([
                        "entitlement_id": .uuid, "expires_at": .time,
                        "justification": .string(maxLength: AssignmentInput.justificationBytes),
                    ]) { $1 }, optional: ["person", "service_account", "expires_at", "justification"]),
                response: ApprovalSchema.request, successStatus: 201, handler: request)
        ]
    }

    @Sendable private func request(_ request: APIRequest) async throws -> APIResponse {
        guard let entitlement: EntitlementID = try request.bodyID("entitlement_id") else {
            throw APIRequest.invalid("entitlement_id", "an id")
        }
        let (caller, tenant) = (try request.caller(gateway), try request.requiredTenant)
        let made = try await gateway.accessRequests.request(
            .init(
                entitlement, for: try await beneficiary(request, caller),
                until: try request.optionalTime("expires_at"), justification: try request.optionalText("justification")
            ), by: caller)
        return APIResponse(
            .created, body: ["assignment": made.assignment.json(in: tenant), "approval": made.approval.json],
            location: request.location("governance/approvals", made.approval.id),
            person: made.assignment.subject.person)
    }

    /// The caller themselves, or somebody the body names whom they may ask for.
    private func beneficiary(_ request: APIRequest, _ caller: Caller) async throws -> Subject {
        let isNamed = request.body?["person"] != nil || request.body?["service_account"] != nil
        guard isNamed else {
            guard let own = caller.principal?.subject else {
                throw APIRequest.invalid("person", "named by the machine's administrator")
            }
            return own
        }
        let subject = try await request.bodySubject(gateway)
        if subject != caller.principal?.subject { try await request.require("request", "entitlement", gateway) }
        return subject
    }

    // MARK: Approvals

    static let base = "/api/v1/governance/approvals"

    private var approvals: [Route] {
        [
            Route(
                .get, Self.base, "listApprovals", "Lists approvals, by id", tag: "approvals", access: Self.read,
                query: GovernedPage.parameters + Route.Parameter.subject + [
                    .init("state", "Only those in this state.", .words(Approval.State.allCases.map(\.rawValue)))
                ], response: .page(.reference("Approval"))
            ) { request in
                let page = try GovernedPage(request, mac)
                let found = try await gateway.approvals.approvals(
                    in: try request.requiredTenant, state: try request.word("state"),
                    requester: try await request.querySubject(gateway), page.part(ApprovalID.self))
                return try request.answer(found, page.request, mac) { ($0.id.description, $0.json) }
            },
            Route(
                .get, Self.base + "/{approval}", "getApproval", "Shows an approval", tag: "approvals",
                access: Self.read, response: .reference("Approval")
            ) { request in
                Self.answer(
                    try await gateway.approvals.approval(try request.id("approval"), in: try request.requiredTenant))
            },
        ]
    }

    static func answer(_ approval: Approval) -> APIResponse {
        APIResponse(body: approval.json, etag: EntityTag(version: approval.version))
    }

    // MARK: What one may say

    private static let comment = JSONSchema.object(
        ["comment": .string(maxLength: WorkflowTemplate.Limits.textBytes)], optional: ["comment"])
    private static let reason = JSONSchema.object([
        "reason": .string(minLength: 1, maxLength: WorkflowTemplate.Limits.textBytes)
    ])

    private var words: [Route] {
        [
            word("approve", "Approves at the present stage; never one's own request", Self.comment) {
                .approve(comment: try $0.optionalText("comment"))
            },
            word("reject", "Rejects at the present stage", Self.comment) {
                .reject(comment: try $0.optionalText("comment"))
            },
            word("cancel", "Withdraws a request; by its requester", .object([:])) { _ in .cancel },
            word(
                "escalate",
                "Asks the roles of a manual escalation as well; by an approver of the stage, or who may `escalate`",
                .object([:])
            ) { _ in .escalate },
            word(
                "delegate", "Lets somebody else vote in the caller's place until a moment",
                JSONSchema.object(
                    JSONSchema.subjectMembers.merging(["until": .time]) { $1 }, optional: ["person", "service_account"]
                ).withOne(of: ["person", "service_account"])
            ) { request in
                guard let until = try request.optionalTime("until") else {
                    throw APIRequest.invalid("until", "an RFC 3339 date-time")
                }
                return .delegate(to: try await request.bodySubject(gateway), until: until)
            },
            word(
                "override", "In an emergency: begun by one, done by a second", Self.reason,
                access: .permission(action: "override", type: "approval")
            ) { .override(reason: try $0.text("reason")) },
            word(
                "override-alone", "In an emergency: done at once, and to be reviewed", Self.reason,
                access: .permission(action: "override", type: "approval")
            ) { .overrideAlone(reason: try $0.text("reason")) },
            word(
                "review", "Reviews an override; by somebody who had no part in it", Self.comment,
                access: .permission(action: "review", type: "approval")
            ) { .review(comment: try $0.optionalText("comment")) },
        ]
    }

    /// Who may speak is decided by the stage; where it is not, by a permission.
    private func word(
        _ name: String, _ summary: String, _ body: JSONSchema, access: Route.Access = .authenticated,
        _ read: @escaping @Sendable (APIRequest) async throws -> ApprovalService.Word
    ) -> Route {
        let parts = name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }
        return Route(
            .post, Self.base + "/{approval}/\(name)", "approval" + parts.joined(), summary, tag: "approvals",
            access: access, requestBody: body, response: .reference("Approval"), preconditions: .heeded
        ) { request in
            let (id, caller): (ApprovalID, Caller) = (try request.id("approval"), try request.caller(gateway))
            let mayRead = try await may("read", request)
            let rights = ApprovalService.Rights(
                mayRead: mayRead || access != .authenticated, mayEscalate: try await may("escalate", request))
            return Self.answer(
                try await gateway.approvals.say(
                    try await read(request), about: id, with: rights,
                    heeding: { _ = try request.expectedVersion($0) }, by: caller))
        }
    }

    /// Whether the caller is permitted something on approvals.
    func may(_ action: String, _ request: APIRequest) async throws -> Bool {
        guard let principal = request.principal else { return true }
        return try await gateway.management(of: principal, action, "approval", in: try request.requiredTenant)
            == .permitted
    }
}
