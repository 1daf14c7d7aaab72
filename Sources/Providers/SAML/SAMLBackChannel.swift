import Fetch
import SAML
import Vocabulary

/// Asking SAML peers by connections of our own (SAML Bindings §3.2).
public enum SAMLBackChannel {
    /// Sends a request to a peer whose server is trusted by the configured authorities, or by its key: one that its metadata
    /// have it sign with is its own for TLS too (Metadata Interoperability Profile §2.6, IIP-MD06), whatever the certificate
    /// around it says. Authorities are asked first, because most servers have a certificate of theirs.
    ///
    /// - Parameter keys: of the peer's role, out of its metadata.
    /// - Throws: what fetching throws.
    public static func send(
        _ request: FetchRequest, trusting keys: [SAMLVerificationKey], by fetch: OutgoingFetch
    ) async throws -> FetchResponse {
        do { return try await fetch(request) } catch let fault as Fault where fault.code == "fetch.tls" && !keys.isEmpty
        {
            // The handshake failed, so nothing of the request was sent.
            var pinned = request
            pinned.serverKeys = keys.map(\.fingerprint)
            return try await fetch(pinned)
        }
    }
}
