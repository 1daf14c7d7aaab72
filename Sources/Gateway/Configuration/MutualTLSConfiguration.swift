import OAuth
import Vocabulary

/// `oauth.mtls`: clients that prove themselves by certificates, and tokens that are bound to them (RFC 8705).
public struct MutualTLSConfiguration: Sendable {
    /// Where clients are asked for certificates; nil where a proxy does that.
    public var listen: ListenAddress?
    /// What browsers are never sent to: the endpoints are announced below it (§5).
    public var publicURL: PublicURL
    /// The pair of files that this listener has of its own; nil for the server's.
    public var tls: TLSFiles?
    /// In which header a trusted proxy says whose certificate it was shown; nil where nobody is believed.
    public var header: Header?
    public var authorities: [Authority]

    /// How a proxy writes a certificate.
    public enum Header: Sendable, Hashable {
        /// `Client-Cert` and `Client-Cert-Chain` (RFC 9440).
        case clientCert
        /// One certificate in PEM, percent-encoded, as nginx has it in `$ssl_client_escaped_cert`.
        case escapedPEM(name: String)
    }

    /// Whose word on who a client is counts.
    public struct Authority: Sendable, Hashable {
        /// PEM.
        public var file: String
        /// The slug of the one tenant in which it counts; nil for every one.
        public var tenant: String?
    }

    static let headerName = "Client-Cert"

    init(_ section: ConfigurationSection) {
        listen = section.optional("listen", "an address and port such as 0.0.0.0:8444") { ListenAddress($0) }
        publicURL =
            section.optional("public_url", "an https URL without query") { Self.publicURL($0) }
            ?? PublicURL("https://localhost")!
        if !section.has("public_url") {
            section.report("public_url", "is required: what the endpoints for clients with certificates are below.")
        }
        if let files = section.optionalSection("tls") {
            tls = TLSFiles(certificate: files.file("certificate_file") ?? "", key: files.file("key_file") ?? "")
            for name in ["certificate_file", "key_file"] where !files.has(name) { files.report(name, "is required.") }
            files.finish()
        }
        header = section.optional(
            "certificate_header", "\(Self.headerName) (RFC 9440), or a name that begins with X- for nginx's form"
        ) { Self.header($0) }
        if listen == nil, header == nil, !section.has("listen"), !section.has("certificate_header") {
            section.report("listen", "is required, or `certificate_header` behind a proxy that asks for certificates.")
        }
        authorities = section.sections("authorities", limit: CertificateAuthorities.limit).map { entry in
            defer { entry.finish() }
            if !entry.has("file") { entry.report("file", "is required.") }
            return Authority(file: entry.file("file") ?? "", tenant: entry.optionalText("tenant"))
        }
        section.finish()
    }

    private static func publicURL(_ text: String) -> PublicURL? {
        PublicURL(text).flatMap { $0.scheme == "https" ? $0 : nil }
    }

    /// What a proxy means by a header that others mean something else by is not to be guessed.
    private static func header(_ text: String) -> Header? {
        let lowered = text.lowercased()
        if lowered == headerName.lowercased() { return .clientCert }
        let isName = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
        }
        guard isName, (3...64).contains(text.utf8.count), lowered.hasPrefix("x-"), !lowered.hasPrefix("x-forwarded-"),
            !lowered.hasPrefix("x-original-")
        else { return nil }
        return .escapedPEM(name: text)
    }

    /// Why a client could never show what its registration asks for; nil where it can.
    ///
    /// - Parameters:
    ///   - settings: nil where `oauth.mtls` is not set.
    ///   - slug: of its tenant.
    static func obstacle(for client: ClientMetadata, in slug: String, _ settings: MutualTLSConfiguration?) -> String? {
        guard client.authentication.usesCertificate || client.bindsTokensToCertificate else { return nil }
        guard let settings else { return "no client is asked for a certificate here: set `oauth.mtls`" }
        let isKnown = settings.authorities.contains { $0.tenant == nil || $0.tenant == slug }
        if client.authentication == .tlsClientAuth, !isKnown {
            return "no authority is named that certificates of this tenant's clients come from"
                + " (`oauth.mtls.authorities`); self_signed_tls_client_auth needs none"
        }
        return nil
    }
}
