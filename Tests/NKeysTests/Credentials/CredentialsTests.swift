import Fixtures
import JOSE
import NKeys
import Testing

@Suite("Files of credentials")
struct CredentialsTests {
    @Test("A file of the reference is read, and written byte for byte as it was")
    func reference() throws {
        let text = try corpus("user.creds")
        let read = try Credentials(parsing: SecretOctets(text), .user)
        #expect(read.token.claims.common.name == "one")
        #expect(read.pair.seed().text == "SUAPCDMU5TSHHLWUUZSOUABJXP2GXRCZVEOVWPSVM5XRSXYGQMRRFDYNMY")
        #expect(read.text().text == text)
    }

    @Test("S2-08 The file is a block with the token and one with its seed, for operators and accounts too")
    func blocks() throws {
        let scene = try Scene()
        let all = [
            try scene.user(), try Credentials(scene.accountToken(), scene.accountPair),
            try Credentials(scene.operatorToken(), scene.operatorPair),
        ]
        for (credentials, kind) in zip(all, ["USER", "ACCOUNT", "OPERATOR"]) {
            let text = credentials.text().text
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            #expect(lines[0] == "-----BEGIN NATS \(kind) JWT-----")
            #expect(lines[1] == credentials.token.text)
            #expect(lines[2] == "------END NATS \(kind) JWT------")
            #expect(text.contains("-----BEGIN \(kind) NKEY SEED-----\n\(credentials.pair.seed().text)\n------END"))
            let read = try Credentials(parsing: credentials.text())
            #expect(read.token == credentials.token)
            #expect(read.pair.publicKey == credentials.pair.publicKey)
        }
    }

    @Test("Lines may end as on Windows, and the last need not end")
    func lineEnds() throws {
        let text = try corpus("user.creds")
        for other in [text.replacing("\n", with: "\r\n"), text.trimmingEnd, "\n\n" + text] {
            #expect(throws: Never.self) { try Credentials(parsing: SecretOctets(other)) }
        }
    }

    @Test("What is no file of credentials is refused, and nothing of its seed is repeated")
    func refused() throws {
        let text = try corpus("user.creds")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let (token, seed) = (lines[1], lines[9])
        #expect(seed.hasPrefix("SU"))
        let other = try NKeyPair.generate(.user).seed().text
        let wrongs: [(String, NATSFault.Code)] = [
            ("", .malformedCredentials), (token, .malformedCredentials), (seed, .malformedCredentials),
            (lines[..<3].joined(separator: "\n"), .malformedCredentials),
            (text + lines[..<3].joined(separator: "\n"), .malformedCredentials),
            (lines[8...10].joined(separator: "\n") + "\n" + lines[..<3].joined(separator: "\n"), .malformedCredentials),
            (text.replacing("END NATS USER JWT", with: "END NATS ACCOUNT JWT"), .malformedCredentials),
            (text.replacing("USER", with: "ACCOUNT"), .wrongKeyKind),
            (text.replacing("USER NKEY SEED", with: "ACCOUNT NKEY SEED"), .malformedCredentials),
            (text.replacing(seed, with: seed + "\n" + seed), .malformedCredentials),
            (text.replacing(seed, with: ""), .malformedCredentials),
            (text.replacing(seed, with: other), .mismatchedCredentials),
            (text.replacing(seed, with: seed.dropLast() + "A"), .checksumMismatch),
            (text.replacing(seed, with: " " + seed), .malformedKey),
            (text.replacing(token, with: token.replacing(".", with: "")), .malformedToken),
            (text.replacing(token, with: token.dropLast(3)), .invalidSignature),
            (String(repeating: "-", count: Credentials.byteLimit + 1), .tooLarge),
            (String(repeating: "---a---\nx\n---a---\n", count: 10_000), .malformedCredentials),
        ]
        for (wrong, code) in wrongs {
            do {
                _ = try Credentials(parsing: SecretOctets(wrong))
                Issue.record("Taken: \(code)")
            } catch let fault as NATSFault {
                #expect(fault.code == code, "\(fault)")
                #expect(!fault.description.contains(seed.prefix(10)))
            }
        }
        #expect(fault { _ = try Credentials(parsing: SecretOctets(text), .account) } == .malformedCredentials)
    }

    @Test("A token and the seed of another key do not belong together, and an activation has none")
    func mismatched() throws {
        let scene = try Scene()
        #expect(fault { _ = try Credentials(scene.user().token, .generate(.user)) } == .mismatchedCredentials)
        let leave = try ActivationClaims(
            CommonClaims(scene.accountPair.publicKey, name: "x"), subject: "a", kind: .stream
        ).signed(by: scene.systemPair, of: scene.systemPair.publicKey, issuedAt: 1)
        #expect(fault { _ = try Credentials(leave, scene.accountPair) } == .unsupportedType)
    }

    @Test("A file with one byte changed is another's, or says the same")
    func mutations() throws {
        let bytes = Array(try corpus("user.creds").utf8)
        let sound = try Credentials(parsing: SecretOctets(bytes))
        var draw = Seeded(3)
        for _ in 0..<3_000 {
            var changed = bytes
            changed[draw.below(bytes.count)] = UInt8(draw.below(256))
            guard let read = try? Credentials(parsing: SecretOctets(changed)) else { continue }
            #expect(read.token == sound.token)
            #expect(read.pair.publicKey == sound.pair.publicKey)
        }
    }
}

extension String {
    /// Without the line ends behind it.
    fileprivate var trimmingEnd: String {
        var text = self
        while text.hasSuffix("\n") { text.removeLast() }
        return text
    }
}
