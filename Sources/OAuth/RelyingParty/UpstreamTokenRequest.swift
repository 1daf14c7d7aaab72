/// A request to a provider's token endpoint, ready to be sent as a form.
public struct UpstreamTokenRequest: Sendable {
    public let endpoint: String
    /// The value of the `Authorization` header, when the client proves itself there.
    public let authorization: String?
    public let body: Parameters
    /// GitHub answers with a form unless it is asked for JSON.
    public static let accept = "application/json"

    /// What the client proves itself with.
    public enum Proof: Sendable {
        case none
        case secret(String)
        /// A signed `ClientAssertion`.
        case assertion(String)
    }

    /// The redemption of a code.
    public static func code(
        _ code: String, of attempt: UpstreamAttempt, client: UpstreamClient, proof: Proof
    ) -> UpstreamTokenRequest {
        var body = Parameters()
        body.set("grant_type", "authorization_code")
        body.set("code", code)
        body.set("redirect_uri", attempt.redirectURI)
        body.set("code_verifier", attempt.verifier)
        return UpstreamTokenRequest(body, client, proof)
    }

    /// A refresh of tokens that were kept.
    public static func refresh(_ token: String, client: UpstreamClient, proof: Proof) -> UpstreamTokenRequest {
        var body = Parameters()
        body.set("grant_type", "refresh_token")
        body.set("refresh_token", token)
        return UpstreamTokenRequest(body, client, proof)
    }

    /// Tells the provider that a refresh token is not needed any more (RFC 7009 §2.1); nil where it takes no such word.
    public static func revocation(_ token: String, client: UpstreamClient, proof: Proof) -> UpstreamTokenRequest? {
        guard let endpoint = client.endpoints.revocation else { return nil }
        var body = Parameters()
        body.set("token", token)
        body.set("token_type_hint", "refresh_token")
        return UpstreamTokenRequest(body, client, proof, at: endpoint)
    }

    private init(_ body: Parameters, _ client: UpstreamClient, _ proof: Proof, at other: String? = nil) {
        var body = body
        var authorization: String?
        switch (client.authentication, proof) {
        case (.secretBasic, .secret(let secret)):
            // RFC 6749 §2.3.1: each part is escaped before they are joined.
            let joined = FormCoding.encode(client.clientID) + ":" + FormCoding.encode(secret)
            authorization = "Basic " + PaddedBase64.encode(Array(joined.utf8))
        case (.privateKeyJWT, .assertion(let assertion)):
            body.set("client_id", client.clientID)
            body.set("client_assertion_type", PresentedCredentials.assertionType)
            body.set("client_assertion", assertion)
        case (_, .secret(let secret)):
            body.set("client_id", client.clientID)
            body.set("client_secret", secret)
        default: body.set("client_id", client.clientID)
        }
        self.authorization = authorization
        self.body = body
        endpoint = other ?? client.endpoints.token
    }
}

extension PaddedBase64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let padded = Array(group) + [UInt8](repeating: 0, count: 3 - group.count)
            let bits = Int(padded[0]) << 16 | Int(padded[1]) << 8 | Int(padded[2])
            for place in 0..<4 {
                text.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
