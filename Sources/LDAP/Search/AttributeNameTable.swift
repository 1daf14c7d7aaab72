/// The attribute names one connection has seen, found by the bytes a server sent. A search asks for a dozen attributes
/// and gets them a hundred thousand times; comparing a few bytes is cheaper than making the string again.
struct AttributeNameTable {
    /// A name in lower case. Options such as `;binary` or `;lang-de` are kept, for they make another attribute.
    struct Label {
        let name: String
        /// Names a part of the values (`;range=`), whose rest has to be asked for.
        let isRanged: Bool

        init(_ name: String) {
            self.name = name
            isRanged = AttributeRange(name) != nil
        }
    }

    private var known: [(bytes: [UInt8], label: Label)] = []
    private static let limit = 64

    mutating func label(_ bytes: UnsafeRawBufferPointer) -> Label {
        for candidate in known where candidate.bytes.count == bytes.count && candidate.bytes.elementsEqual(bytes) {
            return candidate.label
        }
        let label = Label(String(decoding: bytes, as: UTF8.self).lowercased())
        if known.count < Self.limit { known.append((Array(bytes), label)) }
        return label
    }
}
