import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

extension TokenService {
    /// Takes an authorization request from its client, before a browser brings it (RFC 9126 §2).
    ///
    /// - Returns: `request_uri` and `expires_in`.
    /// - Throws: `OAuthError`, as the authorization endpoint would have told it.
    public func push(_ call: OAuthCall) async throws -> JSONObject {
        let sender = try await prove(call)
        let client = sender.client
        if call.parameters.holds("request_uri") {
            throw OAuthError(.invalidRequest, "request_uri may not be pushed")
        }
        let (parameters, object) = try await pushed(call, sender)
        let request = try PushedRequest.read(
            parameters, client: client.metadata, isSigned: object != nil, proof: sender.proof?.thumbprint,
            rules: AuthorizationRules(ofIssuer: issuer(of: call.tenant)))
        let handle = try await keep(PushedRequest(request, now: sender.now.seconds), object?.spent, sender, call)
        return [
            "request_uri": .string(PushedRequest.uri(handle: handle.reveal())),
            "expires_in": .integer(PushedRequest.lifetime),
        ]
    }

    /// A request object that was pushed.
    private struct PushedObject {
        /// Nil for one without a `jti`.
        let spent: PendingAuthorization.Spent?
    }

    private func pushed(
        _ call: OAuthCall, _ sender: ProvenCall
    ) async throws -> (Parameters, PushedObject?) {
        guard RequestObject.isCarried(by: call.parameters) else {
            // Whoever proved itself in the header has said who it is.
            var parameters = call.parameters
            if !parameters.holds("client_id") { parameters.set("client_id", sender.client.name) }
            return (parameters, nil)
        }
        let verified = try RequestObject.verify(
            call.parameters, client: await sender.client.signing(call.parameters, servers),
            issuer: issuer(of: call.tenant), now: sender.now.seconds)
        return (verified.parameters, PushedObject(spent: .init(verified, of: sender.client)))
    }

    /// The row outlives the request: whoever began with it in time may take longer to sign in.
    private func keep(
        _ record: PushedRequest, _ spent: PendingAuthorization.Spent?, _ sender: ProvenCall, _ call: OAuthCall
    ) async throws -> SecretText {
        let handle = try Randomness.token(.requestURI)
        let sealed = try store.keys.seal(record: record, tenant: call.tenant, context: handle.hash.bytes)
        try await store.write(.login) { tx in
            try sender.spend(in: call.tenant, tx)
            try spent?.useUp(in: call.tenant, tx)
            try tx.sql.insert(
                handle.hash, into: .ofClients, of: sender.client.id, in: call.tenant, browser: nil, sealed: sealed,
                at: tx.now,
                until: tx.now + WaitingDesk<IDKind.Client>.lifetime + .seconds(PushedRequest.lifetime))
        }
        return handle.text
    }
}

extension AuthorizationRules {
    /// What every request to one of our issuers is held to.
    init(ofIssuer issuer: String) {
        self.init(
            issuer: issuer, acrValues: AuthenticationStrength.allCases.filter { $0 >= .aal1 }.sorted().map(\.acr))
    }
}
