/// Passwords that are refused as a whole: lists of common ones, read from text.
///
/// A candidate is refused when it is an entry, or nothing but repetitions of one (the last may be cut short). It is not
/// refused for containing an entry: a passphrase is made of ordinary words.
public struct BlockList: Sendable {
    private let entries: Set<String>

    /// An empty list refuses nothing.
    public static let none = BlockList()

    /// Reads one entry a line. Blank lines and lines that begin with `#` are left out; spaces around an entry do not
    /// belong to it. Entries are compared after NFKC and lower-casing.
    public init(_ texts: String...) { self.init(texts) }

    /// As above, for as many texts as there are.
    public init(_ texts: [String]) {
        var entries: Set<String> = []
        for text in texts {
            for line in text.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
                let trimmed = Self.trimmed(line)
                if trimmed.isEmpty || trimmed.first == UInt8(ascii: "#") { continue }
                entries.insert(PasswordText.folded(String(Substring(trimmed))))
            }
        }
        self.entries = entries
    }

    /// How many different entries there are.
    public var count: Int { entries.count }

    /// Whether the password is an entry or repetitions of one.
    public func contains(_ password: String) -> Bool { contains(folded: PasswordText.folded(password)) }

    func contains(folded: String) -> Bool {
        if entries.contains(folded) { return true }
        let scalars = Array(folded.unicodeScalars)
        return PasswordPattern.periods(of: scalars).contains { period in
            var unit = String.UnicodeScalarView()
            unit.append(contentsOf: scalars.prefix(period))
            return entries.contains(String(unit))
        }
    }

    private static func trimmed(_ line: Substring.UTF8View) -> Substring.UTF8View {
        var line = line
        while let byte = line.first, byte == 0x20 || byte == 0x09 { line = line.dropFirst() }
        while let byte = line.last, byte == 0x20 || byte == 0x09 { line = line.dropLast() }
        return line
    }
}
