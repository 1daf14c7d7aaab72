extension PolicyChange {
    /// What is different between two versions of one policy, by path: what changed and changed back is no difference.
    ///
    /// - Parameters:
    ///   - changes: the policy's history, oldest first.
    ///   - from: the older version; 0 is before the first.
    public static func differences(
        in changes: [PolicyChange], from: Int64, to: Int64
    ) -> [Difference] {
        var found: [String: (before: String?, after: String?)] = [:]
        for change in changes where change.version > from && change.version <= to {
            for difference in change.differences {
                let before = found[difference.path].map(\.before) ?? difference.before
                found[difference.path] = (before, difference.after)
            }
        }
        return found.sorted { $0.key < $1.key }.compactMap { path, sides in
            sides.before == sides.after ? nil : Difference(path: path, before: sides.before, after: sides.after)
        }
    }
}
