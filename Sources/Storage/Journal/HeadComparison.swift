import Vocabulary

/// Whether a database is older than, or other than, what it once signed.
enum HeadComparison {
    static func refusal(against heads: [TenantID: SignedHead], _ connection: any SQLConnection) throws -> Fault? {
        for head in heads.values.sorted(by: { $0.tenant < $1.tenant }) where try isBehind(head, connection) {
            return Fault(
                "journal.behind_head", .ourselves,
                "The journal of tenant \(head.tenant) does not contain its head of \(head.size) events kept outside.",
                remedy: "Restore with: gatehouse db restore, which begins a new epoch.")
        }
        return nil
    }

    private static func isBehind(_ head: SignedHead, _ connection: any SQLConnection) throws -> Bool {
        let tree = try JournalState.load(head.tenant, connection)
        if tree.epoch != head.epoch { return tree.epoch < head.epoch }
        guard tree.frontier.size >= head.size else { return true }
        if tree.frontier.size == head.size { return tree.frontier.root != head.root }
        let stored = try connection.queryOne(
            "SELECT root FROM journal_head WHERE tenant = ?1 AND epoch = ?2 AND size = ?3",
            [.id(head.tenant), .integer(head.epoch), .integer(head.size)])
        return try stored.map { try $0.blob(0) != head.root } ?? false
    }
}
