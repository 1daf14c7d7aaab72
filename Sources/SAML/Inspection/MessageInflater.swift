/// DEFLATE of the redirect binding, with refusals as inspections tell them.
enum MessageInflater {
    /// - Throws: `SAMLError`: `LIMIT`, `XML_MALFORMED`.
    static func inflate(_ bytes: [UInt8]) throws -> [UInt8] {
        do {
            return try Inflate.bytes(bytes)
        } catch {
            throw SAMLError(error.code == .tooLarge ? .limit : .malformed, error.detail)
        }
    }
}
