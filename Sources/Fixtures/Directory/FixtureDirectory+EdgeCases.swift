extension FixtureDirectory {
    /// People and groups with everything that has broken other directory imports.
    public static func edgeCases(suffix: String = "dc=example,dc=org") -> FixtureDirectory {
        let people = edgePeople(suffix)
        let groups = edgeGroups(suffix, people)
        var writer = LDIFWriter()
        writeContainers(suffix, &writer)
        for person in people { write(person, suffix, &writer) }
        for group in groups { write(group, &writer) }
        return FixtureDirectory(
            suffix: suffix, ldif: String(decoding: writer.bytes, as: UTF8.self), people: people, groups: groups)
    }

    // MARK: The truth

    /// Login, the login as it stands in a name, groups, and where it differs, mail or state.
    private static let cast:
        [(login: String, escaped: String, groups: [String], mail: String?, state: FixturePerson.State)] = [
            ("alice", "alice", ["cycle-a", "cycle-b", "cycle-c"], nil, .active),
            ("bob", "bob", ["cycle-a", "cycle-b", "cycle-c"], nil, .active),
            ("carol", "carol", ["cycle-a", "cycle-b", "cycle-c"], nil, .active),
            ("dave", "dave", ["self-loop"], nil, .active),
            ("erin", "erin", ["dangling"], nil, .active),
            ("frank", "frank", ["posix-mixed"], nil, .active),
            ("rename-me", "rename-me", ["deep-1", "deep-2", "deep-3", "deep-4", "deep-5"], nil, .active),
            ("mixedcase", "mixedcase", ["mixed-case"], nil, .active),
            ("same-one", "same-one", ["twins"], "Same.Mail@Example.org", .active),
            ("same-two", "same-two", ["twins"], "same.mail@example.org", .active),
            ("par(en)*star", "par(en)*star", ["special"], nil, .active),
            ("back\\slash", "back\\5Cslash", ["special"], nil, .active),
            ("com,ma", "com\\2Cma", ["special"], nil, .active),
            ("zoë", "zoë", ["special"], nil, .active),
            ("locked", "locked", [], nil, .locked),
            ("expired", "expired", [], nil, .expired),
            ("grace", "grace", [], nil, .grace(3)),
            ("must-change", "must-change", [], nil, .mustChange),
        ]

    private static func edgePeople(_ suffix: String) -> [FixturePerson] {
        cast.enumerated().map { index, one in
            FixturePerson(
                login: one.login, dn: "uid=\(one.escaped),ou=people,\(suffix)",
                key: FixtureKey.text(.person, index + 1),
                mail: one.mail ?? "person\(index + 1)@example.org", password: "the password of \(one.login)",
                state: one.state, groups: Set(one.groups))
        }
    }

    private static func edgeGroups(_ suffix: String, _ people: [FixturePerson]) -> [FixtureGroup] {
        let person = { (name: String) in "uid=\(name),ou=people,\(suffix)" }
        let group = { (name: String) in "cn=\(name),ou=groups,\(suffix)" }
        let named: [(name: String, members: [String])] = [
            ("cycle-a", [person("alice"), group("cycle-b")]),
            ("cycle-b", [person("bob"), group("cycle-c")]),
            ("cycle-c", [person("carol"), group("cycle-a")]),
            ("self-loop", [person("dave"), group("self-loop")]),
            ("deep-1", [person("rename-me")]),
            ("deep-2", [group("deep-1")]),
            ("deep-3", [group("deep-2")]),
            ("deep-4", [group("deep-3")]),
            ("deep-5", [group("deep-4")]),
            ("mixed-case", ["UID=MixedCase, OU=People, \(suffix.uppercased())"]),
            ("dangling", [person("erin"), person("nobody-has-this-name")]),
            // groupOfNames demands a member, so administrators give it one without a name.
            ("empty", [""]),
            ("twins", [person("same-one"), person("same-two")]),
            ("special", ["par(en)*star", "back\\5Cslash", "com\\2Cma", "zoë"].map(person)),
        ]
        let posix: [(name: String, members: [String])] = [
            ("posix-mixed", ["frank", "ghost"]), ("posix-empty", []),
        ]
        return (named.map { ($0, false) } + posix.map { ($0, true) }).enumerated().map { index, one in
            let (name, members) = one.0
            return FixtureGroup(
                name: name, dn: group(name), key: FixtureKey.text(.group, index + 1), members: members,
                isPosix: one.1, everyone: Set(people.filter { $0.groups.contains(name) }.map(\.login)))
        }
    }

    // MARK: The entries

    private static func writeContainers(_ suffix: String, _ writer: inout LDIFWriter) {
        FixtureDirectory.writeSuffix(suffix, &writer)
        writer.entry(
            "cn=strict,ou=policies,\(suffix)",
            policy("strict") + [("pwdGraceAuthNLimit", "0")])
        writer.entry(
            "cn=lenient,ou=policies,\(suffix)",
            policy("lenient") + [("pwdGraceAuthNLimit", "3")])
    }

    private static func policy(_ name: String) -> [(String, String)] {
        [
            ("objectClass", "device"), ("objectClass", "pwdPolicy"), ("cn", name), ("pwdAttribute", "userPassword"),
            ("pwdMaxAge", "86400"), ("pwdLockout", "TRUE"), ("pwdMaxFailure", "100"),
            ("pwdAllowUserChange", "TRUE"),
        ]
    }

    private static func write(_ person: FixturePerson, _ suffix: String, _ writer: inout LDIFWriter) {
        writer.entry(
            person.dn,
            [
                ("objectClass", "inetOrgPerson"), ("uid", person.login), ("cn", "The \(person.login)"),
                ("sn", person.login), ("mail", person.mail), ("userPassword", person.password),
                ("entryUUID", person.key),
            ] + stateAttributes(person.state, suffix))
    }

    private static func stateAttributes(_ state: FixturePerson.State, _ suffix: String) -> [(String, String)] {
        switch state {
        case .active: []
        // draft-behera-ldap-password-policy-10 §5.3.3: this value means locked until an administrator says otherwise.
        case .locked: [("pwdAccountLockedTime", "000001010000Z")]
        case .expired:
            [("pwdChangedTime", "20200101000000Z"), ("pwdPolicySubentry", "cn=strict,ou=policies,\(suffix)")]
        case .grace:
            [("pwdChangedTime", "20200101000000Z"), ("pwdPolicySubentry", "cn=lenient,ou=policies,\(suffix)")]
        case .mustChange: [("pwdReset", "TRUE")]
        }
    }

    private static func write(_ group: FixtureGroup, _ writer: inout LDIFWriter) {
        let kind =
            group.isPosix
            ? [("objectClass", "posixGroup"), ("gidNumber", "5000")] : [("objectClass", "groupOfNames")]
        writer.entry(
            group.dn,
            kind + [("cn", group.name), ("entryUUID", group.key)]
                + group.members.map { (group.isPosix ? "memberUid" : "member", $0) })
    }

    /// The suffix and `ou=people`, `ou=groups`, `ou=policies` below it.
    static func writeSuffix(_ suffix: String, _ writer: inout LDIFWriter) {
        let first = suffix.prefix { $0 != "," }.drop { $0 != "=" }.dropFirst()
        writer.entry(
            suffix,
            [
                ("objectClass", "dcObject"), ("objectClass", "organization"), ("dc", String(first)),
                ("o", "Fixture"), ("entryUUID", FixtureKey.text(.container, 1)),
            ])
        for (index, name) in ["people", "groups", "policies"].enumerated() {
            writer.entry(
                "ou=\(name),\(suffix)",
                [
                    ("objectClass", "organizationalUnit"), ("ou", name),
                    ("entryUUID", FixtureKey.text(.container, index + 2)),
                ])
        }
    }
}
