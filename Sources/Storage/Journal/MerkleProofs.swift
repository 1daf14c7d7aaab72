extension MerkleTree {
    /// The inclusion proof of leaf `index` (from 0) in the tree over these leaf hashes (RFC 9162 §2.1.3.1).
    /// Nil when there is no such leaf.
    public static func inclusionProof(_ index: Int, in leaves: [[UInt8]]) -> [[UInt8]]? {
        guard leaves.indices.contains(index) else { return nil }
        return path(index, leaves[...])
    }

    /// The consistency proof from the first `size` leaves to all of them (§2.1.4.1). Nil unless 0 < size ≤ count.
    public static func consistencyProof(from size: Int, in leaves: [[UInt8]]) -> [[UInt8]]? {
        guard size > 0, size <= leaves.count else { return nil }
        return subproof(size, leaves[...], isWhole: true)
    }

    /// RFC 9162 §2.1.3.2.
    public static func verifyInclusion(
        leaf: [UInt8], index: Int64, size: Int64, proof: [[UInt8]], root: [UInt8]
    ) -> Bool {
        guard index >= 0, index < size else { return false }
        var (fn, sn, hash) = (index, size - 1, leaf)
        for node in proof {
            guard sn != 0, node.count == 32 else { return false }
            if fn & 1 == 1 || fn == sn {
                hash = nodeHash(node, hash)
                while fn & 1 == 0, fn != 0 { (fn, sn) = (fn >> 1, sn >> 1) }
            } else {
                hash = nodeHash(hash, node)
            }
            (fn, sn) = (fn >> 1, sn >> 1)
        }
        return sn == 0 && hash == root
    }

    /// RFC 9162 §2.1.4.2.
    public static func verifyConsistency(
        oldSize: Int64, newSize: Int64, oldRoot: [UInt8], newRoot: [UInt8], proof: [[UInt8]]
    ) -> Bool {
        guard oldSize > 0, oldSize <= newSize, proof.allSatisfy({ $0.count == 32 }) else { return false }
        if oldSize == newSize { return proof.isEmpty && oldRoot == newRoot }
        var path = proof[...]
        if oldSize & (oldSize - 1) == 0 { path = [oldRoot] + path }
        guard let first = path.popFirst() else { return false }
        var (fn, sn) = (oldSize - 1, newSize - 1)
        while fn & 1 == 1 { (fn, sn) = (fn >> 1, sn >> 1) }
        var (fr, sr) = (first, first)
        for node in path {
            guard sn != 0 else { return false }
            if fn & 1 == 1 || fn == sn {
                (fr, sr) = (nodeHash(node, fr), nodeHash(node, sr))
                while fn & 1 == 0, fn != 0 { (fn, sn) = (fn >> 1, sn >> 1) }
            } else {
                sr = nodeHash(sr, node)
            }
            (fn, sn) = (fn >> 1, sn >> 1)
        }
        return sn == 0 && fr == oldRoot && sr == newRoot
    }

    private static func path(_ index: Int, _ leaves: ArraySlice<[UInt8]>) -> [[UInt8]] {
        guard leaves.count > 1 else { return [] }
        let middle = leaves.startIndex + split(leaves.count)
        return index < split(leaves.count)
            ? path(index, leaves[..<middle]) + [root(Array(leaves[middle...]))]
            : path(index - split(leaves.count), leaves[middle...]) + [root(Array(leaves[..<middle]))]
    }

    private static func subproof(_ size: Int, _ leaves: ArraySlice<[UInt8]>, isWhole: Bool) -> [[UInt8]] {
        if size == leaves.count { return isWhole ? [] : [root(Array(leaves))] }
        let half = split(leaves.count)
        let middle = leaves.startIndex + half
        return size <= half
            ? subproof(size, leaves[..<middle], isWhole: isWhole) + [root(Array(leaves[middle...]))]
            : subproof(size - half, leaves[middle...], isWhole: false) + [root(Array(leaves[..<middle]))]
    }

    /// The largest power of two below `count`.
    private static func split(_ count: Int) -> Int { 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount) }
}
