import JOSE

/// A client's certificate as the TLS connection proved it: the client holds its private key.
public struct ClientCertificate: Sendable, Hashable {
    /// SHA-256 of the DER encoding as base64url: `x5t#S256` (RFC 8705 §3.1).
    public var thumbprint: String
    /// Somebody the server trusts issued it; without this only a thumbprint speaks for it.
    public var isIssuedByTrusted: Bool
    /// What it says of its owner.
    public var subjects: Set<CertificateSubject>

    public init(thumbprint: String, isIssuedByTrusted: Bool, subjects: Set<CertificateSubject>) {
        self.thumbprint = thumbprint
        self.isIssuedByTrusted = isIssuedByTrusted
        self.subjects = subjects
    }

    /// Whether it proves a client (RFC 8705 §2).
    ///
    /// - Parameter keySet: the client's JWK set as it is written, of which `x5c` and `x5t#S256` name certificates.
    func proves(_ client: ClientMetadata, keySet: JSONObject?) -> Bool {
        switch client.authentication {
        case .tlsClientAuth:
            guard isIssuedByTrusted, let subject = client.certificateSubject else { return false }
            return subjects.contains { $0.isSame(as: subject) }
        case .selfSignedTLSClientAuth: return keySet.map { Self.isRegistered(thumbprint, in: $0) } ?? false
        default: return false
        }
    }

    /// Whether a key set names the certificate of this thumbprint (RFC 8705 §2.2.2).
    public static func isRegistered(_ thumbprint: String, in keySet: JSONObject) -> Bool {
        thumbprints(in: keySet).contains { SHA256Text.same($0, thumbprint) }
    }

    /// §2.2.2: the first certificate of each key, or its thumbprint.
    static func thumbprints(in keySet: JSONObject) -> [String] {
        (keySet["keys"]?.array ?? []).compactMap { key in
            guard let key = key.object else { return nil }
            if let chain = key["x5c"]?.texts {
                return chain.first.flatMap(PaddedBase64.decode).flatMap(SHA256Text.of)
            }
            return key["x5t#S256"]?.text
        }
    }
}
