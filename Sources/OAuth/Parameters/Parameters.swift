/// The parameters of one request, as `application/x-www-form-urlencoded` carries them in a query or a body
/// (RFC 6749 appendix B).
///
/// A name stands once, whether it is known or not: what two readers understand differently is refused before anybody
/// reads it (RFC 6749 §3.1 and §3.2). Only names that a standard lets repeat may do so. A parameter without a value
/// counts as left out.
public struct Parameters: Sendable, Hashable {
    /// Why what was sent is not read at all.
    public enum Flaw: Error, Sendable, Hashable {
        case tooLong
        case tooMany
        /// A broken percent escape, text that is not UTF-8, a NUL, or a pair without a name.
        case malformed
        case duplicated(String)
    }

    /// How much is read.
    public struct Limits: Sendable, Hashable {
        /// Of the whole text, in bytes.
        public var bytes: Int
        /// Of pairs.
        public var count: Int
        /// Of one decoded value, in bytes.
        public var valueBytes: Int

        public init(bytes: Int, count: Int, valueBytes: Int) {
            self.bytes = bytes
            self.count = count
            self.valueBytes = valueBytes
        }

        /// Of a query: what servers and proxies pass on of a request line.
        public static let query = Limits(bytes: 16_384, count: 64, valueBytes: 12_288)
        /// Of a body: room for a request object and an assertion.
        public static let body = Limits(bytes: 65_536, count: 64, valueBytes: 49_152)
        /// Of a form in which a message of up to 256 KiB stands in Base64, escaped.
        public static let postedMessage = Limits(bytes: 1_100_000, count: 16, valueBytes: 400_000)
    }

    /// RFC 8707 §2: several resources; RFC 8693 §2.1: several audiences.
    public static let repeatable: Set<String> = ["resource", "audience"]
    /// No name longer than this, in bytes.
    public static let nameByteLimit = 128

    private var values: [String: [String]]

    /// Parameters put together here, to be sent.
    public init(_ pairs: [(String, String)] = []) {
        values = [:]
        for (name, value) in pairs { values[name, default: []].append(value) }
    }

    /// Reads a query (without its `?`) or a body.
    public init(reading text: some Collection<UInt8>, limits: Limits, repeatable: Set<String> = Self.repeatable)
        throws(Flaw)
    {
        values = [:]
        guard text.count <= limits.bytes else { throw .tooLong }
        // A type the compiler knows: a generic collection is split many times slower.
        let text = Array(text)
        var count = 0
        for pair in text.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: true) {
            count += 1
            guard count <= limits.count else { throw .tooMany }
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = FormCoding.decode(parts[0]), !name.isEmpty, name.utf8.count <= Self.nameByteLimit,
                let value = parts.count == 2 ? FormCoding.decode(parts[1]) : ""
            else { throw .malformed }
            guard value.utf8.count <= limits.valueBytes else { throw .tooLong }
            guard values[name] == nil || repeatable.contains(name) else { throw .duplicated(name) }
            values[name, default: []].append(value)
        }
    }

    /// The value of a name that stands once; nil when it was left out or sent empty.
    public subscript(name: String) -> String? {
        guard let value = values[name]?.first, !value.isEmpty else { return nil }
        return value
    }

    /// Every value of a name that may repeat, in the order sent, without empty ones.
    public func all(_ name: String) -> [String] { values[name, default: []].filter { !$0.isEmpty } }

    /// Whether the name was sent at all, be it empty.
    public func holds(_ name: String) -> Bool { values[name] != nil }

    /// The names that were sent.
    public var names: Set<String> { Set(values.keys) }

    /// Sets or, with nil, removes a value; for what is put together here.
    public mutating func set(_ name: String, _ value: String?) { values[name] = value.map { [$0] } }

    /// Adds one more value of a name that may repeat; for what is put together here.
    public mutating func add(_ name: String, _ value: String) { values[name, default: []].append(value) }

    /// The parameters as a query or body says them, in the order of their names so that equal ones are written alike.
    public var encoded: String {
        values.keys.sorted().flatMap { name in
            values[name, default: []].map { FormCoding.encode(name) + "=" + FormCoding.encode($0) }
        }.joined(separator: "&")
    }
}

extension Parameters.Flaw {
    /// The answer of every endpoint: an error page or `invalid_request`.
    public var error: OAuthError {
        switch self {
        case .tooLong: OAuthError(.invalidRequest, "the request is too long")
        case .tooMany: OAuthError(.invalidRequest, "too many parameters")
        case .malformed: OAuthError(.invalidRequest, "the parameters are not well formed")
        case .duplicated(let name): OAuthError(.invalidRequest, "the parameter \(name) stands more than once")
        }
    }
}
