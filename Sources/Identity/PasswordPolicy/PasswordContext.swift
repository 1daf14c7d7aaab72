/// What is known about whose password it is to be, gathered by the shell before the policy judges.
public struct PasswordContext: Sendable {
    /// Where a forbidden word comes from. Sentences name the origin, never the word.
    public enum Origin: String, Sendable, Codable, CaseIterable {
        case login, name, mail, tenant, configured
    }

    /// Shortest word that is looked for, in characters.
    public static let wordMinimum = 4
    /// Most words that are looked for; further ones are left out.
    public static let wordLimit = 512

    /// Whether a second factor is demanded beside the password.
    public var hasSecondFactor: Bool
    /// Whether the password was one of the former ones, as the shell found by comparing hashes.
    public var isReused: Bool
    /// Whether it is known from breaches, as the shell found in the offline file.
    public var isCompromised: Bool
    private(set) var words: [(origin: Origin, folded: [UInt8])] = []

    public init(hasSecondFactor: Bool = false, isReused: Bool = false, isCompromised: Bool = false) {
        self.hasSecondFactor = hasSecondFactor
        self.isReused = isReused
        self.isCompromised = isCompromised
    }

    /// Gathers the words of a person and their tenant.
    public init(
        _ person: Person, tenantWords: [String], hasSecondFactor: Bool, isReused: Bool = false,
        isCompromised: Bool = false
    ) {
        self.init(hasSecondFactor: hasSecondFactor, isReused: isReused, isCompromised: isCompromised)
        add(person.login, .login)
        for name in [person.displayName, person.givenName, person.familyName] { add(name ?? "", .name) }
        let mail = person.mail ?? ""
        add(mail.lastIndex(of: "@").map { String(mail[..<$0]) } ?? mail, .mail)
        for word in tenantWords { add(word, .tenant) }
    }

    /// Forbids a word, and its parts where it has several (`anna.schmidt`), as far as they have four characters.
    public mutating func add(_ word: String, _ origin: Origin) {
        let folded = PasswordText.folded(String(word.prefix(256)))
        let parts = folded.unicodeScalars
            .split { !$0.properties.isAlphabetic && $0.properties.generalCategory != .decimalNumber }
            .map { String(String.UnicodeScalarView($0)) }
        for text in Set(parts + [folded]).sorted()
        where text.unicodeScalars.count >= Self.wordMinimum && words.count < Self.wordLimit {
            words.append((origin, Array(text.utf8)))
        }
    }

    /// From which origins the candidate has a word, each once, in the order of `Origin`.
    func origins(in folded: String) -> [Origin] {
        let text = Array(folded.utf8)
        let found = Set(words.filter { Self.contains(text, $0.folded) }.map(\.origin))
        return Origin.allCases.filter(found.contains)
    }

    private static func contains(_ text: [UInt8], _ word: [UInt8]) -> Bool {
        guard word.count <= text.count else { return false }
        return (0...text.count - word.count).contains { text[$0...].starts(with: word) }
    }
}
