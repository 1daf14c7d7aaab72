import Fetch
import Gateway
import Identity
import Testing
import Vocabulary

/// A gateway whose people sign in at an identity provider of this process.
struct SAMLStage: SignInStage {
    let running: TestGateway
    let idp: MockIdentityProvider

    /// The identity provider is `corp`; `settings` are keys beside the least there have to be; `applications` speak SAML
    /// themselves, and need `own` keys.
    static func open(
        _ settings: String = "", own: MockKeyPair? = nil, applications: String = "", extra: String = "",
        files: [String: String] = [:],
        idp: MockIdentityProvider? = nil, place: String = "metadata_file: idp.xml",
        clock: @escaping @Sendable () -> Timestamp = SystemClock.now,
        fetch: (@Sendable (FetchRequest) async throws -> FetchResponse)? = nil
    ) async throws -> SAMLStage {
        let idp: MockIdentityProvider =
            if let idp { idp } else { MockIdentityProvider(keys: try await MockKeyPair.make()) }
        var files = files.merging(["idp.xml": try idp.metadataText()]) { given, _ in given }
        var keys = ""
        if let own {
            files["saml.key"] = own.key
            files["saml.pem"] = own.certificate
            keys =
                "saml: { keys: [ { key_file: saml.key, certificate_file: saml.pem } ], applications: [\(applications)] }"
        }
        let line = """
            providers:
              - { id: local, type: local, name: Password }
              - { id: corp, type: saml, name: Corporate, \(place)\(settings.isEmpty ? "" : ", " + settings) }
            """
        let running = try await TestGateway.open(
            server: "trusted_proxies: [127.0.0.1/32]",
            extra: [line, keys, extra].filter { !$0.isEmpty }.joined(separator: "\n"), files: files, clock: clock,
            fetch: fetch)
        return SAMLStage(running: running, idp: idp)
    }
}

extension WebPerson {
    /// Posts what an identity provider has the browser post, and goes where that leads.
    func post(_ posted: MockIdentityProvider.Posted) async throws {
        try await sendElsewhere(posted.body, to: posted.address)
    }

    /// Signs in at an identity provider, as it answers.
    func signIn(at idp: MockIdentityProvider, _ key: String = "corp", _ more: String = "") async throws {
        try await post(try idp.answer(try await depart(to: key, more)))
    }
}
