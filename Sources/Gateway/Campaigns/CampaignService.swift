import Governance
import Identity
import Storage
import Vocabulary

/// Reviews of who holds what: begun over a scope, decided line by line, closed with what was not kept taken away.
///
/// The lines are streams of their own, found by their campaign and by their reviewer. Preparing and closing are long
/// work in short bodies at the writer; a restart in the middle is carried on with by the schedule.
public struct CampaignService: Sendable {
    let store: Store
    let table: AuthorizationTable
    let log: DecisionLogService
    let applications: ApplicationTable
    let standings: StandingCache
    let providers: ProviderTable
    let notifier: Notifier
    let clock: @Sendable () -> Timestamp

    /// A campaign, and how many of its lines are where.
    public struct Overview: Sendable {
        public let campaign: Campaign
        /// Lines by the words of `CampaignLine.states`; those without any are left out.
        public let counts: [String: Int64]
    }

    // MARK: Reading

    /// Campaigns by id, narrowed by how far they have come.
    public func campaigns(
        in tenant: TenantID, phase: Campaign.Phase? = nil, _ part: GovernedPart = GovernedPart()
    ) async throws -> [Overview] {
        try await store.ask(tenant, now: clock()) { view in
            try view.page(GovernedFilter(state: phase?.rawValue), part, Governed.campaign).map(view.overview)
        }
    }

    /// One campaign. Throws `not_found`.
    public func campaign(_ id: CampaignID, in tenant: TenantID) async throws -> Overview {
        try await store.ask(tenant, now: clock()) { try $0.overview(try $0.one(Governed.campaign(id), "campaign")) }
    }

    // MARK: Its life

    /// Begins a campaign and writes its lines; answers once it is open. Throws `governance.invalid` for a scope without
    /// anything to review or with too much, `governance.not_found` for what its terms name and is not there.
    public func start(_ id: CampaignID, _ terms: Campaign.Terms, by caller: Caller) async throws -> Overview {
        let authorization = try await table.snapshot(of: caller.tenant)
        // Before anything is written: a campaign about nothing is none.
        _ = try await store.ask(caller.tenant, now: clock()) {
            try CampaignReach($0, authorization).all(in: terms.scope)
        }
        let campaign = try await store.govern(by: caller) { writer in
            for subject in [terms.reviewer, terms.escalatesTo].compactMap(\.self) {
                try writer.tx.sql.require(subject, in: writer.tenant)
            }
            return try writer.begin(
                Governed.campaign(id), "campaign", id: id.description, row: GovernedRow.init
            ) { try Campaign.decide(.start(id, terms), on: nil, now: writer.now) }
        }
        try await prepare(campaign, by: caller)
        return try await self.campaign(id, in: caller.tenant)
    }

    /// Reminds the reviewers, or asks whoever it escalates to. Throws `governance.invalid_state` unless it is open.
    public func change(
        _ id: CampaignID, _ command: CampaignCommand, expecting version: Int64? = nil, by caller: Caller
    ) async throws -> Overview {
        let overview = try await store.govern(by: caller) { writer in
            let after = try writer.change(
                Governed.campaign(id), "campaign", expecting: version, row: GovernedRow.init
            ) { try Campaign.decide(command, on: $0, now: writer.now) }
            return try writer.view.overview(try EntitlementService.present(after))
        }
        if let word = command.notice { try await tell(word, of: overview.campaign, in: caller.tenant) }
        return overview
    }

    /// Closes it: nobody decides any more, and what was not kept is taken away the way every assignment is. Answers once
    /// all of it is done. Throws `governance.invalid_state` for one that is being prepared or has been closed.
    public func close(
        _ id: CampaignID, expecting version: Int64? = nil, by caller: Caller
    ) async throws -> Overview {
        let closing = try await change(id, .close, expecting: version, by: caller).campaign
        try await settle(closing, by: caller)
        return try await campaign(id, in: caller.tenant)
    }

    // MARK: What time alone makes due

    /// Reminds, escalates, closes, and carries on with what a restart interrupted, in every tenant. Answers how many
    /// campaigns changed. One that fails keeps none of the others from it; the first failure is thrown at the end.
    @discardableResult public func carryOutWhatIsDue(now: Timestamp) async throws -> Int {
        let rows = try await store.read { sql in
            try sql.governedDue(.governed(Campaign.aggregate.kind), at: now, limit: 100)
        }
        var (changed, failure): (Int, (any Error)?) = (0, nil)
        for row in rows {
            do {
                if let id = CampaignID(bytes: row.id), try await carryOut(id, in: row.tenant) { changed += 1 }
            } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
        return changed
    }

    private func carryOut(_ id: CampaignID, in tenant: TenantID) async throws -> Bool {
        let caller = Caller(tenant: tenant, actor: .system("scheduler"), command: .random(at: clock()))
        let (campaign, hasChanged) = try await store.govern(by: caller) { writer in
            let before = try writer.view.load(Governed.campaign(id))
            let after = try writer.change(Governed.campaign(id), "campaign", row: GovernedRow.init) { campaign in
                campaign.due(at: writer.now, undecided: Int(try writer.view.count(id, "open")))
            }
            return (try EntitlementService.present(after), before != after)
        }
        switch campaign.phase {
        case .preparing: try await prepare(campaign, by: caller)
        case .closing: try await settle(campaign, by: caller)
        case .open:
            if hasChanged {
                try await tell(campaign.isEscalated ? "escalated" : "reminder", of: campaign, in: tenant)
            }
            return hasChanged
        case .closed: return hasChanged
        }
        return true
    }
}

extension CampaignCommand {
    /// What people are told of it; nil for what concerns no reviewer.
    fileprivate var notice: String? {
        switch self {
        case .open: "waiting"
        case .remind: "reminder"
        case .escalate: "escalated"
        case .start, .close, .finish: nil
        }
    }
}

extension GovernedView {
    func overview(_ campaign: Campaign) throws -> CampaignService.Overview {
        var counts: [String: Int64] = [:]
        for state in CampaignLine.states {
            let count = try count(campaign.id, state)
            if count > 0 { counts[state] = count }
        }
        return CampaignService.Overview(campaign: campaign, counts: counts)
    }

    func count(_ campaign: CampaignID, _ state: String) throws -> Int64 {
        try sql.countGoverned(
            .governed(CampaignLine.aggregate.kind), in: tenant, GovernedFilter(state: state, parent: campaign.bytes))
    }
}

extension Gateway {
    /// Reviews of who holds what.
    public var campaigns: CampaignService {
        CampaignService(
            store: store, table: authorization, log: decisionLog, applications: applications, standings: standings,
            providers: providers, notifier: notifier, clock: clock)
    }
}
