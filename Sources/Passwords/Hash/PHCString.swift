import Vocabulary

/// The PHC string format: `$id[$v=version][$name=value,…][$salt[$hash]]`.
///
/// Parsing accepts canonical spellings only, so `PHCString(text)!.description == text` for every text it accepts.
public struct PHCString: Hashable, Sendable, CustomStringConvertible {
    /// One `name=value` of the parameter part, in the order it was written.
    public struct Parameter: Hashable, Sendable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Longest text that is read, in bytes.
    public static let lengthLimit = 512
    /// Most parameters that are read.
    public static let parameterLimit = 8

    /// Name of the function: 1 to 32 of `a-z 0-9 -`.
    public let identifier: String
    public let version: Int?
    public let parameters: [Parameter]
    public let salt: [UInt8]?
    public let hash: [UInt8]?

    public init(identifier: String, version: Int?, parameters: [Parameter], salt: [UInt8]?, hash: [UInt8]?) {
        self.identifier = identifier
        self.version = version
        self.parameters = parameters
        self.salt = salt
        self.hash = hash
    }

    /// The value of the parameter of this name; nil when the hash does not give it.
    public subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// The parameter as a canonical decimal number, nil when it is absent or anything else.
    public func integer(_ name: String) -> Int? { self[name].flatMap { canonicalDecimal($0) } }

    public var description: String {
        var text = "$" + identifier
        if let version { text += "$v=\(version)" }
        if !parameters.isEmpty { text += "$" + parameters.map { "\($0.name)=\($0.value)" }.joined(separator: ",") }
        if let salt { text += "$" + Base64.encode(salt, .bare) }
        if salt != nil, let hash { text += "$" + Base64.encode(hash, .bare) }
        return text
    }
}

extension PHCString {
    /// Nil for anything outside the format, its limits or its canonical spelling.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.lengthLimit, text.utf8.first == UInt8(ascii: "$") else { return nil }
        var fields = text.dropFirst().split(separator: "$", omittingEmptySubsequences: false)[...]
        guard let identifier = fields.popFirst(), Self.isName(identifier) else { return nil }
        var version: Int?
        if let field = fields.first, field.hasPrefix("v="), !field.contains(",") {
            guard let number = canonicalDecimal(field.dropFirst(2)) else { return nil }
            version = number
            fields.removeFirst()
        }
        var parameters: [Parameter] = []
        if let field = fields.first, field.contains("=") {
            guard let read = Self.parameters(field) else { return nil }
            parameters = read
            fields.removeFirst()
        }
        guard fields.count <= 2 else { return nil }
        let binary = fields.map { $0.isEmpty ? nil : Base64.decode($0, .bare) }
        guard !binary.contains(nil) else { return nil }
        self.init(
            identifier: String(identifier), version: version, parameters: parameters,
            salt: binary.first ?? nil, hash: binary.count == 2 ? binary[1] : nil)
    }

    private static func parameters(_ field: Substring) -> [Parameter]? {
        let pairs = field.split(separator: ",", omittingEmptySubsequences: false)
        guard pairs.count <= parameterLimit else { return nil }
        var read: [Parameter] = []
        for pair in pairs {
            let halves = pair.split(separator: "=", omittingEmptySubsequences: false)
            guard halves.count == 2, isName(halves[0]), isValue(halves[1]), halves[0] != "v",
                !read.contains(where: { $0.name == halves[0] })
            else { return nil }
            read.append(Parameter(String(halves[0]), String(halves[1])))
        }
        return read
    }

    private static func isName(_ text: Substring) -> Bool {
        (1...32).contains(text.utf8.count) && text.utf8.allSatisfy { isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// Whether the text may stand as a parameter's value: 1 to 64 of `a-z A-Z 0-9 / + . -`.
    static func isValue(_ text: some StringProtocol) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                isLowerOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || [UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "-")].contains(byte)
            }
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
