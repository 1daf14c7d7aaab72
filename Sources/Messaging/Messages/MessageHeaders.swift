/// Header fields of a message, in order. Names are found whatever their case; servers pass them on as they were written.
///
/// What is made with `init(_:)` can stand on the wire: the library copies names as they are, and makes spaces of line ends in
/// values, so both are refused here.
public struct MessageHeaders: Sendable, Hashable, ExpressibleByArrayLiteral {
    /// Most fields of a message.
    public static let fieldLimit = 64
    /// Longest name and value together, in bytes.
    public static let fieldByteLimit = 8_192

    /// One field.
    public struct Field: Sendable, Hashable {
        public let name: String
        public let value: String
    }

    public let fields: [Field]

    /// Fields that can be sent.
    ///
    /// - Throws: `MessagingError.invalidMessage` for a name that is no token of RFC 9110 §5.6.2, a control character in a
    ///   value, or more than the limits allow.
    public init(_ fields: [(name: String, value: String)]) throws(MessagingError) {
        guard fields.count <= Self.fieldLimit else {
            throw .invalidMessage("there are \(fields.count) header fields of \(Self.fieldLimit)")
        }
        for (name, value) in fields {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else {
                throw .invalidMessage("the name of a header field is no token")
            }
            guard name.utf8.count + value.utf8.count <= Self.fieldByteLimit else {
                throw .invalidMessage("the header field \(name) is too long")
            }
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw .invalidMessage("the header field \(name) has a control character")
            }
        }
        self.fields = fields.map { Field(name: $0.name, value: $0.value) }
    }

    /// None.
    public init() { fields = [] }

    public init(arrayLiteral: Never...) { self.init() }

    /// Fields of a message that came.
    init(received fields: [Field]) { self.fields = fields }

    /// Reads the bytes of a header as a server stores them; what is no field is passed over.
    init(stored bytes: some Collection<UInt8>) {
        let lines = bytes.split(separator: 0x0A).dropFirst()
        fields = lines.prefix(Self.fieldLimit).compactMap { line in
            let text = String(decoding: line, as: UTF8.self)
            guard let colon = text.firstIndex(of: ":") else { return nil }
            return Field(name: String(text[..<colon]), value: Self.trimmed(text[text.index(after: colon)...]))
        }
    }

    /// The value of the first field of that name.
    public subscript(name: String) -> String? {
        fields.first { $0.name == name || $0.name.lowercased() == name.lowercased() }?.value
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return String(text)
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
