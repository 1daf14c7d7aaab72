import Identity
import SAML
import Testing
import Vocabulary

@testable import Providers

@Suite("What an identity provider is asked for") struct SAMLWishTests {
    private static let own = "https://gate.example/saml"
    private static let peer = "https://idp.example/saml"

    private static func settings(_ change: (inout SAMLProviderSettings) -> Void = { _ in }) -> SAMLProviderSettings {
        var settings = SAMLProviderSettings(
            provider: ProviderID(high: 1, low: 2), key: "corp",
            service: ServiceProviderSettings(entityID: own, consumers: []))
        change(&settings)
        return settings
    }

    private static func wish(_ change: (inout UpstreamWish) -> Void = { _ in }) -> UpstreamWish {
        var wish = UpstreamWish()
        change(&wish)
        return wish
    }

    /// What an application asked, read as the gateway reads it.
    private static func application(
        _ classes: [String] = [], _ comparison: RequestedAuthnContext.Comparison = .exact, _ scoping: Scoping? = nil
    ) throws -> AcceptedRequest {
        var entity = EntityDescriptor(entityID: "https://wiki.example/saml")
        var role = ServiceProviderDescriptor()
        role.assertionConsumers = [IndexedEndpoint(.post, "https://wiki.example/acs", index: 0)]
        entity.serviceProviders = [role]
        var request = AuthnRequest(
            MessageHeader(id: "_r1", issueInstant: 1_800_000_000, issuer: entity.entityID, destination: own))
        request.authnContext = classes.isEmpty ? nil : RequestedAuthnContext(classes, comparison: comparison)
        request.scoping = scoping
        var service = IdentityProviderSettings(entityID: own, signOnEndpoints: [Endpoint(.redirect, own)])
        service.asksBehind = true
        let reading = service.read(
            request, from: entity, arrival: MessageArrival(location: own, binding: .redirect, signature: .none),
            now: 1_800_000_000)
        guard case .accepted(let accepted) = reading else { throw Fault("test", .ourselves, "\(reading)") }
        return accepted
    }

    @Test("nothing beyond what is asked of everybody, unless it is needed")
    func plain() throws {
        let settings = Self.settings { $0.askedFactorContexts = ["urn:a", "urn:b"] }
        #expect(try settings.asked(Self.wish(), of: Self.peer) == SignInWish())
        let forced = try settings.asked(Self.wish { $0.maxAgeSeconds = 0 }, of: Self.peer)
        #expect(forced == SignInWish(forcesAuthn: true))
        let factors = try settings.asked(Self.wish { $0.needsSeveralFactors = true }, of: Self.peer)
        #expect(factors == SignInWish(authnContext: RequestedAuthnContext(["urn:a", "urn:b"], comparison: .exact)))
        let unnamed = try Self.settings().asked(Self.wish { $0.needsSeveralFactors = true }, of: Self.peer)
        #expect(unnamed.authnContext == nil)
    }

    @Test(
        "classes of applications: those that are passed on, in the settings' order, and none that would have to be better"
    )
    func passed() throws {
        let settings = Self.settings { $0.passedContexts = ["urn:a", "urn:b", "urn:c"] }
        func asked(_ classes: [String], _ comparison: RequestedAuthnContext.Comparison = .exact) throws -> [String]? {
            let application = try Self.application(classes, comparison)
            return try settings.asked(Self.wish { $0.application = application }, of: Self.peer).authnContext?.classes
        }
        #expect(try asked(["urn:b", "urn:x", "urn:a"]) == ["urn:a", "urn:b"])
        #expect(try asked(["urn:b"], .minimum) == ["urn:b"])
        #expect(try asked(["urn:b"], .better) == nil)
        #expect(try asked(["urn:B"]) == nil && asked([]) == nil)
    }

    @Test("who asks is named behind those who asked before, and the count is one lower")
    func scoping() throws {
        let application = try Self.application([], .exact, Scoping(proxyCount: 2, requesters: ["https://a.example/"]))
        let asked = try Self.settings().asked(Self.wish { $0.application = application }, of: Self.peer)
        #expect(
            asked.scoping
                == Scoping(proxyCount: 1, requesters: ["https://a.example/", "https://wiki.example/saml"]))
        let listed = try Self.application([], .exact, Scoping(identityProviders: ["https://b.example/", Self.peer]))
        let narrowed = try Self.settings().asked(Self.wish { $0.application = listed }, of: Self.peer)
        #expect(narrowed.scoping?.identityProviders == [Self.peer])
        let silent = try Self.settings { $0.sendsScoping = false }.asked(
            Self.wish { $0.application = application }, of: Self.peer)
        #expect(silent.scoping == nil)
    }

    @Test("what may go no further goes nowhere, whether it would be said or not")
    func ends() throws {
        for scoping in [Scoping(proxyCount: 0), Scoping(requesters: [Self.own])] {
            let application = try Self.application([], .exact, scoping)
            for sends in [true, false] {
                #expect(throws: Fault.self) {
                    try Self.settings { $0.sendsScoping = sends }.asked(
                        Self.wish { $0.application = application }, of: Self.peer)
                }
            }
        }
    }
}
