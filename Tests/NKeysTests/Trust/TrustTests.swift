import NKeys
import Testing

@Suite("Who may sign what")
struct TrustTests {
    @Test("A user is believed whom the account of a trusted operator issued")
    func chain() throws {
        let scene = try Scene()
        let user = try scene.user(UserRights(SubjectRights(publish: .only(["a"]))))
        let believed = try scene.trusted().user(user.token, now: scene.now)
        #expect(believed.rights.subjects.publish == .only(["a"]))
    }

    @Test("An operator is who the caller knows, and not who it says it is")
    func anchors() throws {
        let scene = try Scene()
        let stranger = try NKeyPair.generate(.operator)
        #expect(
            fault { _ = try TrustedOperator(scene.operatorToken(), trusting: [stranger.publicKey], now: 1) }
                == .wrongIssuer)
        // A token about our operator, signed by a stranger whom only the token itself names.
        var claims = scene.operatorClaims
        claims.signingKeys = [stranger.publicKey]
        let forged = try claims.signed(by: stranger, issuedAt: 1)
        let ours = scene.operatorPair.publicKey
        #expect(fault { _ = try TrustedOperator(forged, trusting: [ours], now: 1) } == .wrongIssuer)
        // The other way about: a stranger's operator, signed by a key that is trusted for ours.
        #expect(fault { _ = try TrustedOperator(forged, trusting: [stranger.publicKey], now: 1) } == .wrongIssuer)
        #expect(throws: Never.self) { try TrustedOperator(forged, trusting: [ours, stranger.publicKey], now: 1) }
        #expect(fault { _ = try TrustedOperator(scene.accountToken(), trusting: [ours], now: 1) } == .unsupportedType)
    }

    @Test("Accounts of other operators and users of other accounts are refused")
    func foreign() throws {
        let (scene, other) = (try Scene(), try Scene())
        let trusted = try TrustedOperator(
            scene.operatorToken(), trusting: [scene.operatorPair.publicKey], now: scene.now)
        #expect(fault { _ = try trusted.account(other.accountToken(), now: 1) } == .wrongIssuer)
        #expect(fault { _ = try trusted.account(scene.operatorToken(), now: 1) } == .unsupportedType)
        #expect(fault { _ = try scene.trusted().user(other.user().token, now: 1) } == .wrongIssuer)
        #expect(fault { _ = try scene.trusted().user(scene.accountToken(), now: 1) } == .unsupportedType)
        // Somebody's own key that says to sign in the account's name.
        let thief = try NKeyPair.generate(.account)
        #expect(fault { _ = try scene.trusted().user(scene.user(by: thief).token, now: scene.now) } == .wrongIssuer)
    }

    @Test("A signing key that was taken out signs no longer")
    func removedKey() throws {
        var scene = try Scene()
        let key = try NKeyPair.generate(.account)
        scene.accountClaims.signingKeys = [.plain(key.publicKey)]
        let user = try scene.user(by: key)
        #expect(throws: Never.self) { try scene.trusted().user(user.token, now: scene.now) }
        scene.accountClaims.signingKeys = []
        #expect(fault { _ = try scene.trusted().user(user.token, now: scene.now) } == .wrongIssuer)
    }

    @Test("Times bound every level, to the second")
    func times() throws {
        var scene = try Scene()
        let user = try scene.user {
            $0.common.notBefore = scene.now; $0.common.expires = scene.now + 10
        }
        #expect(fault { _ = try scene.trusted().user(user.token, now: scene.now - 1) } == .notYetValid)
        #expect(fault { _ = try scene.trusted().user(user.token, now: scene.now) } == nil)
        #expect(fault { _ = try scene.trusted().user(user.token, now: scene.now + 9) } == nil)
        #expect(fault { _ = try scene.trusted().user(user.token, now: scene.now + 10) } == .expired)
        scene.accountClaims.common.expires = scene.now + 5
        let held = try scene.trusted()
        #expect(fault { _ = try held.user(user.token, now: scene.now + 5) } == .expired)
        #expect(fault { _ = try scene.trusted().user(user.token, now: scene.now + 4) } == nil)
        let trusted = try TrustedOperator(
            scene.operatorToken(), trusting: [scene.operatorPair.publicKey], now: scene.now)
        #expect(fault { _ = try trusted.account(scene.accountToken(), now: scene.now + 5) } == .expired)
    }

    @Test("A revocation covers what was issued up to its second, and what is newer not")
    func revocations() throws {
        var scene = try Scene()
        let (old, new) = (try scene.user(issuedAt: 100), try scene.user(issuedAt: 101))
        scene.accountClaims.revocations.revokeEverybody(until: 100)
        #expect(fault { _ = try scene.trusted().user(old.token, now: scene.now) } == .revoked)
        #expect(fault { _ = try scene.trusted().user(new.token, now: scene.now) } == nil)
        scene.accountClaims.revocations.revoke(new.pair.publicKey, until: 200)
        scene.accountClaims.revocations.revoke(new.pair.publicKey, until: 150)
        #expect(scene.accountClaims.revocations.keys[new.pair.publicKey] == 200)
        #expect(fault { _ = try scene.trusted().user(new.token, now: scene.now) } == .revoked)
        scene.accountClaims.revocations.revokeEverybody(until: 200)
        scene.accountClaims.revocations.compact()
        #expect(scene.accountClaims.revocations.keys.isEmpty)
        #expect(fault { _ = try scene.trusted().user(new.token, now: scene.now) } == .revoked)
    }

    @Test("A scoped key issues users and no activations")
    func scopedActivation() throws {
        var scene = try Scene()
        let key = try NKeyPair.generate(.account)
        scene.accountClaims.signingKeys = [
            .scoped(.init(key.publicKey, role: "r", template: UserRights(SubjectRights())))
        ]
        let claims = ActivationClaims(
            CommonClaims(try NKeyPair.generate(.account).publicKey, name: "x"), subject: "a", kind: .stream)
        let token = try claims.signed(by: key, of: scene.accountPair.publicKey, issuedAt: scene.now)
        #expect(fault { _ = try scene.trusted().activation(token, now: scene.now) } == .wrongIssuer)
    }

    @Test("A name with a wildcard in it fills no template", arguments: ["*", ">", "a.>", "a*"])
    func wildcardName(name: String) throws {
        var scene = try Scene()
        let key = try NKeyPair.generate(.account)
        let template = UserRights(SubjectRights(publish: .only(["own.{{name()}}"])))
        scene.accountClaims.signingKeys = [.scoped(.init(key.publicKey, role: "r", template: template))]
        let user = try scene.user(.ofScope, name: name, by: key)
        #expect(fault { _ = try scene.trusted().user(user.token, now: scene.now) } == .scopeViolated)
    }

    @Test("A denial whose blank has nothing lets nobody in")
    func emptyDenial() throws {
        var scene = try Scene()
        let key = try NKeyPair.generate(.account)
        let template = UserRights(SubjectRights(publish: SubjectPermissions(deny: ["team.{{tag(team)}}"])))
        scene.accountClaims.signingKeys = [.scoped(.init(key.publicKey, role: "r", template: template))]
        let user = try scene.user(.ofScope, by: key)
        #expect(fault { _ = try scene.trusted().user(user.token, now: scene.now) } == .scopeViolated)
    }

    @Test("Tags make a bounded number of subjects")
    func expansion() throws {
        var scene = try Scene()
        let key = try NKeyPair.generate(.account)
        let template = UserRights(SubjectRights(publish: .only(["{{tag(t)}}.{{tag(t)}}.{{tag(t)}}"])))
        scene.accountClaims.signingKeys = [.scoped(.init(key.publicKey, role: "r", template: template))]
        let few = try scene.user(.ofScope, by: key) { $0.common.tags = (0..<16).map { "t:\($0)" } }
        #expect(try scene.trusted().user(few.token, now: scene.now).rights.subjects.publish.allow.count == 4_096)
        let many = try scene.user(.ofScope, by: key) { $0.common.tags = (0..<17).map { "t:\($0)" } }
        #expect(fault { _ = try scene.trusted().user(many.token, now: scene.now) } == .scopeViolated)
    }
}
