import Gateway
import Governance
import Vocabulary

extension AdminSection {
    /// Approvals: what waits for one's own word, what one has asked for, and what became of it. Everybody comes in here;
    /// whoever may read approvals sees all of them.
    static let approvals = AdminSection(
        slug: "approvals", title: "Approvals", chapter: .access, access: .authenticated,
        routes: [
            .page("/approvals", .authenticated, ApprovalPages.inbox),
            .page("/approvals/all", .permission(action: "read", type: "approval"), ApprovalPages.all),
            .page("/approvals/{approval}", .authenticated, ApprovalPage.show),
            .form(
                "/approvals/{approval}/decide", .authenticated, ApprovalPage.show, submit: ApprovalActions.decide),
            .form("/approvals/{approval}/delegate", .authenticated, ApprovalActions.delegation) {
                try await ApprovalActions.delegate($0, $1)
            },
            .post("/approvals/{approval}/withdraw", .authenticated, submit: ApprovalActions.withdraw),
        ],
        keepers: [("read", "approval")],
        notices: [
            "approved": "Your approval is recorded.", "rejected": "Your rejection is recorded.",
            "delegated": "Somebody else may decide in your place now.", "withdrawn": "Your request is withdrawn.",
        ],
        summary: { call in
            let waiting = try await call.gateway.approvals.waiting(for: call.caller, limit: 100)
            guard !waiting.isEmpty else { return [] }
            let count = waiting.count == 100 ? "100 or more" : "\(waiting.count)"
            return [.figures([AdminFigure("approvals wait for you", count, to: "/approvals")])]
        },
        isOffered: { call in
            let approvals = call.gateway.approvals
            if try await !approvals.waiting(for: call.caller, limit: 1).isEmpty { return true }
            return try await !approvals.requested(by: call.caller, limit: 1).isEmpty
        })
}

/// Lists of approvals.
enum ApprovalPages {
    private static let columns = ["What", "State", "Risk", "Step", "Decide by"]

    /// What waits for the caller, and what they have asked for.
    @Sendable static func inbox(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let after = page.cursor.flatMap { ApprovalID($0.after) }
        let waiting = try await call.gateway.approvals.waiting(for: call.caller, after: after, limit: page.limit + 1)
        let own = try await call.gateway.approvals.requested(by: call.caller, limit: AdminCall.pageLimit)
        let part = try call.cut(waiting, page) { $0.id.description }
        var result = AdminPage(heading: "Approvals", lead: "What others need your word for, and what you asked for.")
        result.blocks = [
            .table(
                AdminTable(
                    "Waiting for you", columns: columns, (try await rows(part.shown, call), part.next), call,
                    empty: "Nothing waits for you.", row: { $0 })),
            .table(
                AdminTable(
                    "Your requests", columns: columns, rows: try await rows(own, call),
                    empty: "You have asked for nothing.")),
        ]
        if try await call.may("read", "approval") {
            result.blocks.append(.actions([AdminAction("All approvals", to: "/approvals/all")]))
        }
        return result
    }

    /// Every approval of the tenant, narrowed by its state.
    @Sendable static func all(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let state: Approval.State? = try call.word("state")
        let found = try await call.gateway.approvals.approvals(
            in: call.tenant, state: state,
            GovernedPart(after: page.cursor.flatMap { ApprovalID($0.after)?.bytes }, limit: page.limit + 1))
        let part = try call.cut(found, page) { $0.id.description }
        let states = Approval.State.allCases.map { AdminField.Choice($0.rawValue, adminWords($0.rawValue)) }
        var result = AdminPage(heading: "All approvals", trail: [.init("Approvals", "/approvals")])
        result.blocks = [
            .filter(
                AdminFilter(
                    at: "/approvals/all",
                    [
                        AdminField(
                            "state", "State", .choice([.init("", "any")] + states), value: call.filter("state") ?? "")
                    ])),
            .table(
                AdminTable(
                    "Approvals", columns: columns, (try await rows(part.shown, call), part.next), call,
                    empty: "There are none.", row: { $0 })),
        ]
        return result
    }

    private static func rows(_ approvals: [Approval], _ call: AdminCall) async throws -> [[AdminValue]] {
        var rows: [[AdminValue]] = []
        for approval in approvals {
            let found = try await call.gateway.approvals.consider(approval.id, mayRead: true, by: call.caller)
            let subject = approval.terms.beneficiary ?? approval.requester
            rows.append(row(found, for: try await ApprovalPage.name(of: subject, call) ?? subject.id))
        }
        return rows
    }

    /// Requests for the same thing are told apart by whom it is for.
    private static func row(_ found: ApprovalCase, for name: String) -> [AdminValue] {
        let approval = found.approval
        let step = approval.state == .pending ? "\(approval.stage + 1) of \(approval.stages.count)" : "–"
        return [
            AdminValue(ApprovalWords.title(of: found), to: "/approvals/\(approval.id)").hinted("for \(name)"),
            ApprovalWords.badge(approval.state), ApprovalWords.badge(approval.terms.risk), AdminValue(step),
            AdminValue(approval.state == .pending ? approval.deadline : nil),
        ]
    }
}
