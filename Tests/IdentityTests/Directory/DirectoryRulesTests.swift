import Identity
import Testing
import Vocabulary

@Suite struct MembershipGraphTests {
    @Test func nestingIsTransitiveAndEndsInCycles() {
        let graph = MembershipGraph(
            groupCount: 6, personCount: 2,
            nestings: [pair(0, 1), pair(1, 2), pair(2, 0), pair(3, 2), pair(4, 4), pair(9, 0)],
            memberships: [pair(1, 0), pair(1, 0), pair(5, 1), pair(0, 7)])
        #expect(graph.groups(ofPerson: 0) == [0, 1, 2, 3])
        #expect(graph.groups(ofPerson: 1) == [5])
        #expect(Array(graph.directGroups(ofPerson: 0)) == [1])
        #expect(graph.cyclic == [0, 1, 2, 4])
    }

    @Test func aChainOfAnyDepthFitsTheStack() {
        let depth: Int32 = 3_000
        let graph = MembershipGraph(
            groupCount: Int(depth), personCount: 1, nestings: (1..<depth).map { pair($0 - 1, $0) },
            memberships: [pair(depth - 1, 0)])
        #expect(graph.groups(ofPerson: 0).count == Int(depth))
        #expect(graph.cyclic.isEmpty)
    }
}

@Suite struct OwnershipTests {
    @Test func aConflictNamesTheOwner() {
        let ownership = Ownership(object: .sync, attributes: ["mail": .api, "locale": .configuration])
        #expect(ownership.conflict(changing: ["mail"], by: .api) == nil)
        #expect(ownership.conflict(changing: ["login", "department", "mail"], by: .api)?.owner == .sync)
        #expect(
            ownership.conflict(changing: ["login", "department", "mail"], by: .api)?.attributes
                == ["department", "login"])
        #expect(ownership.conflict(changing: ["locale"], by: .sync)?.owner == .configuration)
        #expect(ownership.conflict(replacingBy: .api)?.fault.message.contains("sync") == true)
        #expect(ownership.conflict(replacingBy: .sync) == nil)
    }
}

@Suite struct NameKeyTests {
    @Test func namesAreComparedFoldedAndComposed() {
        #expect(NameKey.of(" Ada@X.Example ") == "ada@x.example")
        #expect(Array(NameKey.of("E\u{301}va").utf8) == Array("\u{e9}va".utf8))
        #expect(NameKey.domain(of: "a@b@Corp.Example") == "corp.example")
        #expect(NameKey.domain(of: #"CORP\ada"#) == "corp")
        #expect(NameKey.domain(of: #"CORP\ada@corp.example"#) == "corp.example")
        for none in ["ada", "@corp.example", "ada@", #"\ada"#] { #expect(NameKey.domain(of: none) == nil) }
    }

    @Test(arguments: [
        "Zo\u{eb}", "wei\u{df}", "\u{3b1}\u{3b4}\u{3b1}", "\u{5f20}\u{4f1f}", "\u{130}da", "o'hara+x@corp.example",
    ])
    func aNameOfAnyScriptIsKept(login: String) { #expect(NameKey.isValid(login: login)) }

    // Each looks like `ada` on a page, and is another text.
    @Test(arguments: [
        "ada\u{200b}", "a\u{200d}da", "\u{202e}ada", "ada\u{ad}", "a\u{2060}da", "ada\u{feff}", "ada\u{a0}",
        "ad\u{3164}a",
        "\u{ff41}\u{ff44}\u{ff41}", "\u{1d41a}da", "\u{24d0}da", "ada\u{e000}", "ada\u{2028}", "ada\u{85}",
        "ada\u{e0001}",
    ])
    func aLoginThatLooksLikeAnotherIsNotKept(login: String) { #expect(!NameKey.isValid(login: login)) }

    @Test func loginsAreBounded() {
        #expect(NameKey.isValid(login: String(repeating: "a", count: 254)))
        for bad in ["", " ", "a\n", String(repeating: "a", count: 255)] { #expect(!NameKey.isValid(login: bad)) }
    }
}

@Suite struct APIKeyTests {
    @Test func aKeyExpiresAndIsRevoked() {
        var key = APIKey(
            id: id(1), tenant: id(2), account: id(3), name: "k", tokenHash: hash(1, .apiKey), scopes: [],
            createdAt: start, expiresAt: .distantFuture)
        let limit = start + APIKey.longestLifetime
        #expect(key.isUsable(at: limit - .microseconds(1)) && !key.isUsable(at: limit))
        #expect(!key.isUsable(at: start - .microseconds(1)))
        key.revokedAt = start
        #expect(!key.isUsable(at: start))
    }

    @Test func aKeyCoversNoMoreThanItsScopes() {
        #expect(
            APIKeyScopes.covers(nil, nil) && APIKeyScopes.covers(["*"], nil) && APIKeyScopes.covers(["a:*"], ["a:b"]))
        #expect(APIKeyScopes.covers([], []))
        for (held, wanted) in [
            (["a:b"], nil), ([], ["a:b"]), (["a:b"], ["a:*"]), (["a:*"], ["*"]), (["a:b"], ["ab:b"]),
        ] {
            #expect(!APIKeyScopes.covers(held, wanted), "\(held) \(wanted ?? [])")
        }
        #expect(APIKeyScopes.allow(["a:*"], "b", on: "a") && !APIKeyScopes.allow(["a:*"], "b", on: "aa"))
        #expect(APIKeyScopes.areValid(["*", "person:read", "sync_run:*"]))
        for bad in ["", ":", "a:", ":a", "a:b:c", "*:a", "a b:c", String(repeating: "a", count: 128) + ":b"] {
            #expect(!APIKeyScopes.areValid([bad]), "\(bad)")
        }
        #expect(!APIKeyScopes.areValid(Array(repeating: "a:b", count: APIKeyScopes.limit + 1)))
    }
}
