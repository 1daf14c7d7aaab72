/// A directory of invented people and groups, and the truth about it, written down rather than computed.
public struct FixtureDirectory: Sendable {
    public let suffix: String
    public let ldif: String
    public let people: [FixturePerson]
    public let groups: [FixtureGroup]

    public var peopleBase: String { "ou=people,\(suffix)" }
    public var groupsBase: String { "ou=groups,\(suffix)" }

    /// The person of this login, compared byte for byte; nil for a stranger.
    public func person(_ login: String) -> FixturePerson? { people.first { $0.login == login } }

    /// The group of this common name; nil when the file has none.
    public func group(_ name: String) -> FixtureGroup? { groups.first { $0.name == name } }
}

/// One person of the directory's file, with the password the file gives them.
public struct FixturePerson: Sendable, Hashable {
    /// What a directory says of somebody who offers the right password.
    public enum State: Sendable, Hashable {
        case active, locked, expired, mustChange
        /// Expired, and this many binds are left.
        case grace(Int)
    }

    public let login: String
    public let dn: String
    /// The entryUUID.
    public let key: String
    public let mail: String
    public let password: String
    public let state: State
    /// Names of the groups this person is in, directly or through groups.
    public let groups: Set<String>
}

/// One group of the directory's file and the names of its members.
public struct FixtureGroup: Sendable, Hashable {
    public let name: String
    public let dn: String
    /// The entryUUID.
    public let key: String
    /// As the entry holds them: names in `member`, logins in `memberUid`.
    public let members: [String]
    public let isPosix: Bool
    /// Logins of everyone in it, directly or through groups.
    public let everyone: Set<String>
}

/// Keys a fixture gives its entries, so that the truth can name them.
enum FixtureKey {
    enum Kind: Int { case container = 0, person, group }

    /// A UUID that says what it is the key of.
    static func text(_ kind: Kind, _ index: Int, seed: UInt64 = 0) -> String {
        "\(hex(UInt64(kind.rawValue), 8))-\(hex(seed & 0xFFFF, 4))-4000-8000-\(hex(UInt64(index), 12))"
    }

    private static func hex(_ number: UInt64, _ digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text.suffix(digits)
    }
}
