import Foundation

/// A big directory, the same for the same seed: people in four groups each, groups in a tree of groups.
/// Nothing about it is stored per person; every fact is computed from its number, counted from zero.
public struct LargeDirectory: Sendable {
    public let suffix: String
    public let people: Int
    public let groups: Int
    public let seed: UInt64
    /// Every person's.
    public static let password = "everybody in the large directory"
    /// Each group but the first is a member of another one; so many at most are members of the same.
    public static let branching = 8
    public static let groupsPerPerson = 4

    public var peopleBase: String { "ou=people,\(suffix)" }
    public var groupsBase: String { "ou=groups,\(suffix)" }

    /// The login of the person of this number, the same in every run.
    public func login(_ person: Int) -> String { "p" + Self.padded(person, 7) }

    /// The distinguished name of the person of this number.
    public func personDN(_ person: Int) -> String { "uid=\(login(person)),ou=people,\(suffix)" }
    /// The entryUUID.
    public func personKey(_ person: Int) -> String { FixtureKey.text(.person, person, seed: seed) }

    /// The common name of the group of this number, the same in every run.
    public func groupName(_ group: Int) -> String { "g" + Self.padded(group, 5) }

    /// The distinguished name of the group of this number.
    public func groupDN(_ group: Int) -> String { "cn=\(groupName(group)),ou=groups,\(suffix)" }
    /// The entryUUID.
    public func groupKey(_ group: Int) -> String { FixtureKey.text(.group, group, seed: seed) }

    /// The group that `group` is a member of; nil for the first, and for one whose parent it would be itself.
    public func parent(_ group: Int) -> Int? { group == 0 ? nil : (group - 1) / Self.branching }

    /// The groups a person is a direct member of, in rising order and without doubles.
    public func directGroups(_ person: Int) -> [Int] {
        var random = Seeded(seed &+ UInt64(person) &* 0x9E37_79B9_7F4A_7C15)
        return Set((0..<Self.groupsPerPerson).map { _ in Int(random.next() % UInt64(groups)) }).sorted()
    }

    /// Those, and every group they are in.
    public func effectiveGroups(_ person: Int) -> Set<Int> {
        var all: Set<Int> = []
        for direct in directGroups(person) {
            var group: Int? = direct
            while let current = group, all.insert(current).inserted { group = parent(current) }
        }
        return all
    }

    /// Values of `member` in all groups together.
    public var memberships: Int {
        (0..<people).reduce(max(0, groups - 1)) { $0 + directGroups($1).count }
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

extension FixtureDirectory {
    /// Writes a large directory's LDIF to `file`, a megabyte at a time, and returns the truth about it.
    ///
    /// - Throws: `FixtureError` when there is nobody or no group to write; whatever writing throws.
    public static func large(
        people: Int = 100_000, groups: Int = 2_000, seed: UInt64 = 1, suffix: String = "dc=example,dc=org", to file: URL
    ) throws -> LargeDirectory {
        guard (1...5_000_000).contains(people), (1...100_000).contains(groups) else {
            throw FixtureError("A large directory has 1 to 5000000 people and 1 to 100000 groups.")
        }
        let directory = LargeDirectory(suffix: suffix, people: people, groups: groups, seed: seed)
        guard FileManager.default.createFile(atPath: file.path, contents: nil) else {
            throw FixtureError("\(file.path) cannot be written.")
        }
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        var writer = LDIFWriter()
        writeSuffix(suffix, &writer)
        var members = Array(repeating: [Int32](), count: groups)
        for person in 0..<people {
            writePerson(person, of: directory, &writer)
            for group in directory.directGroups(person) { members[group].append(Int32(person)) }
            try flush(&writer, to: handle, above: 1 << 20)
        }
        var children = Array(repeating: [Int](), count: groups)
        for group in 1..<max(groups, 1) { children[(group - 1) / LargeDirectory.branching].append(group) }
        for group in 0..<groups {
            let names = members[group].map { directory.personDN(Int($0)) } + children[group].map(directory.groupDN)
            writeGroup(group, names, of: directory, &writer)
            try flush(&writer, to: handle, above: 1 << 20)
        }
        try flush(&writer, to: handle, above: 0)
        return directory
    }

    private static func flush(_ writer: inout LDIFWriter, to handle: FileHandle, above limit: Int) throws {
        guard writer.bytes.count > limit else { return }
        try handle.write(contentsOf: Data(writer.bytes))
        writer.removeAll()
    }

    private static func writePerson(_ person: Int, of directory: LargeDirectory, _ writer: inout LDIFWriter) {
        let login = directory.login(person)
        writer.entry(
            directory.personDN(person),
            [
                ("objectClass", "inetOrgPerson"), ("uid", login), ("cn", "Person \(person)"), ("givenName", "Person"),
                ("sn", "Number \(person)"), ("mail", "\(login)@example.org"),
                ("departmentNumber", "d\(person % 97)"), ("userPassword", LargeDirectory.password),
                ("entryUUID", directory.personKey(person)),
            ])
    }

    private static func writeGroup(
        _ group: Int, _ members: [String], of directory: LargeDirectory, _ writer: inout LDIFWriter
    ) {
        writer.entry(
            directory.groupDN(group),
            [
                ("objectClass", "groupOfNames"), ("cn", directory.groupName(group)),
                ("entryUUID", directory.groupKey(group)),
            ] + (members.isEmpty ? [""] : members).map { ("member", $0) })
    }
}
