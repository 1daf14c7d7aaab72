import Testing

@testable import SAML

@Suite("A service provider's decisions") struct SignInTests {
    private static let now = Federation.now
    private static let mail = "urn:oid:0.9.2342.19200300.100.1.3"

    private static func plan(
        _ settings: ServiceProviderSettings = Federation.settings, _ wish: SignInWish = SignInWish(),
        _ change: (inout EntityDescriptor) -> Void = { _ in }
    ) throws -> PlannedSignIn {
        try settings.plan(wish, at: Federation.identityProvider(change), id: "_r1", now: now)
    }

    @Test("A request goes by redirection, names its place exactly, and is signed where that is wanted")
    func plan() throws {
        let planned = try Self.plan()
        #expect(planned.binding == .redirect && planned.location == Federation.signOn && !planned.mustSign)
        #expect(planned.request.header.destination == Federation.signOn)
        #expect(planned.request.consumer == .endpoint(url: Federation.consumer, binding: Binding.post.rawValue))
        #expect(planned.outstanding.expiresAt == Self.now + 900 && planned.outstanding.consumer == Federation.consumer)
        #expect(try Self.plan { $0.identityProviders[0].wantsSignedRequests = true }.mustSign)
        var signing = Federation.settings
        signing.signsRequests = true
        #expect(try Self.plan(signing).mustSign)
        let byForm = try Self.plan { $0.identityProviders[0].singleSignOn.removeLast() }
        #expect(byForm.binding == .post)
        // IIP-SP03, IIP-SP06.
        var wishing = Federation.settings
        wishing.nameID = .unsaid
        wishing.authnContext = RequestedAuthnContext(["urn:a", "urn:b", "urn:c"])
        let request = try Self.plan(wishing).request
        #expect(request.nameIDPolicy == nil && request.authnContext?.classes.count == 3)
        #expect(request.authnContext?.comparison == .exact)
    }

    @Test("saml2int: no format, exact comparison, by redirection only")
    func saml2int() throws {
        var settings = Federation.settings
        settings.profile = .saml2int
        settings.nameID = .format(NameIDFormat.persistent)
        let request = try Self.plan(settings).request
        #expect(request.nameIDPolicy == NameIDPolicy(allowsCreation: true))
        #expect(
            fault { _ = try Self.plan(settings) { $0.identityProviders[0].singleSignOn.removeLast() } } == .unsupported)
        let better = SignInWish(authnContext: RequestedAuthnContext(["urn:a"], comparison: .better))
        #expect(fault { _ = try Self.plan(settings, better) } == .unsupported)
        #expect(fault { _ = try Self.plan(Federation.settings, better) } == nil)
    }

    @Test("Whom nobody can be signed in at")
    func unusable() throws {
        #expect(fault { _ = try Self.plan { $0.identityProviders[0].role.keys = [] } } == .unsupported)
        #expect(fault { _ = try Self.plan { $0.identityProviders[0].singleSignOn = [] } } == .unsupported)
        #expect(fault { _ = try Self.plan { $0.identityProviders = [] } } == .unsupported)
        #expect(fault { _ = try Self.plan { $0.validUntil = Self.now - 180 } } == .unsupported)
        #expect(fault { _ = try Self.plan { $0.validUntil = Self.now - 179 } } == nil)
        #expect(fault { _ = try Self.plan(Federation.settings, SignInWish(answerBinding: .artifact)) } == .consumer)
        #expect(
            fault { _ = try Self.plan(Federation.settings, SignInWish(forcesAuthn: true, isPassive: true)) }
                == .unsupported)
    }

    private static var verified: VerifiedSignIn {
        VerifiedSignIn(
            issuer: Federation.provider, assertionID: "_a1", inResponseTo: "_r1", notOnOrAfter: now + 60,
            nameID: NameID("n-1", format: NameIDFormat.persistent),
            attributes: [SAMLAttribute(mail, friendlyName: "mail", values: ["ada@example.org"])], authnInstant: now,
            contextClass: AuthnContextClass.password, sessionIndex: "s")
    }

    private static func decide(
        _ wish: SignInWish = SignInWish(), settings: ServiceProviderSettings = Federation.settings,
        at time: Int64 = now,
        peer: EntityDescriptor? = nil, _ change: (inout VerifiedSignIn, inout SignInFacts) -> Void = { _, _ in }
    ) throws -> SignInOutcome {
        let planned = try plan(settings, wish)
        var facts = SignInFacts(
            outstanding: try Records.kept(planned.outstanding), isFirstShowing: true, consumer: Federation.consumer,
            metadataIsVouchedFor: true)
        var said = verified
        change(&said, &facts)
        return settings.decide(said, facts: facts, peer: try peer ?? Federation.identityProvider(), now: time)
    }

    @Test("An answer to a request of this browser's signs somebody in")
    func accepted() throws {
        guard case .signedIn(let person) = try Self.decide() else { Issue.record("refused"); return }
        #expect(person.subject.kind == "persistent" && person.subject.value == "n-1")
        #expect(person.subject.qualifiers == [Federation.provider, Federation.service])
        #expect(person.values(Self.mail) == ["ada@example.org"] && person.values("mail") == [])
        #expect(person.values(Self.mail, nameFormat: AttributeNameFormat.basic) == [])
        #expect(person.authorities == [Federation.provider] && person.nameID == Self.verified.nameID)
        #expect(Self.verified.replayKey(skew: 180).keepUntil == Self.now + 240)
    }

    @Test("Each reason alone refuses")
    func refused() throws {
        #expect(try Self.decide { $1.isFirstShowing = false } == .refused([.replayed]))
        #expect(try Self.decide { $1.outstanding = nil } == .refused([.unknownRequest]))
        #expect(try Self.decide { said, _ in said.inResponseTo = "_other" } == .refused([.unknownRequest]))
        #expect(try Self.decide { said, _ in said.inResponseTo = nil } == .refused([.unsolicited]))
        #expect(try Self.decide { $1.consumer += "/2" } == .refused([.otherConsumer]))
        #expect(try Self.decide(at: Self.now + 899) != .refused([.requestExpired]))
        #expect(try Self.decide(at: Self.now + 900) == .refused([.requestExpired]))
        #expect(try Self.decide { said, _ in said.nameID = nil } == .refused([.subject]))
        #expect(try Self.decide { said, _ in said.authnInstant = Self.now + 180 } != .refused([.authnInFuture]))
        #expect(try Self.decide { said, _ in said.authnInstant = Self.now + 181 } == .refused([.authnInFuture]))
        #expect(try Self.decide { said, _ in said.sessionNotOnOrAfter = Self.now - 180 } == .refused([.sessionEnded]))
        var other = try Federation.identityProvider()
        other.entityID = "https://evil.example"
        #expect(try Self.decide(peer: other) == .refused([.otherIdentityProvider]))
        #expect(
            try Self.decide(peer: other) { said, _ in said.issuer = other.entityID }
                == .refused([.otherIdentityProvider]))
    }

    @Test("Unsolicited answers are taken only where somebody said so")
    func unsolicited() throws {
        var settings = Federation.settings
        settings.takesUnsolicited = true
        guard
            case .signedIn = try Self.decide(
                settings: settings,
                {
                    $0.inResponseTo = nil; $1.outstanding = nil
                })
        else {
            Issue.record("refused")
            return
        }
        // One that names a request is not one that nobody asked for.
        #expect(try Self.decide(settings: settings) { $1.outstanding = nil } == .refused([.unknownRequest]))
        settings.authnContext = RequestedAuthnContext([AuthnContextClass.multiFactor])
        #expect(
            try Self.decide(
                settings: settings,
                {
                    $0.inResponseTo = nil; $1.outstanding = nil
                })
                == .refused([.authnContext]))
    }

    @Test("What was asked of the authentication is what was reached, and forced is proven anew")
    func authentication() throws {
        let mfa = SignInWish(authnContext: RequestedAuthnContext([AuthnContextClass.multiFactor]))
        #expect(try Self.decide(mfa) == .refused([.authnContext]))
        #expect(try Self.decide(mfa) { said, _ in said.contextClass = nil } == .refused([.authnContext]))
        guard case .signedIn = try Self.decide(mfa, { said, _ in said.contextClass = AuthnContextClass.multiFactor })
        else {
            Issue.record("refused")
            return
        }
        let forced = SignInWish(forcesAuthn: true)
        #expect(try Self.decide(forced) { said, _ in said.authnInstant = Self.now - 181 } == .refused([.authnNotFresh]))
        #expect(try Self.decide(forced) { said, _ in said.authnInstant = Self.now - 180 } != .refused([.authnNotFresh]))
        #expect(try Self.decide { said, _ in said.authnInstant = Self.now - 9_999 } != .refused([.authnNotFresh]))
    }

    @Test("Names that stay, each of its own kind, and none that do not")
    func subjects() throws {
        func key(_ rules: [SubjectRule]? = nil, _ change: (inout VerifiedSignIn) -> Void) throws -> SubjectKey? {
            var settings = Federation.settings
            if let rules { settings.subjectRules = rules }
            guard case .signedIn(let person) = try Self.decide(settings: settings, { said, _ in change(&said) }) else {
                return nil
            }
            return person.subject
        }
        func attribute(_ name: String, _ values: [String], _ format: String = AttributeNameFormat.uri) -> SAMLAttribute
        {
            SAMLAttribute(name, nameFormat: format, values: values)
        }
        let pairwise = try key { $0.attributes = [attribute(SubjectIdentifier.pairwiseID, ["AbC@Example.org"])] }
        #expect(pairwise?.kind == SubjectIdentifier.pairwiseID && pairwise?.value == "abc@example.org")
        #expect(
            try key { $0.attributes = [attribute(SubjectIdentifier.subjectID, ["u@example.org"])] }?.value
                == "u@example.org")
        // Two values, another format, another's scope, or none: the next rule.
        for wrong in [
            attribute(SubjectIdentifier.pairwiseID, ["a@example.org", "b@example.org"]),
            attribute(SubjectIdentifier.pairwiseID, ["a@example.org"], AttributeNameFormat.basic),
            attribute(SubjectIdentifier.pairwiseID, ["a@evil.example"]), attribute(SubjectIdentifier.pairwiseID, ["a"]),
        ] { #expect(try key { $0.attributes = [wrong] }?.kind == "persistent") }
        for format in [NameIDFormat.transient, NameIDFormat.emailAddress, nil] {
            #expect(try key { $0.nameID?.format = format } == nil)
        }
        #expect(
            try key([.nameID(format: NameIDFormat.transient)]) { $0.nameID?.format = NameIDFormat.transient } == nil)
        #expect(
            try key([.nameID(format: NameIDFormat.emailAddress)]) { $0.nameID?.format = NameIDFormat.emailAddress }?
                .value == "n-1")
        let rule = SubjectRule.attribute(name: Self.mail, nameFormat: AttributeNameFormat.uri)
        #expect(try key([rule]) { _ in }?.value == "ada@example.org")
        #expect(try key([rule]) { $0.attributes[0].name = "urn:x" } == nil)
        let qualified = try key {
            $0.nameID = NameID("n", format: NameIDFormat.persistent, nameQualifier: "q", spNameQualifier: "s")
        }
        #expect(qualified?.qualifiers == ["q", "s"])
    }

    @Test("Nobody speaks for a scope that is not theirs")
    func scopes() throws {
        let name = "urn:oid:1.3.6.1.4.1.5923.1.1.1.6"
        func told(_ values: [String], _ policy: ScopePolicy = .metadata, vouched: Bool = true) throws -> [String] {
            var settings = Federation.settings
            settings.scopes = policy
            let outcome = try Self.decide(settings: settings) {
                $0.attributes = [SAMLAttribute(name, values: values)]
                $1.metadataIsVouchedFor = vouched
            }
            guard case .signedIn(let person) = outcome else { return ["refused"] }
            #expect((person.outOfScope == [name]) == (person.values(name).count < values.count))
            return person.values(name)
        }
        #expect(try told(["a@example.org", "b@evil.example", "c@EXAMPLE.ORG"]) == ["a@example.org", "c@EXAMPLE.ORG"])
        // An expression of theirs is not run; nor is a part of a scope one.
        #expect(try told(["a@xyz", "a@sub.example.org", "a@b@example.org", "@example.org", "a"]) == [])
        #expect(try told(["a@example.org"], vouched: false) == [])
        #expect(try told(["a@other.example"], .listed(["other.example"]), vouched: false) == ["a@other.example"])
        #expect(try told(["a@x"], .any) == ["a@x"])
    }

    @Test("Discovery sends somebody to choose, and believes nothing but a name that is known")
    func discovery() {
        let address = Discovery.address(
            service: "https://ds.example/?x=1", entityID: Federation.service,
            returnAddress: "https://sp.example/disc?h=1&x")
        #expect(address.hasPrefix("https://ds.example/?x=1&entityID=https%3A%2F%2Fsp.example"))
        #expect(
            address.contains("return=https%3A%2F%2Fsp.example%2Fdisc%3Fh%3D1%26x")
                && address.contains("isPassive=false"))
        func read(_ query: String) -> Discovery.Answer { Discovery.read(query: query) { $0 == Federation.provider } }
        let name = PercentCoding.encode(Federation.provider)
        #expect(read("h=1&entityID=\(name)") == .chosen(Federation.provider))
        #expect(read("h=1") == .none && read("entityID=") == .none)
        #expect(read("entityID=https%3A%2F%2Fevil.example") == .refused)
        #expect(read("entityID=\(name)&entityID=\(name)") == .refused)
        #expect(read("entityID=\(name)&entity%49D=x") == .refused && read("entityID=%zz") == .refused)
    }
}
