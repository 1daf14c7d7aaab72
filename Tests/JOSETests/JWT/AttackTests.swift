import Testing

@testable import JOSE

/// Tokens that one should not believe, each refused for the reason it is wrong for.
@Suite("Attacked tokens")
struct AttackTests {
    static let all =
        AlgorithmAttacks.all + HeaderAttacks.all + FormAttacks.all + SignatureAttacks.all + ClaimAttacks.all

    @Test("What the attacks start from is accepted, under each key")
    func sound() throws {
        let target = try Target.one.get()
        for key in [target.rsa, target.elliptic, target.edwards] {
            #expect(try target.verify(try target.sound(by: key)).claims.subject == "alice")
        }
        let several = try target.claiming(["aud": ["other", "client"], "azp": "client"])
        #expect(try target.verify(several).claims.audience == ["other", "client"])
        for edge: KeyValuePairs<String, JSONValue?> in [
            ["exp": 1_471], ["nbf": 1_530], ["iat": 1_530], ["exp": .decimal("1471.5")], ["exp": .decimal("2e3")],
        ] {
            _ = try target.verify(try target.claiming(edge))
        }
        for type in ["JWT", "jwt", "application/jwt", nil] {
            _ = try target.verify(try JWT.sign(Target.claims, with: target.elliptic, type: type))
        }
    }

    @Test("A token that was attacked is refused, for the right reason", arguments: all)
    func refused(attack: Attack) throws {
        let target = try Target.one.get()
        let token = try attack.token(target)
        #expect(throws: JOSEError(attack.reason)) { try target.verify(token) }
    }

    @Test("The corpus has more than two hundred attacks, no two of one name")
    func count() {
        print("\(Self.all.count) attacked tokens")
        #expect(Self.all.count >= 200)
        #expect(Set(Self.all.map(\.name)).count == Self.all.count)
    }
}
