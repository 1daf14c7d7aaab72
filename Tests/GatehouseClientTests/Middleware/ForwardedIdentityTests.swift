import HTTPTypes
import Testing

@testable import GatehouseClient

@Suite("Reading a forwarded identity")
struct ForwardedIdentityTests {
    let whole: [(String, String)] = [
        ("X-Gatehouse-User", "mira"), ("X-Gatehouse-Name", "Mira K%C3%B6hler"), ("X-Gatehouse-Mail", "m@example.org"),
        ("X-Gatehouse-Roles", "editor,a%2Cb"),
    ]

    func read(
        _ headers: [(String, String)], peer: String? = "127.0.0.1", trusted: [String] = ["127.0.0.1"]
    ) throws -> ForwardedIdentity? {
        var fields = HTTPFields()
        for (name, value) in headers {
            fields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
        }
        return try ForwardedIdentityReader(trustedPeers: trusted).identity(in: fields, peer: peer)
    }

    @Test("a trusted proxy's headers are read and decoded")
    func trusted() throws {
        #expect(
            try read(whole)
                == ForwardedIdentity(
                    user: "mira", name: "Mira Köhler", mail: "m@example.org", roles: ["editor", "a,b"]))
        #expect(try read([("X-Gatehouse-User", "u")]) == ForwardedIdentity(user: "u"))
    }

    @Test(
        "whoever else sends them is nobody",
        arguments: [nil, "", "127.0.0.2", "192.0.2.1", "::1", "127.0.0.1:80", "127.1", "localhost"])
    func untrusted(peer: String?) throws {
        #expect(try read(whole, peer: peer) == nil)
    }

    @Test("an empty list trusts nobody")
    func emptyList() throws { #expect(try read(whole, trusted: []) == nil) }

    @Test(
        "one address has one form",
        arguments: [("::1", "0:0:0:0:0:0:0:1"), ("127.0.0.1", "::ffff:127.0.0.1"), ("2001:db8::A", "2001:DB8::a")])
    func forms(listed: String, peer: String) throws {
        #expect(try read(whole, peer: peer, trusted: [listed]) != nil)
    }

    @Test(
        "headers that are not whole name nobody",
        arguments: [
            [("X-Gatehouse-User", "")], [("X-Gatehouse-Name", "n")],
            [("X-Gatehouse-User", "a"), ("X-Gatehouse-User", "b")],
            [("X-Gatehouse-User", "a"), ("X-Gatehouse-Roles", "x"), ("X-Gatehouse-Roles", "admin")],
            [("X-Gatehouse-User", "a%0Ab")], [("X-Gatehouse-User", "a%")], [("X-Gatehouse-User", "a%4")],
            [("X-Gatehouse-User", "a%zz")], [("X-Gatehouse-User", "a%ff")],
            [("X-Gatehouse-User", "a"), ("X-Gatehouse-Roles", "x,%C0%80")],
            [("X-Gatehouse-User", String(repeating: "a", count: 4_097))],
        ])
    func broken(headers: [(String, String)]) throws { #expect(try read(headers) == nil) }

    @Test(
        "networks, names and everybody are no trusted peers", arguments: ["10.0.0.0/8", "proxy", "0.0.0.0", "::", ""])
    func badPeers(text: String) {
        #expect(throws: GatehouseError.self) { try ForwardedIdentityReader(trustedPeers: [text]) }
    }

    @Test("one more peer than the limit is refused")
    func tooMany() {
        let peers = (0...ForwardedIdentityReader.peerLimit).map { "10.0.\($0 / 256).\($0 % 256)" }
        #expect(throws: GatehouseError.self) { try ForwardedIdentityReader(trustedPeers: peers) }
        #expect((try? ForwardedIdentityReader(trustedPeers: peers.dropLast())) != nil)
    }
}
