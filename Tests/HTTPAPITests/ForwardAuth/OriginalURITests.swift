import Testing

@testable import HTTPAPI

@Suite("One canonicalization of the original URI")
struct OriginalURITests {
    @Test(
        "equal paths get one spelling",
        arguments: [
            ("/", "/"), ("/a/b", "/a/b"), ("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/a/b/..", "/a/"), ("/a/", "/a/"),
            ("/%61dmin", "/admin"), ("/%7Euser", "/~user"), ("/a%20b", "/a%20b"), ("/a%2ab", "/a%2Ab"),
            ("/caf%c3%a9", "/caf%C3%A9"), ("/.well-known/x", "/.well-known/x"), ("/...", "/..."),
        ])
    func canonical(_ text: String, _ expected: String) throws {
        #expect(try OriginalURI(text).path == expected)
    }

    @Test("the query is kept apart, whatever it holds")
    func query() throws {
        let uri = try OriginalURI("/a?next=/../admin&x=%2F?y")
        #expect(uri.path == "/a")
        #expect(uri.query == "next=/../admin&x=%2F?y")
    }

    typealias Refusal = OriginalURI.Refusal

    @Test(
        "what two servers could read differently is refused",
        arguments: [
            (nil, .missing), ("", .missing), ("admin", .notOriginForm), ("*", .notOriginForm),
            ("http://a/admin", .notOriginForm), ("//evil.example/admin", .emptySegment), ("/a//b", .emptySegment),
            // CVE-2026-33494 (Oathkeeper): traversal authorises one path and serves another.
            ("/public/../../admin", .climbsAboveRoot), ("/..", .climbsAboveRoot),
            ("/public/%2e%2e/admin", .encodedDotSegment), ("/public/.%2E/admin", .encodedDotSegment),
            ("/public/..%2fadmin", .encodedSeparator), ("/public%2Fadmin", .encodedSeparator),
            ("/public/..%5cadmin", .encodedSeparator), ("/public\\..\\admin", .backslash),
            ("/public/%252e%252e/admin", .encodedPercent), ("/admin;x=1/", .pathParameter), ("/a%3b", .pathParameter),
            // CVE-2021-32637 (Authelia): a malformed URI was answered 200.
            ("/%", .brokenEscape), ("/%2", .brokenEscape), ("/%zz", .brokenEscape), ("/a b", .whitespaceOrControl),
            ("/a\tb", .whitespaceOrControl), ("/a\r\nX: y", .whitespaceOrControl), ("/a?x=\n", .whitespaceOrControl),
            ("/a%00b", .encodedControl), ("/a%0d%0a", .encodedControl), ("/a%7f", .encodedControl),
            ("/%c0%ae%c0%ae/", .invalidUTF8), ("/%ff", .invalidUTF8), ("/%ed%a0%80", .invalidUTF8),
            ("/caf\u{e9}", .notASCII), ("/a?\u{202e}", .notASCII), ("/a#b", .fragment), ("/a|b", .reservedCharacter),
            ("/[a]", .reservedCharacter), ("/<a>", .reservedCharacter),
        ] as [(String?, Refusal)])
    func refused(_ text: String?, _ reason: Refusal) {
        #expect(throws: reason) { try OriginalURI(text) }
    }

    @Test("8,192 bytes are read, one more is refused")
    func length() throws {
        let longest = "/" + String(repeating: "a", count: OriginalURI.limit - 1)
        #expect(try OriginalURI(longest).path == longest)
        #expect(throws: Refusal.tooLong) { try OriginalURI(longest + "a") }
    }

    @Test("canonicalizing twice changes nothing", arguments: ["/a/../b%20c/%61", "/x/./y/", "/%C3%A9/.."])
    func idempotent(_ text: String) throws {
        let once = try OriginalURI(text).path
        #expect(try OriginalURI(once).path == once)
    }
}
