import Logging
import Storage
import Vocabulary

/// Work on a store as a whole. Without a server it opens the store by itself; a lock keeps two processes apart.
extension Gateway {
    /// Copies the store to a new file, with a manifest beside it; answers its size in bytes.
    ///
    /// - Throws: `backup.exists`, and what the store throws.
    public func backup(to path: String) async throws -> Int64 {
        try await store.backup(to: path, now: clock()).bytes
    }

    /// Recomputes everything that can be recomputed, and answers what does not agree; empty is the only good answer.
    public func check() async throws -> [String] { try await store.check().map { "\($0)" } }
}
