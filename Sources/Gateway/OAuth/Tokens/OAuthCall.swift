import JOSE
import OAuth
import Storage
import Vocabulary

/// What of a request the endpoints of the authorization server go by.
public struct OAuthCall: Sendable {
    public var tenant: TenantID
    /// Of the body; a query is no place for secrets.
    public var parameters: Parameters
    /// Every `Authorization` header.
    public var authorization: [String]
    /// Every `DPoP` header.
    public var proofs: [String]
    public var method: String
    /// The endpoint's address as clients know it.
    public var address: String
    /// Its address for clients with certificates (RFC 8705 §5), where it has one.
    public var aliases: [String]
    /// What the connection was opened with; whose it is, is not judged yet.
    public var certificate: ShownCertificate?
    /// W3C trace id.
    public var trace: String?

    public init(
        tenant: TenantID, parameters: Parameters, authorization: [String] = [], proofs: [String] = [],
        method: String = "POST", address: String, aliases: [String] = [], certificate: ShownCertificate? = nil,
        trace: String? = nil
    ) {
        self.tenant = tenant
        self.parameters = parameters
        self.authorization = authorization
        self.proofs = proofs
        self.method = method
        self.address = address
        self.aliases = aliases
        self.certificate = certificate
        self.trace = trace
    }
}

/// What a client proved with a request: who it is, and what its tokens will be bound to.
struct ProvenCall: Sendable {
    let client: OAuthClient
    let proven: AuthenticatedClient
    let proof: DPoPProof?
    let binding: SenderBinding
    let now: Timestamp

    /// Uses up what may be presented once, in the transaction that does what was asked for.
    ///
    /// - Throws: `invalid_client` for an assertion that was shown before, `invalid_dpop_proof` for a proof.
    func spend(in tenant: TenantID, _ tx: Transaction) throws {
        if let assertion = proven.assertion {
            let isFirst = try tx.sql.noteOnce(
                .clientAssertion, Digests.sha256(client.id.description + " " + assertion.id), in: tenant, at: tx.now,
                until: Timestamp(seconds: assertion.expiresAt))
            guard isFirst else { throw OAuthError(.invalidClient, "client_assertion was used before") }
        }
        if let proof {
            let isFirst = try tx.sql.noteOnce(
                .dpopProof, Digests.sha256(proof.replayKey), in: tenant, at: tx.now,
                until: Timestamp(seconds: proof.expiresAt))
            guard isFirst else { throw OAuthError(.invalidDPoPProof, "the proof was used before") }
        }
    }

    /// Whether anything has to be used up.
    var spends: Bool { proven.assertion != nil || proof != nil }
}
