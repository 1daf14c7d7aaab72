/// A compact serialization, cut at its dots and not looked into.
enum CompactForm {
    /// Bytes of a token.
    static let byteLimit = 131_072

    /// - Throws: `JOSEError`: `too_large`, `malformed_token` for another number of parts.
    static func parts(of token: String, count: Int) throws -> [ArraySlice<UInt8>] {
        guard token.utf8.count <= byteLimit else { throw JOSEError(.tooLarge, "token") }
        let parts = Array(token.utf8).split(
            separator: UInt8(ascii: "."), maxSplits: count, omittingEmptySubsequences: false)
        guard parts.count == count else { throw JOSEError(.malformedToken) }
        return parts
    }
}
