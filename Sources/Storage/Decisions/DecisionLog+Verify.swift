import Crypto
import Glibc
import Vocabulary

extension DecisionLog {
    /// What comparing one segment with the journal found.
    public enum Verdict: Sendable, Hashable {
        /// The file is byte for byte the one whose digest is journalled.
        case intact
        /// Retention has deleted the file; its `.sum` agrees with the journal.
        case retired
        /// The file, or the `.sum` of a deleted one, is not what the journal says.
        case changed
        /// The journal names it, and neither the file nor its `.sum` is there.
        case missing
        /// Whole in itself, but the journal does not name it (yet).
        case notJournalled
        /// Not named by the journal, and not whole; of the segment being written, a frame may be under way.
        case incomplete
    }

    /// Compares a tenant's segments with the digests in its journal, by file name. Throws `storage.file`.
    public func verify(_ tenant: TenantID, journalled digests: [String: [UInt8]]) throws -> [String: Verdict] {
        var verdicts: [String: Verdict] = [:]
        let present = Set(try folder.segments(tenant))
        let sums = Dictionary(uniqueKeysWithValues: try folder.sums(tenant).map { ($0.name, $0.sha256) })
        for (name, digest) in digests {
            if present.contains(name) {
                verdicts[name] = try Self.sha256(folder.path(tenant, name)) == digest ? .intact : .changed
            } else {
                verdicts[name] = sums[name].map { $0 == digest ? .retired : .changed } ?? .missing
            }
        }
        for name in present where digests[name] == nil {
            let found = try? RecoveredSegment(folder.path(tenant, name))
            verdicts[name] = found.map { $0.isDamaged ? .incomplete : .notJournalled } ?? .incomplete
        }
        return verdicts
    }

    /// The segments that are known to be journalled, the deleted ones included, oldest first.
    public func segments(_ tenant: TenantID) throws -> [SegmentClosed] { try folder.sums(tenant) }

    private static func sha256(_ path: String) throws -> [UInt8] {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.failure("read", path) }
        defer { close(descriptor) }
        var hasher = SHA256(), buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Files.failure("read", path) }
            if count == 0 { return Array(hasher.finalize()) }
            buffer.withUnsafeBytes { hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}
