import COpenSSL
import Glibc

/// Authorities whose word on who somebody is counts, and what they say of a certificate that was shown (RFC 5280 §6).
///
/// `@unchecked Sendable`: the store is filled once, and OpenSSL locks it while it is looked at.
public final class CertificateAuthorities: @unchecked Sendable {
    /// One of them, as administrators are told about it.
    public struct Authority: Sendable, Hashable {
        /// RFC 4514.
        public let subject: String
        /// Seconds since 1970.
        public let notBefore: Int64
        public let notAfter: Int64
    }

    /// Why a file cannot be believed.
    public enum Flaw: Error, Sendable, Hashable {
        /// It holds something that should be a certificate and is none, or is too long.
        case malformed
        case empty
        case tooMany
        /// A certificate that may not issue others: named here, whoever holds it would be anybody.
        case noAuthority(subject: String)
    }

    /// What they say of a certificate.
    public enum Verdict: Sendable, Hashable {
        case trusted
        /// In a few words, for the client and the log.
        case refused(String)
    }

    public let authorities: [Authority]
    private let store: OpaquePointer

    /// No longer text is read, in bytes.
    public static let byteLimit = 1 << 20
    /// No more of them.
    public static let limit = 64

    /// Reads certificates of authorities, PEM (RFC 7468). An authority need not be a root: who names an intermediate one
    /// believes that one, and not everything else of its root.
    public init(pem: [UInt8]) throws(Flaw) {
        guard pem.count <= Self.byteLimit, let store = X509_STORE_new() else { throw .malformed }
        var authorities: [Authority] = []
        do throws(Flaw) {
            for certificate in try Self.certificates(pem) {
                defer { X509_free(certificate) }
                authorities.append(try Self.authority(certificate))
                guard X509_STORE_add_cert(store, certificate) == 1 else { throw .malformed }
            }
            guard !authorities.isEmpty else { throw .empty }
        } catch {
            X509_STORE_free(store)
            throw error
        }
        self.authorities = authorities
        self.store = store
    }

    deinit { X509_STORE_free(store) }

    private static func certificates(_ pem: [UInt8]) throws(Flaw) -> [OpaquePointer] {
        guard let memory = BIO_new_mem_buf(pem, Int32(pem.count)) else { throw .malformed }
        defer { BIO_free(memory) }
        var found: [OpaquePointer] = []
        ERR_clear_error()
        // Without a function of ours OpenSSL would ask the terminal for the password of a block that is encrypted.
        while let certificate = PEM_read_bio_X509(memory, nil, { _, _, _, _ in 0 }, nil) {
            found.append(certificate)
            if found.count > limit { break }
        }
        let isAtEnd = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
        ERR_clear_error()
        guard found.count <= limit, isAtEnd else {
            found.forEach(X509_free)
            throw found.count > limit ? .tooMany : .malformed
        }
        return found
    }

    private static func authority(_ certificate: OpaquePointer) throws(Flaw) -> Authority {
        let subject = ClientCertificate.subjectText(certificate) ?? "somebody without a name"
        guard isAuthority(certificate) else { throw .noAuthority(subject: subject) }
        guard let start = seconds(X509_get0_notBefore(certificate)), let end = seconds(X509_get0_notAfter(certificate))
        else { throw .malformed }
        return Authority(subject: subject, notBefore: start, notAfter: end)
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return Int64(timegm(&parts))
    }

    /// RFC 5280 §4.2.1.9: by `basicConstraints` alone. OpenSSL also counts what was made before there were any.
    private static func isAuthority(_ certificate: OpaquePointer) -> Bool { X509_check_ca(certificate) == 1 }

    // MARK: Judging

    /// 112 bits: RSA of 2048, and no SHA-1.
    private static let securityLevel: Int32 = 2

    /// Whether a chain of at most `ShownCertificate.intermediateLimit` certificates leads from one of these to it: each
    /// signed, good now, allowed to issue the next (basic constraints, key usage, path length, name constraints), and the
    /// last for the authentication of clients, where it says what it is for.
    ///
    /// Whether one of them was taken back by its issuer is not asked: a client that is to end at once is switched off here.
    ///
    /// - Parameter now: seconds since 1970.
    public func verdict(on shown: ShownCertificate, now: Int64) -> Verdict {
        guard let leaf = ClientCertificate.parsed(shown.leaf) else { return .refused("it cannot be read") }
        defer { X509_free(leaf) }
        let stack = OPENSSL_sk_new_null()
        let others = shown.intermediates.compactMap(ClientCertificate.parsed)
        defer {
            OPENSSL_sk_free(stack)
            others.forEach(X509_free)
        }
        guard others.count == shown.intermediates.count else { return .refused("one of its issuers cannot be read") }
        for other in others { OPENSSL_sk_push(stack, UnsafeRawPointer(other)) }
        guard let context = X509_STORE_CTX_new() else { return .refused("out of memory") }
        defer {
            X509_STORE_CTX_free(context)
            ERR_clear_error()
        }
        guard X509_STORE_CTX_init(context, store, leaf, stack) == 1, Self.prepare(context, now) else {
            return .refused("out of memory")
        }
        guard X509_verify_cert(context) == 1 else {
            let code = Int(X509_STORE_CTX_get_error(context))
            return .refused(String(cString: X509_verify_cert_error_string(code)))
        }
        return Self.verdict(on: X509_STORE_CTX_get0_chain(context))
    }

    private static func prepare(_ context: OpaquePointer, _ now: Int64) -> Bool {
        guard X509_STORE_CTX_set_default(context, "ssl_client") == 1,
            let parameters = X509_STORE_CTX_get0_param(context)
        else { return false }
        X509_VERIFY_PARAM_set_depth(parameters, Int32(ShownCertificate.intermediateLimit))
        X509_VERIFY_PARAM_set_time(parameters, time_t(now))
        X509_VERIFY_PARAM_set_auth_level(parameters, securityLevel)
        return X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN)) == 1
    }

    private static func verdict(on chain: OpaquePointer?) -> Verdict {
        let length = OPENSSL_sk_num(chain)
        // An authority's own certificate says who issues, and is nobody's proof of being a client.
        guard length >= 2 else { return .refused("it is an authority's own") }
        for index in 1..<length {
            guard let issuer = OPENSSL_sk_value(chain, index), isAuthority(OpaquePointer(issuer)) else {
                return .refused("one of its issuers is no authority")
            }
        }
        return .trusted
    }
}
