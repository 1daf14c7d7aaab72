import Fixtures
import Foundation
import Testing

@testable import OAuth

/// Chains made by openssl, each judged by the authority that is trusted: what is accepted, and beside it what is not.
@Suite("What authorities say of a client's certificate", .timeLimit(.minutes(2)))
struct CertificateAuthoritiesTests {
    private static var now: Int64 { Int64(Date().timeIntervalSince1970) + 5 }

    private static func authorities(_ nodes: CertificateTree.Node...) throws -> CertificateAuthorities {
        try CertificateAuthorities(pem: Array(try nodes.map { try $0.pem() }.joined().utf8))
    }

    /// Nil where it is trusted, else why not.
    private static func whyNot(
        _ authorities: CertificateAuthorities, _ node: CertificateTree.Node, at now: Int64 = now
    ) throws -> String? {
        let chain = try node.chain()
        let shown = try ShownCertificate(leaf: chain[0], intermediates: Array(chain.dropFirst()))
        guard case .refused(let reason) = authorities.verdict(on: shown, now: now) else { return nil }
        return reason
    }

    @Test("one that a trusted root issued, by itself or over others, in any order they are sent in")
    func right() async throws {
        let tree = try CertificateTree()
        let root = try await tree.root()
        let one = try await tree.issue("/CN=One", .authority(pathLength: 1), by: root)
        let two = try await tree.issue("/CN=Two", .authority(pathLength: 0), by: one)
        let trusted = try Self.authorities(root)
        #expect(try Self.whyNot(trusted, await tree.issue("/CN=a", by: root)) == nil)
        // RFC 5280 §4.2.1.12: who does not say what it is for is for everything.
        let plain = CertificateTree.Kind.other(["basicConstraints=critical,CA:FALSE"])
        #expect(try Self.whyNot(trusted, await tree.issue("/CN=a", plain, by: root, key: "RSA:2048")) == nil)
        let leaf = try await tree.issue("/CN=b", by: two)
        #expect(try Self.whyNot(trusted, leaf) == nil)
        let chain = try leaf.chain()
        let turned = try ShownCertificate(leaf: chain[0], intermediates: chain.dropFirst().reversed())
        #expect(trusted.verdict(on: turned, now: Self.now) == .trusted)
        // One that stands in the middle may be believed alone, and then nothing else of its root is.
        let middle = try Self.authorities(two)
        #expect(try Self.whyNot(middle, leaf) == nil)
        #expect(try Self.whyNot(middle, await tree.issue("/CN=a", by: root)) != nil)
        withExtendedLifetime(tree) {}
    }

    @Test(
        "one of another authority, of the same name too, one that signed itself, and one without what leads to a root")
    func unknown() async throws {
        let tree = try CertificateTree()
        let (root, other) = (try await tree.root(), try await tree.root())
        let middle = try await tree.issue("/CN=One", .authority(pathLength: 0), by: root)
        let trusted = try Self.authorities(root)
        #expect(try Self.whyNot(trusted, await tree.issue("/CN=a", by: other)) != nil)
        #expect(try Self.whyNot(trusted, await tree.selfSigned("/CN=a"))?.contains("self-signed") == true)
        let alone = try ShownCertificate(leaf: try await tree.issue("/CN=a", by: middle).der())
        guard case .refused = trusted.verdict(on: alone, now: Self.now) else {
            Issue.record("nothing leads from it to the root")
            return
        }
        #expect(try Self.whyNot(trusted, root) != nil)
        let both = CertificateTree.Kind.other([
            "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,digitalSignature",
        ])
        let signing = try await tree.selfSigned("/CN=Both", both)
        #expect(try Self.whyNot(try Self.authorities(signing), signing) == "it is an authority's own")
        withExtendedLifetime(tree) {}
    }

    @Test("what is expired or not yet good: the certificate, one between, the root")
    func times() async throws {
        let tree = try CertificateTree()
        let root = try await tree.root()
        let trusted = try Self.authorities(root)
        let leaf = try await tree.issue("/CN=a", days: 10, by: root)
        #expect(try Self.whyNot(trusted, leaf) == nil)
        #expect(try Self.whyNot(trusted, leaf, at: Self.now + 11 * 86_400)?.contains("expired") == true)
        #expect(try Self.whyNot(trusted, leaf, at: Self.now - 86_400)?.contains("not yet valid") == true)
        #expect(try Self.whyNot(trusted, await tree.issue("/CN=a", days: -1, by: root))?.contains("expired") == true)
        let middle = try await tree.issue("/CN=One", .authority(pathLength: 0), days: 5, by: root)
        let below = try await tree.issue("/CN=a", days: 30, by: middle)
        #expect(try Self.whyNot(trusted, below) == nil)
        #expect(try Self.whyNot(trusted, below, at: Self.now + 6 * 86_400)?.contains("expired") == true)
        let old = try await tree.root("/CN=Old", days: 5)
        let ofOld = try await tree.issue("/CN=a", by: old)
        #expect(
            try Self.whyNot(try Self.authorities(old), ofOld, at: Self.now + 6 * 86_400)?.contains("expired") == true)
        withExtendedLifetime(tree) {}
    }

    @Test("an issuer that may not issue: a client, an authority without its bit, one past its path length")
    func issuers() async throws {
        let tree = try CertificateTree()
        let root = try await tree.root()
        let trusted = try Self.authorities(root)
        let client = try await tree.issue("/CN=client", by: root)
        #expect(try Self.whyNot(trusted, await tree.issue("/CN=a", by: client)) != nil)
        let without = try await tree.issue("/CN=without", .authorityWithoutBit, by: root)
        #expect(try Self.whyNot(trusted, await tree.issue("/CN=a", by: without)) != nil)
        let last = try await tree.issue("/CN=last", .authority(pathLength: 0), by: root)
        let past = try await tree.issue("/CN=past", .authority(pathLength: 0), by: last)
        #expect(try Self.whyNot(trusted, await tree.issue("/CN=a", by: last)) == nil)
        #expect(try Self.whyNot(trusted, await tree.issue("/CN=a", by: past))?.contains("path length") == true)
        let unsigning = CertificateTree.Kind.other(["basicConstraints=critical,CA:TRUE", "keyUsage=critical,cRLSign"])
        let mute = try await tree.issue("/CN=mute", unsigning, by: root)
        #expect(try Self.whyNot(trusted, await tree.issue("/CN=a", by: mute)) != nil)
        withExtendedLifetime(tree) {}
    }

    @Test("one for servers, one with a weak key, one with a critical extension that nobody knows")
    func leaves() async throws {
        let tree = try CertificateTree()
        let root = try await tree.root()
        let trusted = try Self.authorities(root)
        #expect(try Self.whyNot(trusted, await tree.issue("/CN=a", .server, by: root))?.contains("purpose") == true)
        #expect(
            try Self.whyNot(trusted, await tree.issue("/CN=a", by: root, key: "RSA:1024"))?.contains("weak") == true)
        let strange = CertificateTree.Kind.other(["basicConstraints=CA:FALSE", "1.2.3.4=critical,ASN1:NULL"])
        #expect(try Self.whyNot(trusted, await tree.issue("/CN=a", strange, by: root))?.contains("critical") == true)
        withExtendedLifetime(tree) {}
    }

    @Test("no more than four between it and the root, and no longer ones than are read")
    func limits() async throws {
        let tree = try CertificateTree()
        let root = try await tree.root()
        let trusted = try Self.authorities(root)
        var issuer = root
        for number in 1...ShownCertificate.intermediateLimit {
            issuer = try await tree.issue("/CN=\(number)", .authority(pathLength: nil), by: issuer)
        }
        #expect(try Self.whyNot(trusted, await tree.issue("/CN=a", by: issuer)) == nil)
        let deeper = try await tree.issue("/CN=deeper", .authority(pathLength: nil), by: issuer)
        let tooDeep = try await tree.issue("/CN=a", by: deeper).chain()
        #expect(
            refusal { try ShownCertificate(leaf: tooDeep[0], intermediates: Array(tooDeep.dropFirst())) }
                == .invalidRequest)
        let long = [UInt8](repeating: 0x30, count: ClientCertificate.derByteLimit)
        #expect(refusal { try ShownCertificate(leaf: long) } == nil)
        #expect(refusal { try ShownCertificate(leaf: long + [0]) } == .invalidRequest)
        #expect(refusal { try ShownCertificate(leaf: [1], intermediates: [long + [0]]) } == .invalidRequest)
        #expect(refusal { try ShownCertificate(leaf: []) } == .invalidRequest)
        #expect(trusted.verdict(on: try ShownCertificate(leaf: long), now: Self.now) == .refused("it cannot be read"))
        withExtendedLifetime(tree) {}
    }

    @Test("a file of authorities holds authorities, and nothing else that is a certificate")
    func files() async throws {
        let tree = try CertificateTree()
        let root = try await tree.root("/O=Example/CN=Root")
        let client = try await tree.issue("/CN=client", by: root)
        let text = try root.pem()
        func flaw(_ text: String) -> CertificateAuthorities.Flaw? {
            do throws(CertificateAuthorities.Flaw) {
                _ = try CertificateAuthorities(pem: Array(text.utf8))
                return nil
            } catch {
                return error
            }
        }
        #expect(flaw("A sentence.\n" + text + "\n" + text) == nil)
        #expect(try CertificateAuthorities(pem: Array(text.utf8)).authorities.map(\.subject) == ["CN=Root,O=Example"])
        #expect(flaw("") == .empty)
        #expect(flaw("nothing") == .empty)
        #expect(flaw(text + (try client.pem())) == .noAuthority(subject: "CN=client"))
        #expect(flaw(text.replacing("MII", with: "AAA")) == .malformed)
        #expect(flaw(String(repeating: text, count: CertificateAuthorities.limit)) == nil)
        #expect(flaw(String(repeating: text, count: CertificateAuthorities.limit + 1)) == .tooMany)
        #expect(flaw(text + String(repeating: " ", count: CertificateAuthorities.byteLimit)) == .malformed)
        withExtendedLifetime(tree) {}
    }
}

@Suite("Distinguished names") struct DistinguishedNameTests {
    @Test(
        "the same name in other spellings",
        arguments: [
            ("CN=shop,O=Example", "cn = shop, o = Example"), ("CN=shop,O=Example", "commonName=shop,2.5.4.10=Example"),
            ("emailAddress=a@a.example,CN=a", "E=a@a.example,CN=a"), (#"CN=a\,b"#, #"CN=a\2Cb"#),
            (#"CN=a\,b"#, #"CN=a\2cb"#), ("CN=Löve", #"CN=L\C3\B6ve"#), ("CN=a+OU=b,O=c", "OU=b+CN=a,O=c"),
            (#"CN=\ a\ "#, #"CN=  \20a\20  "#), ("1.2.3.4=#0c0161", "1.2.3.4=#0C0161"),
        ])
    func same(one: String, other: String) throws {
        #expect(try #require(DistinguishedName(one)) == #require(DistinguishedName(other)))
        #expect(CertificateSubject.distinguishedName(one).isSame(as: .distinguishedName(other)))
    }

    @Test(
        "other names",
        arguments: [
            ("CN=shop,O=Example", "O=Example,CN=shop"), ("CN=shop", "CN=Shop"), ("CN=shop,O=Example", "CN=shop"),
            ("CN=a,OU=b", "CN=a+OU=b"), ("CN=a", "CN=a,CN=a"), ("CN=a b", "CN=a  b"), (#"CN=a\,O=b"#, "CN=a,O=b"),
        ])
    func different(one: String, other: String) throws {
        #expect(try #require(DistinguishedName(one)) != #require(DistinguishedName(other)))
        #expect(!CertificateSubject.distinguishedName(one).isSame(as: .distinguishedName(other)))
    }

    @Test(
        "what is no name",
        arguments: [
            "", "shop", "=shop", "CN=", "CN= ", "CN=a,", ",CN=a", "CN=a,,O=b", "Nonsense=a", "CN=a\"b", "CN=a;b",
            #"CN=a\"#,
            #"CN=a\g1"#, #"CN=\FF"#, "CN=a+CN=a", "C N=a",
        ])
    func malformed(text: String) { #expect(DistinguishedName(text) == nil) }

    @Test("one past each limit")
    func limits() {
        func name(_ levels: Int) -> String { Array(repeating: "CN=a", count: levels).joined(separator: ",") }
        #expect(DistinguishedName(name(DistinguishedName.levelLimit)) != nil)
        #expect(DistinguishedName(name(DistinguishedName.levelLimit + 1)) == nil)
        func long(_ bytes: Int) -> String { "CN=" + String(repeating: "a", count: bytes - 3) }
        #expect(DistinguishedName(long(DistinguishedName.byteLimit)) != nil)
        #expect(DistinguishedName(long(DistinguishedName.byteLimit + 1)) == nil)
    }
}
