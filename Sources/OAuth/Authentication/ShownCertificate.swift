/// A certificate with which somebody opened a connection, and those that were sent along to lead to an authority.
///
/// Whoever showed it has proved that they hold its key, and nothing else: whose it is, and who says so, is judged by
/// `CertificateAuthorities` and `ClientCertificate`.
public struct ShownCertificate: Sendable, Hashable {
    /// DER.
    public let leaf: [UInt8]
    /// DER, in no order that counts.
    public let intermediates: [[UInt8]]
    /// SHA-256 of the leaf as base64url: `x5t#S256` (RFC 8705 §3.1).
    public let thumbprint: String

    /// No more certificates are read that lead to an authority.
    public static let intermediateLimit = 4

    /// - Throws: `invalid_request` for too many certificates, or one of more than `ClientCertificate.derByteLimit` bytes.
    public init(leaf: [UInt8], intermediates: [[UInt8]] = []) throws(OAuthError) {
        guard intermediates.count <= Self.intermediateLimit else {
            throw OAuthError(
                .invalidRequest,
                "the client certificate comes with more than \(Self.intermediateLimit) intermediate certificates")
        }
        let sizes = 1...ClientCertificate.derByteLimit
        guard sizes.contains(leaf.count), intermediates.allSatisfy({ sizes.contains($0.count) }),
            let thumbprint = SHA256Text.of(leaf)
        else {
            throw OAuthError(
                .invalidRequest,
                "the client certificate is empty, or longer than \(ClientCertificate.derByteLimit) bytes")
        }
        self.leaf = leaf
        self.intermediates = intermediates
        self.thumbprint = thumbprint
    }
}
