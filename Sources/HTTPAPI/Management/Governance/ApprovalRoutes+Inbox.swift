import Gateway
import Governance
import HTTPTypes
import Vocabulary

extension ApprovalRoutes {
    /// What waits for the caller, what became of an approval, and how somebody outside is asked.
    var inbox: [Route] {
        [
            Route(
                .get, "/api/v1/governance/approval-inbox", "listApprovalInbox",
                "Lists what waits for the caller's own word, oldest first", tag: "approvals", access: .authenticated,
                query: Route.Parameter.page, response: .page(.reference("Approval"))
            ) { request in
                let page = try request.page(mac: mac)
                let found = try await gateway.approvals.waiting(
                    for: try request.caller(gateway), after: page.cursor.flatMap { ApprovalID($0.after) },
                    limit: page.limit + 1)
                return try request.answer(found, page, mac) { ($0.id.description, $0.json) }
            },
            Route(
                .get, Self.base + "/{approval}/history", "getApprovalHistory",
                "Shows what is asked for and everything that was said of it",
                details: "For whoever may read approvals, and for everybody whose business this one is.",
                tag: "approvals", access: .authenticated, response: ApprovalSchema.history
            ) { request in
                let mayRead = try await may("read", request)
                let found = try await gateway.approvals.consider(
                    try request.id("approval"), mayRead: mayRead, by: try request.caller(gateway))
                return APIResponse(body: found.json, etag: EntityTag(version: found.approval.version))
            },
        ]
    }

    /// A link for somebody outside.
    var invite: Route {
        Route(
            .post, Self.base + "/{approval}/invite", "inviteOutsider",
            "Makes a link by which somebody outside decides the present stage, once",
            details: """
                The link is answered once and never again; with `mail` it goes there instead. It ends at `until`, or \
                with the stage; opening it decides nothing.
                """,
            tag: "approvals", access: .permission(action: "invite", type: "approval"),
            requestBody: .object(
                ["mail": .string(minLength: 3, maxLength: 254), "until": .time], optional: ["mail", "until"]),
            response: .object(
                [
                    "approval": .reference("Approval"), "link": .string(), "until": .time, "mailed": .boolean,
                ], optional: ["link"]), successStatus: 201, preconditions: .heeded, repetition: .refused
        ) { request in
            let mail = try request.optionalText("mail")
            let made = try await gateway.approvals.invite(
                to: try request.id("approval"), at: mail, until: try request.optionalTime("until"),
                heeding: { _ = try request.expectedVersion($0) }, notifier: gateway.notifier,
                by: try request.caller(gateway))
            let base = gateway.tenants.publicURL(of: try request.requiredTenant)
            let link = base + OutsideRoutes.path + "/" + made.link.token.reveal()
            return APIResponse(
                .created,
                body: HTTPAPI.json([
                    "approval": made.approval.json, "link": made.link.isMailed ? nil : .string(link),
                    "until": made.link.until.json, "mailed": .bool(made.link.isMailed),
                ]), etag: EntityTag(version: made.approval.version))
        }
    }
}

extension ApprovalCase {
    var json: AttributeValue {
        HTTPAPI.json([
            "approval": approval.json, "matter": matter, "reason": reason.map(AttributeValue.string),
            "may_decide": .bool(mayDecide), "events": .list(history.map(\.json)),
        ])
    }
}

extension Recorded<ApprovalEvent> {
    fileprivate var json: AttributeValue {
        let told = event.told
        return HTTPAPI.json([
            "at": at.json, "actor": .string(actor.description), "event": .string(told.word), "by": told.by?.json,
            "on_behalf_of": told.principal?.json, "text": told.text.map(AttributeValue.string),
        ])
    }
}

extension ApprovalEvent {
    /// What happened in one word, whose word it was, in whose place, and what was written.
    var told: (word: String, by: Approver?, principal: Approver?, text: String?) {
        switch self {
        case .requested(let content): ("requested", .subject(content.terms.requester), nil, content.reason)
        case .approved(let by, let principal, let comment): ("approved", by, principal, comment)
        case .rejected(let by, let principal, let comment): ("rejected", by, principal, comment)
        case .stageEntered: ("stage_entered", nil, nil, nil)
        case .delegated(let from, let to, _): ("delegated", to, from, nil)
        case .outsiderInvited(let outsider): ("outsider_invited", outsider.invitedBy, nil, nil)
        case .escalated(let trigger, _, _): ("escalated_" + trigger.rawValue, nil, nil, nil)
        case .reminded: ("reminded", nil, nil, nil)
        case .overrideBegun(let by, let reason): ("override_begun", by, nil, reason)
        case .overridden(let by, let reason, _): ("overridden", by, nil, reason)
        case .reviewed(let by, let comment): ("reviewed", by, nil, comment)
        case .closed(let state): ("closed_" + state.rawValue, nil, nil, nil)
        }
    }
}
