import Testing

@testable import SAML

@Suite("An identity provider reads requests") struct RequestJudgementTests {
    private static let now = Federation.now
    private static let settings = Federation.issuing

    private static func read(
        signature: ArrivalSignature = .none, binding: Binding = .redirect, isFirst: Bool = true,
        channels: [ChannelBinding] = [], settings: IdentityProviderSettings = Federation.issuing,
        policy: ServiceProviderPolicy = ServiceProviderPolicy(),
        _ change: (inout AuthnRequest) -> Void = { _ in },
        peer: (inout ServiceProviderDescriptor) -> Void = { _ in }
    ) throws -> RequestReading {
        var request = AuthnRequest(Federation.header(Federation.service, Federation.signOn))
        change(&request)
        return settings.read(
            request, from: try Federation.serviceProvider(peer), policy: policy,
            arrival: MessageArrival(
                location: Federation.signOn, binding: binding, signature: signature, isFirstShowing: isFirst,
                channels: channels), now: now)
    }

    private static func place(_ reading: RequestReading) -> String? {
        if case .accepted(let request) = reading { request.consumer } else { nil }
    }

    private static func page(_ reading: RequestReading) -> MessageFault.Code? {
        if case .page(let fault) = reading { fault.code } else { nil }
    }

    @Test("The answer goes to a place of the metadata, by address, index, binding, or the default")
    func consumer() throws {
        #expect(try Self.place(Self.read()) == Federation.consumer + "/2")
        func at(_ consumer: AuthnRequest.Consumer, _ binding: Binding = .redirect) throws -> RequestReading {
            try Self.read(binding: binding) { $0.consumer = consumer }
        }
        #expect(try Self.place(at(.index(1))) == Federation.consumer)
        #expect(try Self.place(at(.index(3))) == Federation.consumer + "/art")
        #expect(try Self.place(at(.endpoint(url: Federation.consumer, binding: nil))) == Federation.consumer)
        #expect(
            try Self.place(at(.endpoint(url: nil, binding: Binding.artifact.rawValue))) == Federation.consumer + "/art")
        #expect(
            try Self.place(at(.endpoint(url: Federation.consumer, binding: Binding.post.rawValue)))
                == Federation.consumer)
        // Not by reverse SOAP into a browser, nor into a browser by SOAP.
        #expect(try Self.page(at(.index(4))) == .consumer)
        #expect(try Self.place(at(.preferred, .soap)) == Federation.consumer + "/ecp")
        #expect(try Self.page(at(.index(1), .soap)) == .consumer)
    }

    @Test(
        "Nobody is sent to a place that is not the metadata's to the letter",
        arguments: [
            "https://evil.example/", Federation.consumer + "/", Federation.consumer + "?",
            "HTTPS://sp.example/saml/acs",
            "https://sp.example:443/saml/acs", "https://sp.example/saml/../saml/acs", "", " " + Federation.consumer,
        ])
    func wrongConsumer(url: String) throws {
        #expect(try Self.page(Self.read { $0.consumer = .endpoint(url: url, binding: nil) }) == .consumer)
    }

    @Test("A binding that the place does not have, an index there is none of")
    func wrongBinding() throws {
        let artifact = AuthnRequest.Consumer.endpoint(url: Federation.consumer, binding: Binding.artifact.rawValue)
        #expect(try Self.page(Self.read { $0.consumer = artifact }) == .consumer)
        #expect(try Self.page(Self.read { $0.consumer = .index(9) }) == .consumer)
        #expect(try Self.page(Self.read(peer: { $0.assertionConsumers = [] })) == .consumer)
    }

    @Test("Signatures: right where there are any, there where they have to be")
    func signatures() throws {
        for (reason, code) in [
            (.signatureInvalid, .unsigned), (.key, .unsigned), (.signatureAlgorithm, .signatureAlgorithm),
            (.signatureReference, .signatureStructure), (.limit, .signatureStructure),
        ] as [(SAMLError.Reason, MessageFault.Code)] {
            let signature = ArrivalSignature.invalid(SAMLError(reason, "why"))
            #expect(try Self.page(Self.read(signature: signature)) == code, "\(reason)")
        }
        #expect(try Self.page(Self.read(peer: { $0.signsRequests = true })) == .unsigned)
        #expect(try Self.place(Self.read(signature: .verified, peer: { $0.signsRequests = true })) != nil)
        var strict = Self.settings
        strict.requiresSignedRequests = true
        #expect(try Self.page(Self.read(settings: strict)) == .unsigned)
        #expect(try Self.page(Self.read(policy: ServiceProviderPolicy(requiresSignedRequests: true))) == .unsigned)
        guard case .accepted(let request) = try Self.read(signature: .verified) else { Issue.record("refused"); return }
        #expect(request.isSigned)
    }

    @Test("Destination, time, issuer, and a request that came before")
    func sender() throws {
        #expect(try Self.page(Self.read { $0.header.destination = Federation.signOn + "/" }) == .destination)
        #expect(try Self.page(Self.read { $0.header.destination = "" }) == .destination)
        #expect(try Self.place(Self.read { $0.header.destination = nil }) != nil)
        #expect(try Self.page(Self.read(signature: .verified) { $0.header.destination = nil }) == .destination)
        #expect(try Self.page(Self.read { $0.header.issuer = "https://other.example" }) == .issuer)
        #expect(try Self.place(Self.read { $0.header.issueInstant = Self.now - 480 }) != nil)
        #expect(try Self.page(Self.read { $0.header.issueInstant = Self.now - 481 }) == .stale)
        #expect(try Self.page(Self.read { $0.header.issueInstant = Self.now + 481 }) == .stale)
        #expect(try Self.page(Self.read(isFirst: false)) == .stale)
        #expect(
            try Self.page(Self.read(peer: { $0.role.protocols = ["urn:oasis:names:tc:SAML:1.1:protocol"] })) == .issuer)
    }

    @Test(
        "By SOAP nobody knows where the client goes: a signed request may leave Destination out, and may not say another"
    )
    func carriedDestination() throws {
        func read(_ destination: String?) throws -> RequestReading {
            try Self.read(signature: .verified, binding: .soap) { $0.header.destination = destination }
        }
        #expect(try Self.place(read(nil)) == Federation.consumer + "/ecp")
        #expect(try Self.place(read(Federation.signOn)) == Federation.consumer + "/ecp")
        #expect(try Self.page(read("https://other.example/")) == .destination)
        #expect(try Self.page(read("")) == .destination)
    }

    @Test("Channels: both ends describe the same one and the request is signed, or nobody is answered for")
    func channels() throws {
        let one = ChannelBinding(kind: "tls-server-end-point", octets: [1, 2, 3])
        let other = ChannelBinding(kind: "tls-server-end-point", octets: [1, 2, 4])
        let unique = ChannelBinding(kind: "tls-unique", octets: [1, 2, 3])
        func read(
            _ asked: [ChannelBinding], _ shown: [ChannelBinding], _ signature: ArrivalSignature = .verified,
            _ binding: Binding = .soap
        ) throws -> RequestReading {
            try Self.read(signature: signature, binding: binding, channels: shown) { $0.channels = asked }
        }
        func agreed(_ reading: RequestReading) -> [ChannelBinding]? {
            if case .accepted(let request) = reading { request.channels } else { nil }
        }
        #expect(try agreed(read([one], [one])) == [one])
        #expect(try agreed(read([other, one, unique], [unique, one])) == [one, unique])
        let wrong: [([ChannelBinding], [ChannelBinding], ArrivalSignature)] = [
            ([one], [other], .verified), ([one], [unique], .verified), ([one], [], .verified), ([], [one], .verified),
            ([one], [one], .none),
        ]
        for (asked, shown, signature) in wrong {
            guard case .answered(let status, let place) = try read(asked, shown, signature) else {
                Issue.record("\(asked) \(shown) \(signature) is accepted"); continue
            }
            #expect(status.code == .requester && status.detail == .requestDenied)
            #expect(place.location == Federation.consumer + "/ecp" && place.binding == .paos)
        }
        // Without any there is nothing to hold, and a browser describes none.
        guard case .accepted(let plain) = try read([], [], .none) else { Issue.record("refused"); return }
        #expect(plain.channels == nil)
        guard case .accepted(let browser) = try read([one], [], .none, .redirect) else {
            Issue.record("refused"); return
        }
        #expect(browser.channels == nil)
    }

    @Test("What cannot be fulfilled is answered where it was asked to be")
    func answered() throws {
        func status(_ reading: RequestReading) -> Status? {
            guard case .answered(let status, let place) = reading else { return nil }
            #expect(place.location == Federation.consumer + "/2" && place.inResponseTo == "_r1")
            return status
        }
        #expect(try status(Self.read { $0.namesSubject = true })?.detail == .requestUnsupported)
        #expect(try status(Self.read { ($0.isPassive, $0.forcesAuthn) = (true, true) })?.detail == .noPassive)
        #expect(try status(Self.read { $0.attributeServiceIndex = 1 })?.detail == .requestUnsupported)
        let unknown = RequestedAuthnContext(["urn:unknown"])
        #expect(try status(Self.read { $0.authnContext = unknown })?.detail == .noAuthnContext)
        let better = RequestedAuthnContext([AuthnContextClass.multiFactor], comparison: .better)
        #expect(try status(Self.read { $0.authnContext = better }) == Status(.responder, .noAuthnContext))
    }

    @Test("Nobody is sent where nobody asked, but where that was said")
    func unsolicited() throws {
        let peer = try Federation.serviceProvider()
        let policy = ServiceProviderPolicy(allowsUnsolicited: true)
        func send(_ target: String? = nil, _ policy: ServiceProviderPolicy) throws -> String {
            try Self.settings.unsolicited(to: peer, target: target, policy: policy, now: Self.now).consumer
        }
        #expect(
            try send(nil, policy) == Federation.consumer + "/2"
                && send(Federation.consumer, policy) == Federation.consumer)
        #expect(fault { _ = try send(nil, ServiceProviderPolicy()) } == .unsupported)
        #expect(fault { _ = try send("https://evil.example/", policy) } == .consumer)
        #expect(fault { _ = try send(Federation.consumer + "/art", policy) } == .consumer)
    }

    private static func accepted(_ change: (inout AuthnRequest) -> Void = { _ in }) throws -> AcceptedRequest {
        guard case .accepted(let request) = try read(change) else { throw MessageFault(.consumer, "not accepted") }
        return request
    }

    @Test("What comes next: nobody is asked twice without need, and who is forced proves it after the request came")
    func steps() throws {
        func step(
            _ proven: ProvenAuthn?, _ policy: ServiceProviderPolicy = ServiceProviderPolicy(),
            _ change: (inout AuthnRequest) -> Void = { _ in }
        ) throws -> SignOnStep {
            Self.settings.step(try Self.accepted(change), policy: policy, proven: proven, began: Self.now)
        }
        let password = ProvenAuthn(contextClass: AuthnContextClass.passwordProtectedTransport, instant: Self.now - 100)
        let mfa = ProvenAuthn(contextClass: AuthnContextClass.multiFactor, instant: Self.now - 100)
        let all = Self.settings.contexts.steps.flatMap { $0 }
        #expect(try step(nil) == .authenticate(classes: all, isForced: false))
        #expect(try step(password) == .answer(password))
        #expect(try step(password) { $0.forcesAuthn = true } == .authenticate(classes: all, isForced: true))
        let anew = ProvenAuthn(contextClass: password.contextClass, instant: Self.now)
        #expect(try step(anew) { $0.forcesAuthn = true } == .answer(anew))
        #expect(try step(nil) { $0.isPassive = true } == .refuse(Status(.responder, .noPassive)))
        #expect(try step(password) { $0.isPassive = true } == .answer(password))
        let asksForTwo = RequestedAuthnContext([AuthnContextClass.multiFactor])
        #expect(
            try step(password) { $0.authnContext = asksForTwo }
                == .authenticate(classes: [AuthnContextClass.multiFactor], isForced: false))
        #expect(
            try step(password) { ($0.authnContext, $0.isPassive) = (asksForTwo, true) }
                == .refuse(Status(.responder, .noPassive)))
        #expect(try step(mfa) { $0.authnContext = asksForTwo } == .answer(mfa))
        // Two factors are a password too, and are told as what was asked for.
        let asksForOne = RequestedAuthnContext([AuthnContextClass.password])
        var said = mfa
        said.contextClass = AuthnContextClass.password
        #expect(try step(mfa) { $0.authnContext = asksForOne } == .answer(said))
        let minimum = ServiceProviderPolicy(minimumContext: AuthnContextClass.multiFactor)
        guard case .authenticate(let classes, _) = try step(password, minimum) else {
            Issue.record("not asked"); return
        }
        #expect(!classes.contains(AuthnContextClass.password) && classes.contains(AuthnContextClass.multiFactor))
        #expect(
            try step(password, minimum) { $0.authnContext = asksForOne } == .refuse(Status(.responder, .noAuthnContext))
        )
    }

    @Test("A class of its own that nobody asked about is told as it is; a proxy asks behind for what it does not know")
    func others() throws {
        let own = ProvenAuthn(contextClass: "urn:own", instant: Self.now)
        #expect(Self.settings.step(try Self.accepted(), proven: own, began: Self.now) == .answer(own))
        var proxy = Self.settings
        proxy.asksBehind = true
        let asked = RequestedAuthnContext(["urn:own"])
        guard case .accepted(let request) = try Self.read(settings: proxy, { $0.authnContext = asked }) else {
            Issue.record("refused")
            return
        }
        #expect(proxy.step(request, proven: nil, began: Self.now) == .authenticate(classes: [], isForced: false))
        #expect(proxy.step(request, proven: own, began: Self.now) == .answer(own))
        #expect(try Records.kept(request) == request)
    }

    @Test("Names: what was settled, what is asked, what is listed, what is liked")
    func names() throws {
        func decide(
            _ asked: NameIDPolicy? = nil, policy: ServiceProviderPolicy = ServiceProviderPolicy(),
            listed: [String] = [],
            groups: [String] = []
        ) throws -> NameIDDecision {
            Self.settings.nameID(
                for: try Self.accepted { $0.nameIDPolicy = asked },
                peer: try Federation.serviceProvider { $0.role.nameIDFormats = listed }, policy: policy,
                affiliations: groups, now: Self.now)
        }
        let invalid = NameIDDecision.refuse(Status(.requester, .invalidNameIDPolicy))
        #expect(try decide() == .transient)
        #expect(try decide(listed: ["urn:x", NameIDFormat.emailAddress]) == .emailAddress)
        #expect(try decide(listed: [NameIDFormat.unspecified]) == .transient)
        #expect(try decide(NameIDPolicy(format: NameIDFormat.unspecified)) == .transient)
        #expect(
            try decide(NameIDPolicy(format: NameIDFormat.persistent))
                == .persistent(qualifier: Federation.service, mayCreate: false))
        #expect(
            try decide(NameIDPolicy(format: NameIDFormat.persistent, allowsCreation: true))
                == .persistent(qualifier: Federation.service, mayCreate: true))
        #expect(try decide(NameIDPolicy(format: "urn:x")) == invalid)
        #expect(
            try decide(NameIDPolicy(format: NameIDFormat.encrypted))
                == .refuse(Status(.responder, .invalidNameIDPolicy)))
        #expect(try decide(NameIDPolicy(spNameQualifier: "urn:g")) == invalid)
        #expect(
            try decide(NameIDPolicy(format: NameIDFormat.persistent, spNameQualifier: "urn:g"), groups: ["urn:g"])
                == .persistent(qualifier: "urn:g", mayCreate: false))
        #expect(try decide(policy: ServiceProviderPolicy(nameIDFormat: "urn:own")) == .other(format: "urn:own"))
        #expect(
            try decide(NameIDPolicy(format: "urn:own"), policy: ServiceProviderPolicy(nameIDFormat: "urn:own"))
                == .other(format: "urn:own"))
        #expect(try decide(policy: ServiceProviderPolicy(omitsNameID: true)) == .none)
        #expect(
            try decide(NameIDPolicy(format: NameIDFormat.transient), policy: ServiceProviderPolicy(omitsNameID: true))
                == .refuse(Status(.responder, .invalidNameIDPolicy)))
    }

    @Test("Names that stay differ by more than case")
    func making() {
        let name = NameIDMaking.persistent(random: [0, 1, 2, 254, 255], issuer: "i", for: "s")
        #expect(name.value == "AAAQF7X7" && name.nameQualifier == "i" && name.spNameQualifier == "s")
        #expect(
            NameIDMaking.base32(Array("fooba".utf8)) == "MZXW6YTB"
                && NameIDMaking.base32(Array("foob".utf8)) == "MZXW6YQ")
        #expect(SubjectIdentifier.isWellFormed(NameIDMaking.scopedIdentifier(random: [1, 2, 3], scope: "example.org")))
        #expect(NameIDMaking.transient(random: [255, 0], issuer: "i", for: "s").value == "_ff00")
    }
}
