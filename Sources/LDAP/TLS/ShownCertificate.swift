import COpenSSL
import Glibc

/// A certificate that a server showed; owns one reference to it.
final class ShownCertificate {
    let pointer: OpaquePointer
    /// No more names than these are listed.
    private static let nameLimit = 20

    /// Takes over the caller's reference.
    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { X509_free(pointer) }

    var notAfter: String? { Self.text(X509_get0_notAfter(pointer)) }

    /// `sha256:` and the base64 digest of the public key (SubjectPublicKeyInfo).
    var pin: String? {
        var encoded: UnsafeMutablePointer<UInt8>?
        let length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(pointer), &encoded)
        guard length > 0, let encoded else { return nil }
        defer { CRYPTO_free(encoded, #file, #line) }
        var digest = [UInt8](repeating: 0, count: 32)
        guard EVP_Digest(encoded, Int(length), &digest, nil, EVP_sha256(), nil) == 1 else { return nil }
        var text = [UInt8](repeating: 0, count: 48)
        let written = EVP_EncodeBlock(&text, digest, 32)
        return "sha256:" + String(decoding: text.prefix(Int(written)), as: UTF8.self)
    }

    /// The flaw, when the certificate is not for this host (RFC 6125 §6.4, RFC 4513 §3.1.3).
    func misnamed(for host: String) -> TLSFlaw? {
        // libldap takes "localhost" for the machine's own name, so what it would refuse is refused here.
        let expected = host.lowercased() == "localhost" ? Self.machineName : host
        let matches =
            Self.isAddress(expected)
            ? X509_check_ip_asc(pointer, expected, 0) : X509_check_host(pointer, expected, 0, 0, nil)
        return matches == 1 ? nil : .wrongName(expected: expected, offered: names)
    }

    /// Whether a host is written as an address.
    static func isAddress(_ host: String) -> Bool {
        var four = in_addr()
        var six = in6_addr()
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }

    private static let machineName: String = {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        let short = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var hints = addrinfo()
        hints.ai_flags = Int32(AI_CANONNAME)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(short, nil, &hints, &list) == 0, let list else { return short }
        defer { freeaddrinfo(list) }
        return list.pointee.ai_canonname.map { String(cString: $0) } ?? short
    }()

    /// The names and addresses it is for: subject alternative names, else the subject's common name.
    private var names: [String] {
        var found: [String] = []
        if let raw = X509_get_ext_d2i(pointer, NID_subject_alt_name, nil, nil) {
            let list = OpaquePointer(raw)
            defer { GENERAL_NAMES_free(list) }
            for index in 0..<min(Int(OPENSSL_sk_num(list)), Self.nameLimit) {
                guard let item = OPENSSL_sk_value(list, Int32(index)) else { continue }
                if let name = Self.name(item.assumingMemoryBound(to: GENERAL_NAME.self).pointee) { found.append(name) }
            }
        }
        return found.isEmpty ? [Self.subject(of: pointer)] : found
    }

    private static func name(_ name: GENERAL_NAME) -> String? {
        switch name.type {
        case GEN_DNS: return name.d.dNSName.flatMap { printable(bytes($0)) }
        case GEN_IPADD: return name.d.iPAddress.flatMap { address(bytes($0)) }
        default: return nil
        }
    }

    private static func bytes(_ string: UnsafeMutablePointer<ASN1_STRING>) -> [UInt8] {
        Array(UnsafeBufferPointer(start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string))))
    }

    private static func address(_ bytes: [UInt8]) -> String? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        var text = [CChar](repeating: 0, count: 64)
        guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, 64) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The subject, or the issuer, in one line; bounded, since it will stand in logs.
    static func subject(of certificate: OpaquePointer) -> String { line(X509_get_subject_name(certificate)) }
    static func issuer(of certificate: OpaquePointer) -> String { line(X509_get_issuer_name(certificate)) }

    private static func line(_ name: OpaquePointer?) -> String {
        guard let name, let text = X509_NAME_oneline(name, nil, 0) else { return "somebody without a name" }
        defer { CRYPTO_free(text, #file, #line) }
        return printable(
            Array(UnsafeBufferPointer(start: text, count: strnlen(text, 256)).map { UInt8(bitPattern: $0) }))
    }

    private static func printable(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(256).map { (0x20..<0x7F).contains($0) ? $0 : 0x3F }, as: UTF8.self)
    }

    /// A time as `Nov 20 06:47:54 2026 GMT`.
    static func text(_ time: UnsafePointer<ASN1_TIME>?) -> String? {
        guard let time, let memory = BIO_new(BIO_s_mem()) else { return nil }
        defer { BIO_free(memory) }
        guard ASN1_TIME_print(memory, time) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = BIO_read(memory, &buffer, 64)
        return count > 0 ? String(decoding: buffer.prefix(Int(count)), as: UTF8.self) : nil
    }
}
