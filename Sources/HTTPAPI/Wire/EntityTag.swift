/// A strong entity tag (RFC 9110 §8.8.3) made from a row's version, and the preconditions upon it.
public struct EntityTag: Sendable, Hashable, CustomStringConvertible {
    public let version: Int64

    public init(version: Int64) { self.version = version }

    /// As it stands in the `ETag` header: `"v7"`.
    public var description: String { "\"v\(version)\"" }

    /// Reads one tag of ours; weak tags (`W/`) and foreign ones are nil.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 24, text.hasPrefix("\"v"), text.hasSuffix("\""), text.utf8.count > 3,
            let version = Int64(text.dropFirst(2).dropLast()), version >= 0, "\"v\(version)\"" == String(text)
        else { return nil }
        self.version = version
    }

    /// Holds a change to the version the caller has read (RFC 9110 §13.1.1).
    ///
    /// - Returns: the version the command must still find when it commits; nil for `*` (any).
    /// - Throws: `Refusal.preconditionRequired` (428, RFC 6585 §3) without the header, `.preconditionFailed` (412) when
    ///   none of the listed tags is `current`.
    public static func require(ifMatch header: String?, current: EntityTag) throws -> Int64? {
        guard let header else { throw Refusal.preconditionRequired }
        let items = header.split(separator: ",", maxSplits: 16).map { $0.trimmingSpaces() }
        if items == ["*"] { return nil }
        guard items.contains(where: { EntityTag($0) == current }) else { throw Refusal.preconditionFailed }
        return current.version
    }

    /// Whether a reader's copy is still good (RFC 9110 §13.1.2, weak comparison): answer 304.
    public static func isFresh(ifNoneMatch header: String?, current: EntityTag) -> Bool {
        guard let header else { return false }
        return header.split(separator: ",", maxSplits: 16).map { $0.trimmingSpaces() }.contains { item in
            item == "*" || EntityTag(item.hasPrefix("W/") ? item.dropFirst(2) : item[...]) == current
        }
    }
}

extension StringProtocol {
    /// Without leading and trailing spaces and tabs (OWS, RFC 9110 §5.6.3).
    func trimmingSpaces() -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let head = self.drop(while: isSpace)
        guard let last = head.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(head[...last])
    }
}
