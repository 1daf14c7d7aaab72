import Crypto
import Foundation
import Governance
import Identity
import Storage
import Vocabulary

extension CampaignService {
    /// Writes the lines of a campaign that is being prepared, and opens it. Lines that are there already are left: their
    /// ids follow from what they are about.
    func prepare(_ campaign: Campaign, by caller: Caller) async throws {
        let authorization = try await table.snapshot(of: caller.tenant)
        let found = try await store.ask(caller.tenant, now: clock()) { view in
            try Draft(campaign, view, authorization, applications)
        }
        let uses = try await log.uses(
            of: found.words, by: Set(found.lines.map(\.access.holder)), in: caller.tenant)
        let lines = found.lines.map { $0.opened(in: campaign, uses, authorization) }
        var rest = lines[...]
        while !rest.isEmpty {
            let waiting = rest
            let done = try await store.govern(by: caller, .sync) { try $0.open(waiting, in: campaign.id) }
            rest = rest.dropFirst(done)
        }
        _ = try await change(
            campaign.id, .open(lines: lines.count, recordedSince: uses.completeSince), by: caller)
    }

    /// The lines of a campaign before their last use is known.
    private struct Draft: Sendable {
        struct Line: Sendable {
            let access: CampaignReach.Access
            let reviewer: Subject?

            func opened(
                in campaign: Campaign, _ uses: AccessUses, _ authorization: TenantAuthorization
            ) -> CampaignLineEvent.Opened {
                let use =
                    switch access.item {
                    case .entitlement(_, let id, _): uses.use(of: id, by: access.holder)
                    case .role(_, let role), .mappedRole(let role):
                        uses.use(of: authorization.rules.closure(of: [role]), by: access.holder)
                    }
                return CampaignLineEvent.Opened(
                    id: access.line(of: campaign.id), campaign: campaign.id, item: access.item, holder: access.holder,
                    reviewer: reviewer, use: use)
            }
        }

        let lines: [Line]
        let words: EntitlementWords

        init(
            _ campaign: Campaign, _ view: GovernedView, _ authorization: TenantAuthorization,
            _ applications: ApplicationTable
        ) throws {
            var choice = ReviewerChoice(view, campaign.terms)
            lines = try CampaignReach(view, authorization).all(in: campaign.terms.scope).map {
                Line(access: $0, reviewer: try choice.reviewer(of: $0))
            }
            var words = EntitlementWords()
            for id in Set(lines.compactMap(\.access.entitlement)).sorted() {
                guard let entitlement = try view.load(Governed.entitlement(id)).state else { continue }
                let application = try view.load(Governed.application(entitlement.application)).state
                let protected = applications.application(entitlement.application)
                words.add(
                    entitlement,
                    types: Set(
                        [
                            entitlement.application.description, application?.details.name,
                            protected?.settings.resourceType,
                        ].compactMap(\.self)))
            }
            self.words = words
        }
    }
}

extension CampaignReach.Access {
    fileprivate var entitlement: EntitlementID? {
        if case .entitlement(_, let id, _) = item { id } else { nil }
    }

    /// The id of its line: the same each time, so that preparing can be repeated; lines of one holder lie together.
    fileprivate func line(of campaign: CampaignID) -> CampaignLineID {
        let what: [UInt8] =
            switch item {
            case .entitlement(let id, _, _): id.bytes
            case .role(let id, _): id.bytes
            case .mappedRole(let id): id.bytes
            }
        let kind = Array(item.kind.utf8)
        return CampaignLineID(
            high: Self.half(campaign.bytes + holder.bytes), low: Self.half(campaign.bytes + holder.bytes + kind + what))
    }

    private static func half(_ bytes: [UInt8]) -> UInt64 {
        SHA256.hash(data: Data(bytes)).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension GovernedWriter {
    /// Writes as many lines as one body at the writer has time for; answers how many were gone through.
    fileprivate func open(_ lines: ArraySlice<CampaignLineEvent.Opened>, in id: CampaignID) throws -> Int {
        let campaign = try view.one(Governed.campaign(id), "campaign")
        guard campaign.phase == .preparing else { return lines.count }
        let clock = ContinuousClock()
        var done = 0
        for line in lines where done == 0 || clock.now < tx.workUntil {
            let stream = Governed.campaignLine(line.id)
            let loaded = try view.load(stream)
            try write(
                try CampaignLine.decide(.open(line), on: loaded.state, in: campaign), to: loaded, of: stream,
                row: GovernedRow.init)
            done += 1
        }
        return done
    }
}
