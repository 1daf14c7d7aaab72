import Vocabulary

/// What `db check` found; an empty list is the only good answer.
public enum StoreFinding: Hashable, Sendable {
    /// SQLite's own integrity check speaks.
    case damaged(String)
    /// A row refers to one that is not there.
    case danglingReference(table: String)
    /// Recomputed from its records, the tenant's tree is not the stored one.
    case treeMismatch(TenantID)
    /// Recomputed from its records, the tree is not what this head signed.
    case headMismatch(TenantID, size: Int64)
    /// A head's signature is not by a key of the tenant.
    case badSignature(TenantID, size: Int64)
    /// A person key does not open.
    case unreadableKey(TenantID, PersonID)
}

extension StoreReading {
    /// Recomputes everything that can be recomputed, on one snapshot. Takes as long as reading the whole file.
    public func check() async throws -> [StoreFinding] {
        let keys = keys
        return try await read { connection in
            var findings: [StoreFinding] = []
            for row in try connection.query("PRAGMA integrity_check(100)") where try row.text(0) != "ok" {
                findings.append(.damaged(try row.text(0)))
            }
            for row in try connection.query("PRAGMA foreign_key_check") {
                findings.append(.danglingReference(table: try row.text(0)))
            }
            for row in try connection.query("SELECT tenant FROM journal_tree ORDER BY tenant") {
                findings += try StoreFinding.ofTree(try row.id(0), keys, connection)
            }
            return try findings + StoreFinding.ofKeys(keys, connection)
        }
    }
}

extension StoreFinding {
    fileprivate static func ofTree(
        _ tenant: TenantID, _ keys: KeyRing, _ connection: any SQLConnection
    ) throws -> [StoreFinding] {
        let tree = try JournalState.load(tenant, connection)
        let heads = try connection.query(Store.headColumns + " WHERE tenant = ?1", [.id(tenant)]).map(Store.head)
        let wanted = Set(heads.map(\.size))
        var frontier = MerkleFrontier()
        var roots: [Int64: [UInt8]] = [:]
        try connection.forEach(
            "SELECT position, record FROM journal_event WHERE tenant = ?1 ORDER BY position", [.id(tenant)]
        ) { row in
            frontier.append(MerkleTree.leafHash(position: try row.integer(0), record: try row.blob(1)))
            if wanted.contains(frontier.size) { roots[frontier.size] = frontier.root }
        }
        var findings: [StoreFinding] = frontier == tree.frontier ? [] : [.treeMismatch(tenant)]
        for head in heads {
            if roots[head.size] != head.root { findings.append(.headMismatch(tenant, size: head.size)) }
            if !keys.verify(head.signature, over: head.message, keyID: head.keyID, tenant: tenant) {
                findings.append(.badSignature(tenant, size: head.size))
            }
        }
        return findings
    }

    fileprivate static func ofKeys(_ keys: KeyRing, _ connection: any SQLConnection) throws -> [StoreFinding] {
        var findings: [StoreFinding] = []
        try connection.forEach("SELECT tenant, person, sealed FROM person_key", []) { row in
            let (tenant, person): (TenantID, PersonID) = (try row.id(0), try row.id(1))
            let opened = try? keys.open(try row.blob(2), purpose: .personKey, tenant: tenant, context: person.bytes)
            if opened?.count != 32 { findings.append(.unreadableKey(tenant, person)) }
        }
        return findings
    }
}
