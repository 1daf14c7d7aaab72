import JOSE

/// A subject, or a pattern of subjects: tokens with dots between them, `*` for one token, a last `>` for one or more.
public struct NATSSubject: Sendable, Hashable, CustomStringConvertible {
    /// Longest subject, in bytes: a server takes no longer line of the protocol.
    public static let byteLimit = 4_096

    public let text: String
    let tokens: [Token]

    enum Token: Sendable, Hashable {
        case literal([UInt8])
        /// `*`
        case one
        /// `>`
        case rest
    }

    /// Reads a subject: no empty token, no space or control character, `>` at the end only.
    ///
    /// - Parameter place: what a fault calls it.
    /// - Throws: `NATSFault` with `malformed_subject`.
    public init(_ text: String, place: String = "subject") throws {
        func refuse(_ problem: String, _ remedy: String) -> NATSFault {
            NATSFault(.malformedSubject, place, problem, remedy)
        }
        guard !text.isEmpty else { throw refuse("is empty", "Write tokens with dots between them.") }
        guard text.utf8.count <= Self.byteLimit else {
            throw refuse("has \(text.utf8.count) bytes", "A subject has \(Self.byteLimit) at most.")
        }
        guard text.hasFewMarks, !text.unicodeScalars.contains(where: Self.separates) else {
            throw refuse("\(quoted(text)) has a space or a control character", "Tokens are divided by dots only.")
        }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard !parts.contains(where: \.isEmpty) else {
            throw refuse("\(quoted(text)) has an empty token", "Remove the dot too many.")
        }
        tokens = parts.map { part in
            if part.elementsEqual([UInt8(ascii: "*")]) { return .one }
            return part.elementsEqual([UInt8(ascii: ">")]) ? .rest : .literal(Array(part))
        }
        guard !tokens.dropLast().contains(.rest) else {
            throw refuse("\(quoted(text)) has a > before its end", "Nothing follows >: it stands for all the rest.")
        }
        self.text = text
    }

    private static func separates(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value <= 0x20 || scalar.value == 0x7F || scalar.properties.isWhitespace
    }

    /// How many tokens there are, wildcards among them.
    public var count: Int { tokens.count }

    /// Whether it stands for more subjects than itself; such a one can be subscribed to and not published to.
    public var hasWildcards: Bool { tokens.contains { $0 == .one || $0 == .rest } }

    /// How many `*` there are.
    var placeholderCount: Int { tokens.count { $0 == .one } }
    var endsOpen: Bool { tokens.last == .rest }

    /// Whether a literal token holds a wildcard's character, which means nothing there.
    var looksMistaken: Bool {
        tokens.contains { token in
            guard case .literal(let bytes) = token else { return false }
            return bytes.contains(UInt8(ascii: "*")) || bytes.contains(UInt8(ascii: ">"))
        }
    }

    /// Whether every subject that the other stands for is one that this stands for.
    public func contains(_ other: NATSSubject) -> Bool {
        for (index, token) in tokens.enumerated() {
            guard index < other.tokens.count else { return false }
            switch (token, other.tokens[index]) {
            case (.rest, _): return true
            case (_, .rest): return false
            case (.one, _): continue
            case (.literal(let mine), .literal(let theirs)) where mine == theirs: continue
            default: return false
            }
        }
        return tokens.count == other.tokens.count
    }

    /// Whether there is a subject that both stand for.
    public func overlaps(_ other: NATSSubject) -> Bool {
        for (mine, theirs) in zip(tokens, other.tokens) {
            switch (mine, theirs) {
            case (.rest, _), (_, .rest): return true
            case (.literal(let left), .literal(let right)) where left != right: return false
            default: continue
            }
        }
        return tokens.count == other.tokens.count
    }

    public var description: String { text }
    public static func == (left: NATSSubject, right: NATSSubject) -> Bool { left.tokens == right.tokens }
    public func hash(into hasher: inout Hasher) { hasher.combine(tokens) }
}
