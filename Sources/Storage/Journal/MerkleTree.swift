import Crypto

/// The hashes of RFC 9162 §2.1 over SHA-256.
public enum MerkleTree {
    /// The root of nothing: the hash of the empty string (§2.1.1).
    public static let emptyRoot = Array(SHA256.hash(data: [UInt8]()))

    /// SHA-256(0x00 ‖ data).
    public static func leafHash(_ data: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: [0 as UInt8])
        hash.update(data: data)
        return Array(hash.finalize())
    }

    /// SHA-256(0x01 ‖ left ‖ right).
    public static func nodeHash(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: [1 as UInt8])
        hash.update(data: left)
        hash.update(data: right)
        return Array(hash.finalize())
    }

    /// The leaf's data: its position, big-endian, and the stored record.
    public static func leafHash(position: Int64, record: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        var head: [UInt8] = [0]
        head.append(bigEndian: position)
        hash.update(data: head)
        hash.update(data: record)
        return Array(hash.finalize())
    }

    /// The root over leaf hashes (§2.1.1).
    public static func root(_ leaves: [[UInt8]]) -> [UInt8] {
        var frontier = MerkleFrontier()
        for leaf in leaves { frontier.append(leaf) }
        return frontier.root
    }
}

/// The roots of the perfect subtrees of a tree, largest first: all that appending and the root need.
public struct MerkleFrontier: Hashable, Sendable {
    public private(set) var size: Int64 = 0
    private var nodes: [[UInt8]] = []

    public init() {}

    /// From the stored form; nil when the bytes do not fit the size.
    public init?(size: Int64, bytes: [UInt8]) {
        guard size >= 0, bytes.count == size.nonzeroBitCount * 32 else { return nil }
        self.size = size
        nodes = stride(from: 0, to: bytes.count, by: 32).map { Array(bytes[$0..<$0 + 32]) }
    }

    public var bytes: [UInt8] { nodes.flatMap { $0 } }

    /// Adds a leaf's hash at the right; amortized constant time.
    public mutating func append(_ leaf: [UInt8]) {
        var node = leaf
        for _ in 0..<size.trailingOneBits { node = MerkleTree.nodeHash(nodes.removeLast(), node) }
        nodes.append(node)
        size += 1
    }

    public var root: [UInt8] {
        guard var root = nodes.last else { return MerkleTree.emptyRoot }
        for node in nodes.dropLast().reversed() { root = MerkleTree.nodeHash(node, root) }
        return root
    }
}

extension Int64 {
    fileprivate var trailingOneBits: Int { (~self).trailingZeroBitCount }
}
