import Synchronization
import Vocabulary

/// Keeps heads in a file of JSON lines, each made durable before the call returns. Put it on another volume.
public final class FileHeadSink: HeadSink {
    public let path: String
    private let known = Mutex<[TenantID: SignedHead]?>(nil)

    public init(path: String) { self.path = path }

    /// Appends the heads as lines and flushes them to disk before it returns; throws when any of that fails.
    public func publish(_ heads: [SignedHead]) throws {
        try known.withLock { known in
            var newest = try known ?? read()
            try JSONLines.append(heads, to: path)
            for head in heads { Self.keep(head, in: &newest) }
            known = newest
        }
    }

    /// Throws `storage.lines_damaged` when a whole line is not a head. A last line cut short by a crash is ignored:
    /// it was never acknowledged.
    public func newest() throws -> [TenantID: SignedHead] {
        try known.withLock { known in
            let newest = try known ?? read()
            known = newest
            return newest
        }
    }

    private func read() throws -> [TenantID: SignedHead] {
        var newest: [TenantID: SignedHead] = [:]
        try JSONLines.forEach(SignedHead.self, in: path) { Self.keep($0, in: &newest) }
        return newest
    }

    private static func keep(_ head: SignedHead, in newest: inout [TenantID: SignedHead]) {
        if let known = newest[head.tenant], (known.epoch, known.size) >= (head.epoch, head.size) { return }
        newest[head.tenant] = head
    }
}
