import Vocabulary

/// Where each tenant's tree stands, as the writer knows it. A value, so that a body that fails is undone by putting
/// the earlier value back.
struct JournalState {
    struct Tree {
        var epoch: Int64
        var frontier: MerkleFrontier
    }
    private var trees: [TenantID: Tree] = [:]
    private(set) var touched: Set<TenantID> = []

    mutating func tree(_ tenant: TenantID, _ connection: any SQLConnection) throws -> Tree {
        if let known = trees[tenant] { return known }
        let loaded = try Self.load(tenant, connection)
        trees[tenant] = loaded
        return loaded
    }

    mutating func append(_ leaf: [UInt8], to tenant: TenantID, _ connection: any SQLConnection) throws {
        _ = try tree(tenant, connection)
        trees[tenant]?.frontier.append(leaf)
        touched.insert(tenant)
    }

    mutating func beginEpoch(
        _ tenant: TenantID, after seen: Int64, _ connection: any SQLConnection
    ) throws -> Int64 {
        let epoch = max(try tree(tenant, connection).epoch, seen) + 1
        trees[tenant]?.epoch = epoch
        touched.insert(tenant)
        return epoch
    }

    /// Writes what changed; called once before the commit, not once per event.
    mutating func store(_ connection: any SQLConnection) throws {
        for tenant in touched {
            guard let tree = trees[tenant] else { continue }
            try connection.execute(
                "INSERT INTO journal_tree (tenant, epoch, size, frontier) VALUES (?1, ?2, ?3, ?4)"
                    + " ON CONFLICT (tenant) DO UPDATE SET epoch = excluded.epoch, size = excluded.size,"
                    + " frontier = excluded.frontier",
                [.id(tenant), .integer(tree.epoch), .integer(tree.frontier.size), .blob(tree.frontier.bytes)])
        }
        touched = []
    }

    static func load(_ tenant: TenantID, _ connection: any SQLConnection) throws -> Tree {
        let row = try connection.queryOne(
            "SELECT epoch, size, frontier FROM journal_tree WHERE tenant = ?1", [.id(tenant)])
        guard let row else { return Tree(epoch: 1, frontier: MerkleFrontier()) }
        guard let frontier = MerkleFrontier(size: try row.integer(1), bytes: try row.blob(2)) else {
            throw Fault(
                "storage.corrupt", .ourselves, "The stored tree of tenant \(tenant) is damaged.",
                remedy: "Run: gatehouse db check")
        }
        return Tree(epoch: try row.integer(0), frontier: frontier)
    }
}
