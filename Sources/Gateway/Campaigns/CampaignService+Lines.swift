import Governance
import Identity
import Storage
import Vocabulary

extension CampaignService {
    /// A line with the names that a reviewer reads, the reason that was given, and whether it counts as unused.
    public struct Line: Sendable {
        public let line: CampaignLine
        /// Nil once the holder is erased.
        public let holderName: String?
        public let reviewerName: String?
        /// The entitlement's or the role's name; nil once it is gone.
        public let itemName: String?
        /// The application's name, for an entitlement.
        public let applicationName: String?
        public let risk: RiskLevel?
        /// Why it was decided so; nil once erased.
        public let reason: String?
        /// Whether no use was recorded for as long as the campaign asks; nil where the record cannot tell.
        public let isUnused: Bool?
    }

    /// Which lines are wanted; nil narrows nothing.
    public struct LineFilter: Sendable {
        public var campaign: CampaignID?
        public var reviewer: Subject?
        /// A word of `CampaignLine.states`.
        public var state: String?

        public init(campaign: CampaignID? = nil, reviewer: Subject? = nil, state: String? = nil) {
            (self.campaign, self.reviewer, self.state) = (campaign, reviewer, state)
        }
    }

    /// Lines by id, so that one holder's lie together.
    public func lines(
        _ filter: LineFilter, in tenant: TenantID, _ part: GovernedPart = GovernedPart()
    ) async throws -> [Line] {
        let rows = GovernedFilter(
            state: filter.state, scope: filter.reviewer?.kind, target: filter.reviewer?.bytes,
            parent: filter.campaign?.bytes)
        return try await store.ask(tenant, now: clock()) { view in
            var names = CampaignNames(view)
            return try view.page(rows, part, Governed.campaignLine).map { try names.shown($0) }
        }
    }

    /// What somebody is to decide now: their own open lines, and those that a campaign asks them about because its
    /// reviewers have let its deadline pass.
    public func openLines(
        for reviewer: Subject, in tenant: TenantID, _ part: GovernedPart = GovernedPart()
    ) async throws -> [Line] {
        try await store.ask(tenant, now: clock()) { view in
            var (names, found, after) = (CampaignNames(view), [Line](), part.after)
            let escalated = try view.escalated(to: reviewer).map(\.id)
            while found.count < part.limit {
                let rows = try view.open(for: reviewer, escalated, after: after, limit: part.limit)
                guard let last = rows.last else { break }
                after = last.id
                for line in try view.states(rows, Governed.campaignLine)
                where try names.campaign(line.campaign)?.phase == .open && line.holder != reviewer {
                    found.append(try names.shown(line))
                }
            }
            return Array(found.prefix(part.limit))
        }
    }

    /// One line, for somebody who is asked about it. Throws `campaign.not_the_reviewer` for everybody else, also for one
    /// that is not there.
    public func line(
        _ id: CampaignLineID, for reviewer: Subject, in tenant: TenantID
    ) async throws -> (line: Line, campaign: Campaign) {
        try await store.ask(tenant, now: clock()) { view in
            var names = CampaignNames(view)
            guard let line = try view.load(Governed.campaignLine(id)).state,
                let campaign = try names.campaign(line.campaign), line.concerns(reviewer, in: campaign)
            else { throw GovernanceError.notTheReviewer }
            return (try names.shown(line), campaign)
        }
    }

    // MARK: Deciding

    /// Says of lines of one campaign that they are kept or not, all or none of them, with one reason. Throws
    /// `campaign.not_the_reviewer`, also for lines that are not there; `campaign.own_line` for what the caller holds
    /// themselves; `governance.invalid` without a reason; `governance.invalid_state` unless the campaign is open.
    public func decide(
        _ lines: [CampaignLineID], of id: CampaignID, _ verdict: Campaign.Verdict, reason: String, by caller: Caller
    ) async throws -> [Line] {
        guard let speaker = caller.principal?.subject else {
            throw Fault.forbidden(
                "An access is reviewed by somebody with a name.", remedy: "Call with a session or a key.")
        }
        return try await change(lines, of: id, by: caller) { line, campaign in
            try CampaignLine.decide(.decide(verdict, by: speaker, reason: reason), on: line, in: campaign)
        }
    }

    /// Hands lines to somebody else, who must not be their holder: by their reviewer, or by whoever runs campaigns.
    /// Throws as `decide` does, and `governance.not_found` for somebody who is not there or cannot sign in.
    public func delegate(
        _ lines: [CampaignLineID], of id: CampaignID, to other: Subject, isManager: Bool, by caller: Caller
    ) async throws -> [Line] {
        let speaker = caller.principal?.subject
        return try await change(lines, of: id, by: caller) { line, campaign in
            try CampaignLine.decide(.delegate(to: other, by: speaker, isManager: isManager), on: line, in: campaign)
        } beforehand: { writer in
            guard try writer.view.isAble(other) else {
                throw GovernanceError.notFound(resource: other.kind, id: other.id)
            }
        }
    }

    private func change(
        _ lines: [CampaignLineID], of id: CampaignID, by caller: Caller,
        _ decide: @escaping @Sendable (CampaignLine, Campaign) throws -> [CampaignLineEvent],
        beforehand: @escaping @Sendable (GovernedWriter) throws -> Void = { _ in }
    ) async throws -> [Line] {
        guard (1...Campaign.Limits.linesAtOnce).contains(lines.count) else {
            throw GovernanceError.invalid(field: "lines", reason: "are not 1 to \(Campaign.Limits.linesAtOnce)").fault
        }
        return try await store.govern(by: caller) { writer in
            // Whoever has no part in it learns nothing of it, not even that it is there.
            guard let campaign = try writer.view.load(Governed.campaign(id)).state else {
                throw GovernanceError.notTheReviewer
            }
            var names = CampaignNames(writer.view)
            try beforehand(writer)
            return try lines.map { line in
                let stream = Governed.campaignLine(line)
                let loaded = try writer.view.load(stream)
                guard let state = loaded.state, state.campaign == id else { throw GovernanceError.notTheReviewer }
                let after = try writer.write(
                    try decide(state, campaign), to: loaded, of: stream, row: GovernedRow.init)
                return try names.shown(try EntitlementService.present(after))
            }
        }
    }
}

extension GovernedView {
    /// Undecided lines of a reviewer, and of campaigns that ask them beside, by id.
    fileprivate func open(
        for reviewer: Subject, _ escalated: [CampaignID], after id: [UInt8]?, limit: Int
    ) throws -> [GovernedRow] {
        let kind = StreamKind.governed(CampaignLine.aggregate.kind)
        let own = GovernedFilter(state: "open", scope: reviewer.kind, target: reviewer.bytes)
        let filters = [own] + escalated.map { GovernedFilter(state: "open", parent: $0.bytes) }
        let rows = try filters.flatMap { try sql.governed(kind, in: tenant, $0, after: id, limit: limit) }
        let ordered = Dictionary(rows.map { ($0.id, $0) }) { first, _ in first }.values
            .sorted { $0.id.lexicographicallyPrecedes($1.id) }
        return Array(ordered.prefix(limit))
    }

    /// The open campaigns that ask this subject about what their reviewers left undecided.
    fileprivate func escalated(to subject: Subject) throws -> [Campaign] {
        var ids: [CampaignID] = []
        try sql.forEachGoverned(
            .governed(Campaign.aggregate.kind), in: tenant, GovernedFilter(state: Campaign.Phase.open.rawValue)
        ) { row in
            if let id = CampaignID(bytes: row.id) { ids.append(id) }
        }
        return try ids.compactMap { try load(Governed.campaign($0)).state }
            .filter { $0.isEscalated && $0.terms.escalatesTo == subject }
    }

    /// Whether somebody is there and can sign in.
    fileprivate func isAble(_ subject: Subject) throws -> Bool {
        switch subject {
        case .person(let id): try sql.person(id, in: tenant)?.isActive ?? false
        case .serviceAccount(let id): try sql.serviceAccount(id, in: tenant).map { !$0.isDisabled } ?? false
        }
    }
}
