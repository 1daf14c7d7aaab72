import Vocabulary

/// Computes a keyed tag over bytes; given by the key ring, so that no key is known here.
public typealias MACFunction = @Sendable ([UInt8]) throws -> [UInt8]

/// The place after which the next page begins: opaque to callers and MACed, because a forged one would reach SQL.
public struct Cursor: Sendable, Equatable {
    /// The sort key of the last item given out.
    public let after: String
    /// Bytes of `after` at most.
    public static let keyLimit = 512

    public init(after: String) { self.after = after }

    /// - Parameter list: what is being paged through (operation, tenant, filter): a cursor works for that list only.
    public func sealed(for list: String, mac: MACFunction) throws -> String {
        let key = Array(after.utf8.prefix(Self.keyLimit))
        let tag = try Self.tag(key, list: list, mac: mac)
        return Base64.encode(tag + key, .url)
    }

    /// - Throws: `Refusal.badRequest("cursor.invalid")` for anything that `sealed` did not make for this list.
    public init(sealed text: String, for list: String, mac: MACFunction) throws {
        let refusal = Refusal.badRequest(code: "cursor.invalid", where: "The cursor is not one of this list's.")
        guard text.utf8.count <= 1_024, let bytes = Base64.decode(text, .url), bytes.count >= Self.tagLength else {
            throw refusal
        }
        let key = Array(bytes.dropFirst(Self.tagLength))
        let expected = try Self.tag(key, list: list, mac: mac)
        guard equalInConstantTime(bytes.prefix(Self.tagLength), expected),
            let after = String(validating: key, as: UTF8.self)
        else { throw refusal }
        self.after = after
    }

    private static let tagLength = 16

    private static func tag(_ key: [UInt8], list: String, mac: MACFunction) throws -> [UInt8] {
        // The list's length comes first, so that no part can flow into the other.
        let label = Array("cursor:\(list.utf8.count):\(list):".utf8)
        return Array(try mac(label + key).prefix(tagLength))
    }
}

/// How much of a list one answer holds.
public struct PageRequest: Sendable, Equatable {
    public static let defaultLimit = 50
    public static let maximum = 200

    public let limit: Int
    public let cursor: Cursor?

    /// - Throws: `Refusal.badRequest`: `limit` outside 1...200, or a cursor that is not this list's.
    ///
    /// - Parameter standard: how much one answer holds where nothing is said.
    public init(
        limit: String?, cursor: String?, list: String, mac: MACFunction, standard: Int = PageRequest.defaultLimit
    ) throws {
        self.limit =
            try limit.map { text in
                guard let number = Int(text), (1...Self.maximum).contains(number) else {
                    throw Refusal.badRequest(code: "page.limit", where: "limit is a number from 1 to \(Self.maximum).")
                }
                return number
            } ?? standard
        self.cursor = try cursor.map { try Cursor(sealed: $0, for: list, mac: mac) }
    }
}
