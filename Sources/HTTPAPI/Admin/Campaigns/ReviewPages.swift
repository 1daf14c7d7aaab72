import Gateway
import Governance
import Identity
import Vocabulary

/// What one reviewer is asked: each access on a page of its own, with everything that helps to decide.
enum ReviewPages {
    static let columns = ["Who", "Has", "Last used"]

    /// What the caller is to decide.
    static func waiting(
        _ call: AdminCall, after id: CampaignLineID? = nil, limit: Int
    ) async throws -> [CampaignService.Line] {
        try await call.gateway.campaigns.openLines(
            for: .person(call.account.person.id), in: call.tenant, GovernedPart(after: id?.bytes, limit: limit))
    }

    @Sendable static func row(_ line: CampaignService.Line) -> [AdminValue] {
        let holder = line.holderName ?? "somebody erased"
        return [AdminValue(holder, to: path(line.line)), what(line), use(line)]
    }

    private static func path(_ line: CampaignLine) -> String { "/campaigns/\(line.campaign)/lines/\(line.id)" }

    static func what(_ line: CampaignService.Line) -> AdminValue {
        let name = AdminValue(line.itemName ?? "what is no more")
        switch line.line.item {
        case .entitlement:
            return name.hinted([line.applicationName, line.risk?.rawValue].compactMap(\.self).joined(separator: ", "))
        case .role: return name.hinted("role")
        case .mappedRole: return name.hinted("role, by the directory")
        }
    }

    static func use(_ line: CampaignService.Line) -> AdminValue {
        let tone: AdminTone = line.isUnused == true ? .caution : .plain
        switch line.line.use {
        case .last(let at): return line.isUnused == true ? .badge(at.reading, tone) : AdminValue(at)
        case .none: return .badge(line.isUnused == true ? "not used" : "no use recorded", tone)
        case .unknown: return "the record cannot tell"
        }
    }

    // MARK: One line

    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let (line, campaign) = try await line(call)
        let holder = line.holderName ?? "somebody erased"
        var page = AdminPage(heading: "Should \(holder) keep this?", trail: CampaignPages.trail)
        page.blocks.append(
            .facts(
                AdminFacts(
                    nil,
                    [
                        ("Who", AdminValue(holder)), ("Has", what(line)), ("Last used", use(line)),
                        ("Review", AdminValue(campaign.terms.name)), ("Decide by", AdminValue(campaign.terms.deadline)),
                        ("Decided", AdminValue(line.line.verdict?.rawValue ?? "not yet").hinted(line.reason)),
                    ])))
        if !line.line.item.isRevocable {
            page.blocks.append(
                .text(
                    AdminText(
                        nil,
                        [
                            "A directory or a rule gives this. If you say that it should go, it is noted, and has to be "
                                + "taken away there."
                        ], tone: .caution)))
        }
        guard campaign.phase == .open else { return page }
        page.blocks.append(
            .form(
                AdminForm(
                    to: path(line.line),
                    fields: [
                        AdminField(
                            "reason", "Why", .area(rows: 3), value: call.value("reason"),
                            hint: "Ten characters or more; it is kept with the decision.", isRequired: true,
                            limit: 4_096)
                    ],
                    buttons: [
                        .init("Keep", adds: ("verdict", "keep")),
                        .init("Take away", adds: ("verdict", "revoke"), isDanger: true),
                    ])))
        page.blocks.append(.actions([AdminAction("Ask somebody else…", to: path(line.line) + "/delegate")]))
        return page
    }

    private static func line(_ call: AdminCall) async throws -> (CampaignService.Line, Campaign) {
        let found = try await call.gateway.campaigns.line(
            try call.id("line"), for: .person(call.account.person.id), in: call.tenant)
        guard found.campaign.id == (try call.id("campaign")) else { throw Refusal.notFound }
        return (found.line, found.campaign)
    }

    @Sendable static func decide(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let verdict: Campaign.Verdict = try form.word("verdict")
        _ = try await call.gateway.campaigns.decide(
            [try call.id("line")], of: try call.id("campaign"), verdict, reason: form["reason"] ?? "", by: call.caller)
        return .moved(to: "/campaigns", notice: verdict == .keep ? "kept" : "revoked")
    }

    @Sendable static func askDelegation(_ call: AdminCall) async throws -> AdminPage {
        let (line, _) = try await line(call)
        let form = AdminForm(
            to: path(line.line) + "/delegate",
            lead: "Whoever you name decides in your place. Nobody is asked about what they hold themselves.",
            fields: [
                AdminField("person", "Ask", value: call.value("person"), hint: "Login or mail.", isRequired: true)
            ], buttons: [.init("Hand it on")], cancel: path(line.line))
        return AdminPage(heading: "Ask somebody else", trail: CampaignPages.trail, blocks: [.form(form)])
    }

    @Sendable static func delegate(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let other = try await call.person(named: form.text("person") ?? "", field: "person")
        _ = try await call.gateway.campaigns.delegate(
            [try call.id("line")], of: try call.id("campaign"), to: .person(other.id), isManager: false,
            by: call.caller)
        return .moved(to: "/campaigns", notice: "delegated")
    }
}
