import Fetch
import Foundation
import HTTPTypes
import Identity
import SAML
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// A gateway with keys of its own, an identity provider that people come from, and applications that they are signed in to.
struct LogoutStage: SignInStage {
    let stage: SAMLStage
    let own: MockKeyPair
    /// The identity provider, as it speaks of sign-outs.
    let provider: LogoutPartner
    let applications: [LogoutPartner]
    var running: TestGateway { stage.running }
    var idp: MockIdentityProvider { stage.idp }
    var everybody: [LogoutPartner] { [provider] + applications }

    /// - Parameters:
    ///   - bindings: how the identity provider is told.
    ///   - applications: how each application is told.
    static func open(
        _ bindings: [Binding] = [.redirect], applications: [[Binding]] = [], settings: String = "",
        clock: @escaping @Sendable () -> Timestamp = SystemClock.now
    ) async throws -> LogoutStage {
        let keys = try await Keys.shared.pairs()
        let (own, theirs) = (keys[0], keys[1])
        let idp = MockIdentityProvider(keys: theirs)
        idp.singleLogout = bindings.map { Endpoint($0, "https://idp.example/slo") }
        let provider = LogoutPartner(idp.entityID, place: "https://idp.example/slo", keys: theirs, clock: clock)
        let partners = applications.indices.map { index in
            LogoutPartner(
                "https://sp\(index).example/saml", place: "https://sp\(index).example/slo", keys: keys[2],
                clock: clock)
        }
        let everybody = [provider] + partners
        let stage = try await SAMLStage.open(settings, own: own, idp: idp, clock: clock) { request in
            let peer = try #require(everybody.first { request.url == $0.place })
            return try peer.fetch(request, from: own)
        }
        let tenant = try #require(stage.gateway.tenants.defaultTenant?.id)
        for (partner, bindings) in zip(partners, applications) {
            let entity = try partner.entity(bindings)
            stage.gateway.samlApplications.put(
                SAMLApplication(
                    id: .random(at: clock()), tenant: tenant, entityID: partner.entityID,
                    settings: SAMLApplicationSettings(metadata: .document("")), isDisabled: false, managedBy: .api,
                    version: 1, createdAt: clock(), metadata: { entity }))
        }
        return LogoutStage(stage: stage, own: own, provider: provider, applications: partners)
    }

    /// Three pairs of keys for all tests: the gateway's, the identity provider's, the applications'.
    private actor Keys {
        static let shared = Keys()
        private var made: Task<[MockKeyPair], any Error>?

        func pairs() async throws -> [MockKeyPair] {
            let task = made ?? Task { [try await .make(), try await .make(), try await .make()] }
            made = task
            return try await task.value
        }
    }

    /// Somebody signed in at the identity provider, and from here to every application.
    func signIn(_ api: TestAPI, as login: String = "ada") async throws -> (web: WebPerson, session: Session) {
        let web = WebPerson(api.client)
        web.halt = "https://"
        try await web.signIn(at: idp)
        #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(300))")
        let session = try #require(try await newestSession(of: login))
        for application in applications { try await enter(application, with: session) }
        return (web, session)
    }

    static func name(at partner: LogoutPartner) -> NameID {
        NameID(
            "pairwise-of-\(partner.entityID)", format: NameIDFormat.persistent,
            nameQualifier: "https://gate.example.org/saml/metadata", spNameQualifier: partner.entityID)
    }

    /// What issuing an assertion leaves behind.
    func enter(_ partner: LogoutPartner, with session: Session) async throws {
        let known = PeerSession(
            peer: partner.entityID, nameID: Self.name(at: partner), sessionIndex: Self.index(session))
        try await gateway.store.write(.login) { tx in
            try tx.remember(known, as: .serviceProvider, of: session.id, in: session.tenant)
        }
    }

    static func index(_ session: Session) -> String { "index-\(session.id)" }

    /// The person's session at the identity provider: the newest that it said.
    var newestIndex: String { idp.newestIndex }

    /// Reasons of the ends that the journal has, newest first.
    func ends(_ api: TestAPI) async throws -> [AttributeValue?] {
        let events = try await api.send(.get, "/api/v1/audit/events?type=session.ended&limit=200")
        let items = events.body?["items"]?.list ?? []
        return items.sorted { $0["position"]?.integer ?? 0 > $1["position"]?.integer ?? 0 }
            .map { $0["facts"]?["reason"] }
    }
}
