import SAML
import Testing

/// A gateway between an application and an identity provider, both of which speak SAML.
struct SAMLBetweenStage {
    let between: SAMLStage
    let application: MockServiceProvider

    /// - Parameters:
    ///   - provider: keys of the identity provider `corp` beside the least there have to be.
    ///   - saml: a line of the section `saml`.
    static func open(_ provider: String = "", saml: String = "") async throws -> SAMLBetweenStage {
        let (own, theirs) = (try await MockKeyPair.make(), try await MockKeyPair.make())
        let application = MockServiceProvider(keys: theirs, trusted: own.certificate)
        let between = try await SAMLStage.open(
            provider,
            extra: """
                saml:
                  keys: [ { key_file: saml.key, certificate_file: saml.pem } ]
                  applications: [ { entity_id: "\(application.entityID)", metadata_file: wiki.xml } ]
                  \(saml)
                """,
            files: ["wiki.xml": try application.metadata(), "saml.key": own.key, "saml.pem": own.certificate])
        return SAMLBetweenStage(between: between, application: application)
    }

    /// Opens what the application asks, presses the provider's button where there is one, and says where that leads; nil where
    /// it does not lead to the identity provider.
    func depart(_ web: WebPerson, _ request: AuthnRequest) async throws -> String? {
        web.halt = "https://idp.example/"
        try await web.open(try application.address(request))
        if web.location == nil, let corp = web.link("Sign in with Corporate") { try await web.open(corp) }
        return web.location.flatMap { $0.hasPrefix("https://idp.example/") ? $0 : nil }
    }

    /// What the application is told once the identity provider has answered.
    func answered(_ web: WebPerson, _ address: String, to request: AuthnRequest) async throws -> VerifiedAssertion {
        try await web.post(try between.idp.answer(address))
        let brought = try #require(MockServiceProvider.brought(by: web), "\(web.url) \(web.page.suffix(400))")
        return try application.verify(brought, to: request.header.id)
    }
}
