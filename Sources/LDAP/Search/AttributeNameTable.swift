/// The attribute names one connection has seen, found by the bytes a server sent. A search asks for a dozen attributes
/// and gets them a hundred thousand times; comparing a few bytes is cheaper than making the string again.
struct AttributeNameTable {
    private var known: [(bytes: [UInt8], name: String)] = []
    private static let limit = 64

    /// The name in lower case. Options such as `;binary` or `;lang-de` are kept, for they make another attribute.
    mutating func name(_ bytes: UnsafeRawBufferPointer) -> String {
        for candidate in known where candidate.bytes.count == bytes.count && candidate.bytes.elementsEqual(bytes) {
            return candidate.name
        }
        let name = String(decoding: bytes, as: UTF8.self).lowercased()
        if known.count < Self.limit { known.append((Array(bytes), name)) }
        return name
    }
}
