import Governance
import Storage
import Vocabulary

extension CampaignService {
    /// People that one body at the writer tells.
    private static let notices = 100

    /// Tells everybody who still has something to decide in an open campaign, and webhooks once, that it began, that its
    /// deadline comes near, or that they are asked in others' place. Each word is told to each person once per version
    /// of the campaign, however often this is carried out.
    func tell(_ word: String, of campaign: Campaign, in tenant: TenantID) async throws {
        let notifier = notifier
        guard notifier.isHeard(in: tenant) else { return }
        let people = try await store.ask(tenant, now: clock()) { try $0.undecidedReviewers(of: campaign) }
        let notice = Notice(
            "review.\(word)", subject: Self.subjects[word] ?? "Accesses wait for your review",
            lines: ["Say of each access whether it is kept, by \(campaign.terms.deadline.rfc3339)."],
            path: "/admin/campaigns",
            members: [
                "campaign_id": .string(campaign.id.description), "deadline": .string(campaign.terms.deadline.rfc3339),
            ])
        let once = campaign.id.bytes + Array("\(campaign.version)".utf8)
        try await store.write(.spool) { try notifier.announce(notice, once: once, in: tenant, $0) }
        for start in stride(from: 0, to: people.count, by: Self.notices) {
            let part = people[start..<min(start + Self.notices, people.count)]
            try await store.write(.spool) { tx in
                for person in part { try notifier.tell(person, notice, once: once, in: tenant, tx) }
            }
        }
    }

    private static let subjects = [
        "waiting": "Accesses wait for your review", "reminder": "Accesses still wait for your review",
        "escalated": "Accesses wait for your review in others' place",
    ]
}

extension GovernedView {
    /// The people who have lines to decide, and whoever it was escalated to, each once.
    fileprivate func undecidedReviewers(of campaign: Campaign) throws -> [PersonID] {
        var found: Set<PersonID> = []
        let open = GovernedFilter(state: "open", scope: "person", parent: campaign.id.bytes)
        try sql.forEachGoverned(.governed(CampaignLine.aggregate.kind), in: tenant, open) { row in
            if let id = row.target.flatMap({ PersonID(bytes: $0) }) { found.insert(id) }
        }
        if campaign.isEscalated, case .person(let id)? = campaign.terms.escalatesTo { found.insert(id) }
        return found.sorted()
    }
}
