import Gateway
import SAML
import Testing
import Vocabulary

/// A gateway with people of its own, which is the identity provider of an application of this process.
struct SignOnStage: SignInStage {
    let running: TestGateway
    let application: MockServiceProvider
    let own: MockKeyPair

    private static let pairs = Task { (try await MockKeyPair.make(), try await MockKeyPair.make()) }

    /// - Parameters:
    ///   - settings: keys of the application beside the least there have to be.
    ///   - saml: more of the section `saml`.
    ///   - metadata: changes what the application says of itself.
    static func open(
        _ people: [String] = ["ada"], _ settings: String = "", saml: String = "", extra: String = "",
        tenants: [String] = ["default"], providers: String = "{ id: local, type: local, name: Password }",
        files: [String: String] = [:], metadata: (inout ServiceProviderDescriptor) -> Void = { _ in },
        clock: @escaping @Sendable () -> Timestamp = SystemClock.now
    ) async throws -> SignOnStage {
        let (own, theirs) = try await pairs.value
        let application = MockServiceProvider(keys: theirs, trusted: own.certificate)
        let configuration = """
            providers: [ \(providers) ]
            saml:
              keys: [ { key_file: saml.key, certificate_file: saml.pem } ]
              applications:
                - { entity_id: "\(application.entityID)", title: The Wiki, metadata_file: wiki.xml\(settings.isEmpty ? "" : ", " + settings) }
            \(saml.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n"))
            \(extra)
            """
        let running = try await TestGateway.open(
            tenants: tenants, server: "trusted_proxies: [127.0.0.1/32]", extra: configuration,
            files: [
                "saml.key": own.key, "saml.pem": own.certificate, "wiki.xml": try application.metadata(metadata),
            ].merging(files) { $1 }, clock: clock)
        try await OAuthScene.addPeople(people, to: running)
        return SignOnStage(running: running, application: application, own: own)
    }

    /// Opens an address, signs in where that is asked, and says what the browser would bring to the application.
    func walk(
        _ web: WebPerson, _ address: String, as login: String = "ada"
    ) async throws -> MockServiceProvider.Brought? {
        try await web.open(address)
        try await OAuthScene.signIn(web, as: login)
        return MockServiceProvider.brought(by: web)
    }
}
