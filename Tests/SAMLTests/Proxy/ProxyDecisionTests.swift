import Testing

@testable import SAML

@Suite("A proxy between") struct ProxyDecisionTests {
    private static let settings = ProxySettings(
        entityID: Federation.provider,
        contexts: AuthnContextMapping(
            pairs: [
                .init(before: "urn:mfa", behind: "urn:up:2fa"), .init(before: "urn:strong", behind: "urn:up:2fa"),
                .init(before: "urn:mfa", behind: "urn:up:key"),
            ], passesOthers: false))

    private static func request(
        _ scoping: Scoping?, _ classes: [String] = [], comparison: RequestedAuthnContext.Comparison = .exact
    ) -> AcceptedRequest {
        AcceptedRequest(
            requestID: "_r1", serviceProvider: Federation.service, consumer: Federation.consumer, answerBinding: .post,
            forcesAuthn: true, isPassive: false, nameIDPolicy: nil,
            authnContext: classes.isEmpty ? nil : RequestedAuthnContext(classes, comparison: comparison),
            scoping: scoping,
            attributeServiceIndex: nil, isSigned: true)
    }

    private static func pass(
        _ scoping: Scoping?, _ classes: [String] = [], behind: [String] = ["urn:a", "urn:b"],
        settings: ProxySettings = settings
    ) -> ProxyStep {
        settings.pass(request(scoping, classes), behind: behind)
    }

    @Test("A request goes on with one step less, with who asked, to those that may be asked")
    func passing() {
        guard case .pass(let plain) = Self.pass(nil) else { Issue.record("refused"); return }
        #expect(plain.candidates == ["urn:a", "urn:b"] && plain.wish.forcesAuthn)
        #expect(plain.wish.scoping == Scoping(proxyCount: nil, identityProviders: [], requesters: [Federation.service]))
        let scoping = Scoping(proxyCount: 2, identityProviders: ["urn:b", "urn:x"], requesters: ["urn:before"])
        guard case .pass(let scoped) = Self.pass(scoping) else { Issue.record("refused"); return }
        #expect(scoped.candidates == ["urn:b"])
        #expect(
            scoped.wish.scoping
                == Scoping(proxyCount: 1, identityProviders: ["urn:b"], requesters: ["urn:before", Federation.service]))
        var bounded = Self.settings
        bounded.proxyCount = 1
        guard case .pass(let own) = Self.pass(scoping, settings: bounded) else { Issue.record("refused"); return }
        #expect(own.wish.scoping?.proxyCount == 0)
    }

    @Test("Where it ends")
    func ends() {
        #expect(Self.pass(Scoping(proxyCount: 0)) == .refuse(Status(.responder, .proxyCountExceeded)))
        #expect(Self.pass(nil, behind: []) == .refuse(Status(.responder, .noAvailableIDP)))
        #expect(Self.pass(Scoping(identityProviders: ["urn:x"])) == .refuse(Status(.responder, .noSupportedIDP)))
        #expect(
            Self.pass(Scoping(requesters: ["urn:a", Federation.provider]))
                == .refuse(Status(.responder, .proxyCountExceeded)))
        let many = (0..<256).map { "urn:\($0)" }
        #expect(Self.pass(Scoping(requesters: many)) == .refuse(Status(.responder, .proxyCountExceeded)))
        guard case .pass = Self.pass(Scoping(requesters: Array(many.dropLast()))) else {
            Issue.record("refused"); return
        }
        #expect(Self.pass(nil, ["urn:unknown"]) == .refuse(Status(.responder, .noAuthnContext)))
    }

    @Test("Contexts are asked for by the names behind, and told by the names before")
    func contexts() throws {
        guard case .pass(let passed) = Self.pass(nil, ["urn:mfa", "urn:unknown"]) else {
            Issue.record("refused"); return
        }
        #expect(passed.wish.authnContext == RequestedAuthnContext(["urn:up:2fa", "urn:up:key"]))
        func back(_ said: String?, asked: [String]) -> ProvenAuthn? {
            let person = SignedIn(
                subject: SubjectKey(kind: "k", issuer: "urn:a", value: "v", qualifiers: []), nameID: nil,
                sessionIndex: nil,
                sessionNotOnOrAfter: nil, authnInstant: 7, contextClass: said, authorities: ["urn:a", "urn:root"],
                proxyCount: nil, attributes: [], outOfScope: [])
            return Self.settings.passBack(person, to: Self.request(nil, asked), order: .usual)
        }
        #expect(
            back("urn:up:2fa", asked: ["urn:strong"])
                == ProvenAuthn(contextClass: "urn:strong", instant: 7, authorities: ["urn:a", "urn:root"]))
        #expect(back("urn:up:2fa", asked: [])?.contextClass == "urn:mfa")
        #expect(
            back("urn:up:key", asked: ["urn:strong"]) == nil && back("urn:other", asked: []) == nil
                && back(nil, asked: []) == nil)
    }

    @Test("What went wrong behind is told before, without what is not theirs to know")
    func statuses() {
        #expect(Self.settings.passBack(Status(.responder, .noPassive)) == Status(.responder, .noPassive))
        #expect(
            Self.settings.passBack(Status(.requester, .noAuthnContext, message: "x"))
                == Status(.responder, .noAuthnContext))
        for odd in [Status(.versionMismatch), Status(.requester, .invalidNameIDPolicy), Status(.responder)] {
            #expect(Self.settings.passBack(odd) == Status(.responder, .authnFailed))
        }
    }
}
