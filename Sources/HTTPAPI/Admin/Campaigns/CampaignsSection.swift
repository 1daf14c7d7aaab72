import Gateway
import Governance
import Identity
import Vocabulary

extension AdminSection {
    /// Access reviews: what one is asked about oneself, and for whoever runs them all of them. Everybody comes in here.
    static let campaigns = AdminSection(
        slug: "campaigns", title: "Access reviews", chapter: .access, access: .authenticated,
        routes: [
            .page("/campaigns", .authenticated, CampaignPages.inbox),
            .form(
                "/campaigns/new", .permission(action: "manage", type: "campaign"), CampaignPages.ask,
                submit: CampaignPages.start),
            .page("/campaigns/{campaign}", .permission(action: "read", type: "campaign"), CampaignPages.show),
            .form(
                "/campaigns/{campaign}/close", .permission(action: "manage", type: "campaign"), CampaignPages.askClose,
                submit: CampaignPages.close),
            .post(
                "/campaigns/{campaign}/remind", .permission(action: "manage", type: "campaign"),
                submit: CampaignPages.remind),
            .form(
                "/campaigns/{campaign}/lines/{line}", .authenticated, ReviewPages.show, submit: ReviewPages.decide),
            .form(
                "/campaigns/{campaign}/lines/{line}/delegate", .authenticated, ReviewPages.askDelegation,
                submit: ReviewPages.delegate),
        ],
        keepers: [("read", "campaign"), ("manage", "campaign")],
        notices: [
            "started": "The review has begun.", "reminded": "The reviewers are reminded.",
            "closed": "The review is closed; what was not kept is taken away.", "kept": "Noted: it is kept.",
            "revoked": "Noted: it is taken away when the review closes.", "delegated": "Somebody else is asked now.",
        ],
        summary: { call in
            let waiting = try await ReviewPages.waiting(call, limit: 101)
            guard !waiting.isEmpty else { return [] }
            let count = waiting.count > 100 ? "more than 100" : "\(waiting.count)"
            return [.figures([AdminFigure("accesses wait for your review", count, to: "/campaigns")])]
        },
        isOffered: { try await !ReviewPages.waiting($0, limit: 1).isEmpty })
}

/// Running access reviews.
enum CampaignPages {
    static let trail = [AdminPage.Step("Access reviews", "/campaigns")]

    /// What the caller is to review, and for whoever may see them the reviews there are.
    @Sendable static func inbox(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let own = try await ReviewPages.waiting(
            call, after: page.cursor.flatMap { CampaignLineID($0.after) }, limit: page.limit + 1)
        let part = try call.cut(own, page) { $0.line.id.description }
        var result = AdminPage(heading: "Access reviews", lead: "Who holds what, and whether they still should.")
        result.blocks = [
            .table(
                AdminTable(
                    "Yours to review", columns: ReviewPages.columns, part, call, empty: "Nothing waits for you.",
                    row: ReviewPages.row))
        ]
        guard try await call.may("read", "campaign") else { return result }
        let all = try await call.gateway.campaigns.campaigns(in: call.tenant, GovernedPart(limit: 100))
        let newest = all.sorted { $0.campaign.startedAt > $1.campaign.startedAt }
        result.blocks.append(
            .table(
                AdminTable(
                    "Reviews", columns: ["Name", "State", "Undecided", "Deadline"], rows: newest.map(row),
                    empty: "No review has been begun yet.")))
        if try await call.may("manage", "campaign") {
            result.blocks.append(.actions([AdminAction("Begin a review", to: "/campaigns/new")]))
        }
        return result
    }

    private static func row(_ overview: CampaignService.Overview) -> [AdminValue] {
        let campaign = overview.campaign
        return [
            AdminValue(campaign.terms.name, to: "/campaigns/\(campaign.id)"), badge(campaign.phase),
            AdminValue("\(overview.counts["open"] ?? 0) of \(campaign.lineCount)"), AdminValue(campaign.terms.deadline),
        ]
    }

    private static func badge(_ phase: Campaign.Phase) -> AdminValue {
        switch phase {
        case .open: .badge("open", .info)
        case .preparing, .closing: .badge(phase.rawValue, .caution)
        case .closed: .badge("closed", .good)
        }
    }

    // MARK: One review

    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let id: CampaignID = try call.id("campaign")
        let overview = try await call.gateway.campaigns.campaign(id, in: call.tenant)
        let (campaign, terms) = (overview.campaign, overview.campaign.terms)
        let page = try call.page(50)
        let lines = try await call.gateway.campaigns.lines(
            .init(campaign: id), in: call.tenant,
            GovernedPart(after: page.cursor.flatMap { CampaignLineID($0.after)?.bytes }, limit: page.limit + 1))
        let part = try call.cut(lines, page) { $0.line.id.description }
        var result = AdminPage(heading: terms.name, trail: trail)
        if campaign.phase == .open, try await call.may("manage", "campaign") {
            result.blocks.append(
                .actions([
                    AdminAction("Remind", to: "/campaigns/\(id)/remind", .post),
                    AdminAction("Close…", to: "/campaigns/\(id)/close", isDanger: true),
                ]))
        }
        result.blocks += [
            .facts(
                AdminFacts(
                    "The review",
                    [
                        ("State", badge(campaign.phase)), ("Begun", AdminValue(campaign.startedAt)),
                        ("Deadline", AdminValue(terms.deadline)),
                        ("What nobody decides", AdminValue(terms.undecided == .keep ? "is kept" : "is taken away")),
                        ("Uses are recorded since", AdminValue(campaign.recordedSince)),
                        ("Lines", AdminValue("\(campaign.lineCount)").hinted(counts(overview.counts))),
                    ])),
            .table(
                AdminTable(
                    "Lines", columns: ["Who", "Has", "Last used", "Reviewer", "State"], part, call, row: line)),
        ]
        return result
    }

    private static func counts(_ counts: [String: Int64]) -> String {
        counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    private static func line(_ line: CampaignService.Line) -> [AdminValue] {
        [
            AdminValue(line.holderName ?? "somebody erased"), ReviewPages.what(line), ReviewPages.use(line),
            line.reviewerName.map { AdminValue($0) } ?? .badge("nobody", .caution),
            AdminValue(line.line.state).hinted(line.reason),
        ]
    }

    // MARK: Beginning and closing one

    @Sendable static func ask(_ call: AdminCall) async throws -> AdminPage {
        let levels = RiskLevel.allCases.map { AdminField.Choice($0.rawValue, "\($0.rawValue) and above") }
        let applications = try await call.may("read", "entitlement") ? Self.applications(call) : nil
        let fields = [
            AdminField("name", "Name", value: call.value("name"), isRequired: true),
            applications.map {
                AdminField(
                    "application", "Application", .choice([.init("", "–")] + $0), value: call.value("application"))
            } ?? AdminField("application", "Application", value: call.value("application"), hint: "Its id."),
            AdminField("role", "Or role", value: call.value("role"), hint: "Its name."),
            AdminField("manager", "Or people led by", value: call.value("manager"), hint: "Login or mail."),
            AdminField(
                "risk_level", "Or entitlements of risk", .choice([.init("", "–")] + levels),
                value: call.value("risk_level")),
            AdminField(
                "reviewers", "Ask first",
                .choice([
                    .init("manager", "the holder's manager"), .init("owner", "the entitlement's owner"),
                    .init("named", "the reviewer below"),
                ]), value: call.value("reviewers", stored: "manager")),
            AdminField("reviewer", "Reviewer", value: call.value("reviewer"), hint: "Login or mail.", isRequired: true),
            AdminField(
                "escalates_to", "Then ask", value: call.value("escalates_to"), hint: "Once the deadline passed."),
            AdminField(
                "deadline", "Deadline", .time, value: call.value("deadline"),
                hint: "A day such as 2026-12-31, in UTC.", isRequired: true),
            AdminField(
                "undecided", "What nobody decides",
                .choice([.init("revoke", "is taken away"), .init("keep", "is kept")]),
                value: call.value("undecided", stored: "revoke")),
        ]
        let form = AdminForm(
            to: "/campaigns/new", fields: fields, buttons: [.init("Begin the review")], cancel: "/campaigns")
        return AdminPage(heading: "Begin a review", trail: trail, blocks: [.form(form)])
    }

    /// Applications that the field offers; with more of them it asks for an id.
    private static let offered = 200

    private static func applications(_ call: AdminCall) async throws -> [AdminField.Choice]? {
        let found = try await call.gateway.entitlements.applications(in: call.tenant, GovernedPart(limit: offered + 1))
        guard found.count <= offered else { return nil }
        return found.map { AdminField.Choice($0.id.description, $0.details.name) }.sorted { $0.label < $1.label }
    }

    @Sendable static func start(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        guard let deadline = try form.moment("deadline") else {
            throw AdminRefusal("Say when it ends.", field: "deadline")
        }
        let reviewer = try await call.person(named: form.text("reviewer") ?? "", field: "reviewer")
        var escalation: Subject?
        if let name = form.text("escalates_to") {
            escalation = .person(try await call.person(named: name, field: "escalates_to").id)
        }
        let terms = Campaign.Terms(
            name: form.text("name") ?? "", scope: try await scope(call, form), reviewers: try form.word("reviewers"),
            reviewer: .person(reviewer.id), deadline: deadline, escalatesTo: escalation,
            undecided: try form.word("undecided"))
        let begun = try await call.gateway.campaigns.start(.random(at: call.now), terms, by: call.caller)
        return .moved(to: "/campaigns/\(begun.campaign.id)", notice: "started")
    }

    private static func scope(_ call: AdminCall, _ form: FormBody) async throws -> Campaign.Scope {
        let given = ["application", "role", "manager", "risk_level"].filter { form.text($0) != nil }
        guard given.count == 1 else {
            throw AdminRefusal("Choose one: an application, a role, people led by somebody, or a risk.", field: nil)
        }
        if let text = form.text("application") {
            guard let id = ApplicationID(text) else { throw AdminRefusal("That is no id.", field: "application") }
            return .application(id)
        }
        if let name = form.text("role") {
            guard let role = try await call.found({ try await call.gateway.roles.role(named: name, in: call.tenant) })
            else { throw AdminRefusal("No role is called that.", field: "role") }
            return .role(role.id)
        }
        if let name = form.text("manager") {
            return .manager(try await call.person(named: name, field: "manager").id)
        }
        return .risk(try form.word("risk_level"))
    }

    @Sendable static func askClose(_ call: AdminCall) async throws -> AdminPage {
        let id: CampaignID = try call.id("campaign")
        let overview = try await call.gateway.campaigns.campaign(id, in: call.tenant)
        let open = overview.counts["open"] ?? 0
        let fate = overview.campaign.terms.undecided == .keep ? "kept" : "taken away"
        let form = AdminForm(
            to: "/campaigns/\(id)/close",
            lead: "\(open) lines are undecided and will be \(fate). What was not kept is taken away at once.",
            fields: [],
            buttons: [.init("Close the review", isDanger: true)], cancel: "/campaigns/\(id)")
        return AdminPage(
            heading: "Close \(overview.campaign.terms.name)", trail: trail, blocks: [.form(form)])
    }

    @Sendable static func close(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let id: CampaignID = try call.id("campaign")
        _ = try await call.gateway.campaigns.close(id, by: call.caller)
        return .moved(to: "/campaigns/\(id)", notice: "closed")
    }

    @Sendable static func remind(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let id: CampaignID = try call.id("campaign")
        _ = try await call.gateway.campaigns.change(id, .remind, by: call.caller)
        return .moved(to: "/campaigns/\(id)", notice: "reminded")
    }
}
