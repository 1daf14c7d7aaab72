import Vocabulary

extension Store {
    /// Signs a head for every tenant whose tree has grown since its last one, over durable leaves only, stores it,
    /// and then hands them to the sink. Heads that a failing sink missed are handed over again at the next call.
    @discardableResult public func signHeads(now: Timestamp) async throws -> [SignedHead] {
        if let appendRefusal { throw appendRefusal }
        let keys = keys
        let trees = try await read { try Self.unsigned($0) }
        let heads = try trees.map { try Self.sign($0, keys, now) }
        if !heads.isEmpty {
            try await write(.administration) { transaction in
                for head in heads { try Self.insert(head, transaction.sql) }
            }
        }
        try await publish()
        return heads
    }

    private func publish() async throws {
        guard let sink = configuration.headSink else { return }
        let kept = try sink.newest()
        let missing = try await newestHeads().values.filter { head in
            kept[head.tenant].map { ($0.epoch, $0.size) < (head.epoch, head.size) } ?? true
        }
        if !missing.isEmpty { try sink.publish(missing.sorted { $0.tenant < $1.tenant }) }
    }

    private struct Unsigned: Sendable {
        let tenant: TenantID
        let tree: JournalState.Tree
    }

    // A read transaction sees committed leaves only, and a commit here is durable.
    private static func unsigned(_ connection: any SQLConnection) throws -> [Unsigned] {
        let rows = try connection.query(
            "SELECT t.tenant FROM journal_tree t WHERE t.size > 0 AND NOT EXISTS (SELECT 1 FROM journal_head h"
                + " WHERE h.tenant = t.tenant AND h.epoch = t.epoch AND h.size = t.size)")
        return try rows.map { row in
            let tenant: TenantID = try row.id(0)
            return Unsigned(tenant: tenant, tree: try JournalState.load(tenant, connection))
        }
    }

    private static func sign(_ unsigned: Unsigned, _ keys: KeyRing, _ now: Timestamp) throws -> SignedHead {
        let (epoch, frontier) = (unsigned.tree.epoch, unsigned.tree.frontier)
        let message = SignedHead.message(unsigned.tenant, epoch, frontier.size, frontier.root, now)
        let signed = try keys.sign(message, tenant: unsigned.tenant)
        return SignedHead(
            tenant: unsigned.tenant, epoch: epoch, size: frontier.size, root: frontier.root, time: now,
            keyID: signed.keyID, signature: signed.signature)
    }

    private static func insert(_ head: SignedHead, _ connection: any SQLConnection) throws {
        try connection.execute(
            "INSERT INTO journal_head (tenant, epoch, size, at, root, key_id, signature)"
                + " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (tenant, epoch, size) DO NOTHING",
            [
                .id(head.tenant), .integer(head.epoch), .integer(head.size), .time(head.time), .blob(head.root),
                .id(head.keyID), .blob(head.signature),
            ])
    }

    static func newest(_ connection: any SQLConnection) throws -> [TenantID: SignedHead] {
        let heads = try connection.query(
            headColumns + " h WHERE NOT EXISTS (SELECT 1 FROM journal_head n WHERE n.tenant = h.tenant"
                + " AND (n.epoch > h.epoch OR (n.epoch = h.epoch AND n.size > h.size)))")
        return try Dictionary(heads.map(head).map { ($0.tenant, $0) }) { first, _ in first }
    }

    static let headColumns = "SELECT tenant, epoch, size, root, at, key_id, signature FROM journal_head"

    static func head(_ row: SQLRow) throws -> SignedHead {
        SignedHead(
            tenant: try row.id(0), epoch: try row.integer(1), size: try row.integer(2), root: try row.blob(3),
            time: try row.time(4), keyID: try row.id(5), signature: try row.blob(6))
    }
}

extension StoreReading {
    /// The newest head of each tenant in this database.
    public func newestHeads() async throws -> [TenantID: SignedHead] { try await read { try Store.newest($0) } }
}
