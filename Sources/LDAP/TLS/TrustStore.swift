import COpenSSL

/// The authorities of a file, and what they say of a chain.
final class TrustStore {
    private let store: OpaquePointer

    /// Nil when the file cannot be read or holds no certificate.
    init?(file: String) {
        guard let store = X509_STORE_new() else { return nil }
        guard X509_STORE_load_file(store, file) == 1 else {
            ERR_clear_error()
            X509_STORE_free(store)
            return nil
        }
        self.store = store
    }

    deinit { X509_STORE_free(store) }

    /// What is wrong with what the server showed, apart from its names. The times are judged apart from the
    /// signatures: of a certificate that is both expired and unknown, both are said.
    func flaws(of session: TLSHandshake) -> [TLSFlaw] {
        guard let leaf = session.leaf, let context = X509_STORE_CTX_new() else { return [] }
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, store, leaf.pointer, session.chain) == 1 else {
            return [.untrusted(detail: "out of memory")]
        }
        X509_STORE_CTX_set_default(context, "ssl_server")
        X509_STORE_CTX_set_flags(context, UInt(X509_V_FLAG_NO_CHECK_TIME))
        var flaws: [TLSFlaw] = []
        if X509_verify_cert(context) != 1 { flaws.append(Self.flaw(of: context, leaf)) }
        return flaws + Self.times(X509_STORE_CTX_get0_chain(context), leaf)
    }

    private static func flaw(of context: OpaquePointer, _ leaf: ShownCertificate) -> TLSFlaw {
        let code = X509_STORE_CTX_get_error(context)
        let current = X509_STORE_CTX_get_current_cert(context) ?? leaf.pointer
        switch code {
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return .selfSigned(subject: ShownCertificate.subject(of: leaf.pointer))
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            return .unknownAuthority(issuer: ShownCertificate.subject(of: current))
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED:
            return .unknownAuthority(issuer: ShownCertificate.issuer(of: current))
        // A signature that does not fit an authority of that name: somebody else by the same name.
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:
            return .unknownAuthority(issuer: ShownCertificate.issuer(of: current))
        default: return .untrusted(detail: String(cString: X509_verify_cert_error_string(Int(code))))
        }
    }

    /// Expired and early certificates of the chain; where none could be built, of the leaf.
    private static func times(_ chain: OpaquePointer?, _ leaf: ShownCertificate) -> [TLSFlaw] {
        let count = chain.map { Int(OPENSSL_sk_num($0)) } ?? 0
        let shown = (0..<min(count, 16)).compactMap { OPENSSL_sk_value(chain, Int32($0)).map { OpaquePointer($0) } }
        return (shown.isEmpty ? [leaf.pointer] : shown).compactMap { certificate in
            let (start, end) = (X509_get0_notBefore(certificate), X509_get0_notAfter(certificate))
            let subject = ShownCertificate.subject(of: certificate)
            if X509_cmp_current_time(end) < 0 {
                return .expired(subject: subject, notAfter: ShownCertificate.text(end) ?? "an unreadable date")
            }
            if X509_cmp_current_time(start) > 0 {
                return .notYetValid(subject: subject, notBefore: ShownCertificate.text(start) ?? "an unreadable date")
            }
            return nil
        }
    }
}
