import Storage
import Vocabulary

extension ComplianceService {
    /// A backup as its manifest describes it, and whether it was shown to restore.
    public struct BackupNote: Sendable {
        public let takenAt: Timestamp
        public let bytes: Int64
        /// SHA-256 of the file, 32 bytes.
        public let digest: [UInt8]
        /// The heads that the manifest names.
        let heads: [SignedHead]
        public let isProven: Bool

        /// Reads the manifest that stands beside a backup. Throws `invalid` for what is none.
        public init(manifest: AttributeValue, isProven: Bool) throws {
            guard case .text(let json) = try JSONColumn.encode(manifest),
                let read = try? JSONColumn.decode(BackupManifest.self, json), read.version == 1, read.bytes >= 0,
                let digest = Hex.bytes(read.sha256), digest.count == 32
            else { throw Fault.invalid("This is no manifest of a backup.") }
            (takenAt, bytes, self.digest) = (read.takenAt, read.bytes, digest)
            (heads, self.isProven) = (read.heads, isProven)
        }
    }

    /// Notes in the journal that a backup was made, or shown to restore; answers its position. Only a backup of this very
    /// journal is one: its manifest has to hold a head that was signed here.
    ///
    /// - Throws: `compliance.foreign_backup`, and `invalid` for one from the future.
    public func note(_ backup: BackupNote, by caller: Caller) async throws -> Int64 {
        guard backup.takenAt <= now() else {
            throw Fault.invalid("The backup was taken in the future.")
        }
        guard
            let head = backup.heads.first(where: { head in
                head.tenant == caller.tenant
                    && store.keys.verify(head.signature, over: head.message, keyID: head.keyID, tenant: caller.tenant)
            })
        else {
            throw Fault(
                "compliance.foreign_backup", .caller, "The manifest holds no head of this journal.",
                remedy: "Name the manifest that `gatehouse db backup` wrote beside the backup.")
        }
        return try await store.write(.spool) { tx in
            try tx.append(
                caller.event(
                    backup.isProven ? "backup.proven" : "backup.made", Stream("tenant", caller.tenant),
                    facts: [
                        Fact("taken_at", .time(backup.takenAt)), Fact("bytes", .integer(backup.bytes)),
                        Fact("sha256", .digest(backup.digest)), Fact("size", .integer(head.size)),
                        Fact("epoch", .integer(head.epoch)),
                    ])
            ).position
        }
    }
}
