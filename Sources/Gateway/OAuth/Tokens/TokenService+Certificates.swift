import JOSE
import OAuth
import Vocabulary

extension TokenService {
    /// The certificate of a connection, judged for the client that is named: whose word on it counts is asked only where it
    /// is what the client proves itself by. Everybody else's counts by its thumbprint, whoever issued it (RFC 8705 §3, §4).
    ///
    /// - Throws: `invalid_client`, with what the authorities say.
    func certificate(of call: OAuthCall, for client: OAuthClient?) throws(OAuthError) -> ClientCertificate? {
        guard let shown = call.certificate else { return nil }
        let isJudged = client?.metadata.authentication == .tlsClientAuth
        if isJudged, case .refused(let reason) = verdict(on: shown, in: call.tenant) {
            throw OAuthError(.invalidClient, "client certificate: \(reason)")
        }
        guard let certificate = ClientCertificate(der: shown.leaf, isIssuedByTrusted: isJudged) else {
            throw OAuthError(.invalidClient, "client certificate: it cannot be read")
        }
        return certificate
    }

    private func verdict(on shown: ShownCertificate, in tenant: TenantID) -> CertificateAuthorities.Verdict {
        guard let known = tenants.tenant(tenant).flatMap({ authorities.authorities(of: $0.slug) }) else {
            return .refused("no authority is named for this tenant")
        }
        return known.verdict(on: shown, now: clock().seconds)
    }

    /// The client with its keys, which are fetched where it says only where they are and shows something that is held to
    /// them.
    func registered(_ client: OAuthClient?, _ shown: PresentedCredentials, _ call: OAuthCall) async -> RegisteredClient?
    {
        guard let client else { return nil }
        switch (shown, client.metadata.authentication) {
        case (.assertion(_, let token), _):
            let keyID = (try? UnverifiedJWS(compact: token))?.header.keyID
            return client.registered(fetchedKeys: await servers.keys(of: client, naming: keyID))
        case (.name, .selfSignedTLSClientAuth):
            guard let thumbprint = call.certificate?.thumbprint else { return client.registered() }
            return client.registered(
                fetchedKeys: await servers.keys(of: client) { ClientCertificate.isRegistered(thumbprint, in: $0) })
        default: return client.registered()
        }
    }
}

extension ProvenCall {
    /// How the client proved itself, and what its tokens are bound to, for the journal.
    var facts: [Fact] {
        let bound = [
            binding.keyThumbprint.map { _ in FactValue.word("key") },
            binding.certificateThumbprint.map { _ in FactValue.word("certificate") },
        ].compactMap(\.self)
        return [
            Fact("client_authentication", .word(client.metadata.authentication.rawValue)),
            Fact("bound_to", .list(bound)),
        ]
    }
}
