import Governance
import Identity
import Storage
import Vocabulary

extension CampaignService {
    /// Lines that are looked at together; each that takes something away is a transaction of its own.
    private static let chunk = 200

    /// Settles every line of a campaign that is being closed, and closes it. What is settled already is left.
    func settle(_ campaign: Campaign, by caller: Caller) async throws {
        for state in ["open"] + Campaign.Verdict.allCases.map(\.rawValue) {
            while true {
                let lines = try await store.ask(caller.tenant, now: clock()) { view in
                    let rows = try view.sql.governed(
                        .governed(CampaignLine.aggregate.kind), in: caller.tenant,
                        GovernedFilter(state: state, parent: campaign.id.bytes), limit: Self.chunk)
                    return try view.states(rows, Governed.campaignLine)
                }
                if lines.isEmpty { break }
                try await settle(lines, of: campaign, by: caller)
            }
        }
        _ = try await change(campaign.id, .finish, by: caller)
    }

    private func settle(_ lines: [CampaignLine], of campaign: Campaign, by caller: Caller) async throws {
        let kept = lines.filter { $0.outcome(in: campaign) == .keep || !$0.item.isRevocable }
        try await store.govern(by: caller) { writer in
            for line in kept {
                try writer.settle(line, as: line.outcome(in: campaign) == .keep ? .kept : .elsewhere)
            }
        }
        let ways = providers.ways(in: caller.tenant)
        for line in lines where line.outcome(in: campaign) == .revoke && line.item.isRevocable {
            do {
                try await store.govern(by: caller, .revocation) { [standings] writer in
                    let wasThere = try writer.takeAway(line, ways, standings)
                    try writer.settle(line, as: wasThere ? .revoked : .gone)
                }
            } catch let fault as Fault where fault.culprit == .caller {
                // The transaction left nothing of what it began; that it could not be done is what is known.
                try await store.govern(by: caller) { try $0.settle(line, as: .refused) }
            }
        }
    }
}

extension GovernedWriter {
    fileprivate func settle(_ line: CampaignLine, as settlement: CampaignLine.Settlement) throws {
        let campaign = try view.one(Governed.campaign(line.campaign), "campaign")
        _ = try change(Governed.campaignLine(line.id), "line", row: GovernedRow.init) {
            try CampaignLine.decide(.settle(settlement), on: $0, in: campaign)
        }
    }

    /// Takes an access away as anybody else would; false when it had ended before.
    fileprivate func takeAway(_ line: CampaignLine, _ ways: SignInWays, _ standings: StandingCache) throws -> Bool {
        switch line.item {
        case .entitlement(let id, _, _):
            guard let held = try view.load(Governed.assignment(id)).state, held.holding.isStanding(at: now) else {
                return false
            }
            let reason = ChangeReason(by: .system("campaign"), text: "Access review \(line.campaign)")
            try end(id) { catalog in
                try catalog.decide(
                    .revoke(id, reason), tenant: tenant, duties: try SodRegister(tenant: tenant), now: now)
            }
            return true
        case .role(let id, _):
            guard try tx.sql.assignment(id, in: tenant) != nil else { return false }
            try RoleService.revoke(id, by: caller, ways, standings, tx)
            return true
        case .mappedRole: return false
        }
    }
}
