import FoundationEssentials
import Vocabulary

/// What is wrong with an export. An empty list of findings is the only good answer.
public enum JournalFinding: Hashable, Sendable {
    /// A line is not what an export consists of.
    case unreadable(line: Int)
    /// Records up to this size do not have the root that was signed: something among them was changed.
    case rootMismatch(epoch: Int64, size: Int64)
    /// The bytes of this record are not those its leaf was made of.
    case flipped(position: Int64)
    /// A record says another tenant, has an impossible position, or cannot be decoded.
    case recordDamaged(position: Int64)
    /// This position is missing.
    case dropped(position: Int64)
    /// A record stands out of order.
    case reordered(position: Int64)
    /// Fewer records than the header or a head in the export speaks of.
    case tailCut(expected: Int64, found: Int64)
    /// A head kept outside covers more records than there are, or other ones.
    case checkpointMismatch(size: Int64)
    /// The signature of a head is not by the key it names.
    case badSignature(epoch: Int64, size: Int64)
    /// A head names a key that was not published, is not trusted, or does not match its id.
    case wrongKey(KeyID)
    /// There is no signed head at all: nothing is proven.
    case noHead
}

/// The outcome of a verification.
public struct JournalReport: Sendable, Hashable {
    public let findings: [JournalFinding]
    public let records: Int64
    /// How many of the records the newest good head covers.
    public let signed: Int64
    /// Only with a head kept outside is a cut tail excluded.
    public let hasCheckpoint: Bool
    public var isSound: Bool { findings.isEmpty }
}

/// Verifies an export with nothing but the export, and a head or keys kept outside.
public enum JournalVerifier {
    /// Reads an export file (at most 16 GiB of lines, held whole) and verifies it.
    public static func verify(
        exportAt path: String, checkpoint: SignedHead? = nil, trusted: [PublishedKey]? = nil
    ) throws -> JournalReport {
        verify(export: try Files.read(path, limit: 16 << 30), checkpoint: checkpoint, trusted: trusted)
    }

    /// Verifies an export. With `trusted`, heads by other keys are findings even if the export publishes those keys.
    public static func verify(
        export bytes: [UInt8], checkpoint: SignedHead? = nil, trusted: [PublishedKey]? = nil
    ) -> JournalReport {
        var run = VerificationRun()
        for (index, line) in bytes.split(separator: 0x0A).enumerated() {
            guard let parsed = try? JSONDecoder().decode(ExportLine.self, from: Data(line)) else {
                run.findings.append(.unreadable(line: index + 1))
                continue
            }
            run.take(parsed, line: index + 1)
        }
        return run.finish(checkpoint: checkpoint, trusted: trusted)
    }
}

private struct VerificationRun {
    private static let positionLimit: Int64 = 1 << 48
    /// So many positions of one gap are named.
    private static let listed = 100
    var findings: [JournalFinding] = []
    private var header: ExportHeader?
    private var frontier = MerkleFrontier()
    private var expected: Int64 = 1
    private var roots: [Int64: [UInt8]] = [:]
    private var heads: [SignedHead] = []
    private var records: Int64 = 0
    private var held: [(Int64, [UInt8])] = []

    init() {}

    mutating func take(_ line: ExportLine, line number: Int) {
        switch line {
        case .header(let found):
            if header != nil || number != 1 || found.version != 1 { findings.append(.unreadable(line: number)) }
            header = header ?? found
        case .record(let record): take(record)
        case .head(let head): heads.append(head)
        }
    }

    private mutating func take(_ record: ExportRecord) {
        records += 1
        let bytes = [UInt8](record.record)
        let leaf = MerkleTree.leafHash(position: record.position, record: bytes)
        if leaf != [UInt8](record.leaf) {
            findings.append(.flipped(position: record.position))
        } else if (try? EnvelopeCodec.decode(bytes))?.tenant != header?.tenant {
            findings.append(.recordDamaged(position: record.position))
        }
        guard (1...Self.positionLimit).contains(record.position) else {
            findings.append(.recordDamaged(position: record.position))
            return
        }
        held.append((record.position, leaf))
    }

    // Positions tell dropped from reordered; the root tells whether the bytes are those that were signed.
    private mutating func place(wanted: Set<Int64>) {
        let present = held.map(\.0).sorted()
        for (position, leaf) in held {
            if position == expected {
                expected += 1
            } else if position > expected, !Self.holds(present, from: expected, below: position) {
                for missing in (expected..<position).prefix(Self.listed) {
                    findings.append(.dropped(position: missing))
                }
                expected = position + 1
            } else {
                findings.append(.reordered(position: position))
                expected = max(expected, position + 1)
            }
            frontier.append(leaf)
            if wanted.contains(frontier.size) { roots[frontier.size] = frontier.root }
        }
    }

    /// Whether a sorted list has a member in the span: binary search, for the export is a stranger's.
    private static func holds(_ sorted: [Int64], from low: Int64, below high: Int64) -> Bool {
        var (left, right) = (0, sorted.count)
        while left < right {
            let middle = (left + right) / 2
            if sorted[middle] < low { left = middle + 1 } else { right = middle }
        }
        return left < sorted.count && sorted[left] < high
    }

    mutating func finish(checkpoint: SignedHead?, trusted: [PublishedKey]?) -> JournalReport {
        place(wanted: Set(heads.map(\.size) + [checkpoint?.size ?? 0]))
        var signed: Int64 = 0
        for head in heads where check(head, trusted) {
            if judge(head) { signed = max(signed, head.size) }
        }
        if heads.isEmpty { findings.append(.noHead) }
        if let header, header.size != records, !findings.contains(where: \.isAboutPlace) {
            findings.append(.tailCut(expected: header.size, found: records))
        }
        if let checkpoint { judge(checkpoint: checkpoint, trusted) }
        if header == nil { findings.append(.unreadable(line: 1)) }
        return JournalReport(
            findings: findings, records: records, signed: signed, hasCheckpoint: checkpoint != nil)
    }

    private mutating func judge(_ head: SignedHead) -> Bool {
        guard head.size <= records else {
            findings.append(.tailCut(expected: head.size, found: records))
            return false
        }
        guard roots[head.size] == head.root else {
            findings.append(.rootMismatch(epoch: head.epoch, size: head.size))
            return false
        }
        return true
    }

    private mutating func judge(checkpoint: SignedHead, _ trusted: [PublishedKey]?) {
        guard check(checkpoint, trusted) else { return }
        if checkpoint.tenant != header?.tenant || roots[checkpoint.size] != checkpoint.root {
            findings.append(.checkpointMismatch(size: checkpoint.size))
        }
    }

    private mutating func check(_ head: SignedHead, _ trusted: [PublishedKey]?) -> Bool {
        let keys = trusted ?? header?.keys ?? []
        guard head.tenant == header?.tenant, let key = keys.first(where: { $0.id == head.keyID && $0.isConsistent })
        else {
            findings.append(.wrongKey(head.keyID))
            return false
        }
        guard key.verifies(head.signature, over: head.message) else {
            findings.append(.badSignature(epoch: head.epoch, size: head.size))
            return false
        }
        return true
    }
}

extension JournalFinding {
    fileprivate var isAboutPlace: Bool {
        switch self {
        case .dropped, .reordered, .tailCut: true
        default: false
        }
    }
}
