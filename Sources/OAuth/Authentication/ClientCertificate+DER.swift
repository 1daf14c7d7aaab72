import COpenSSL

extension ClientCertificate {
    /// No larger certificate is read, in bytes.
    public static let derByteLimit = 16_384
    /// No more names are read of one certificate.
    public static let nameLimit = 32

    /// Reads a certificate as the TLS connection, or the proxy that ended it, handed it over.
    ///
    /// - Parameter isIssuedByTrusted: its chain was verified (`CertificateAuthorities`). Nothing here does that.
    /// - Returns: nil for what is no certificate.
    public init?(der: [UInt8], isIssuedByTrusted: Bool) {
        guard let thumbprint = SHA256Text.of(der), let certificate = Self.parsed(der) else { return nil }
        defer { X509_free(certificate) }
        let subject = Self.subjectText(certificate).map { CertificateSubject.distinguishedName($0) }
        self.init(
            thumbprint: thumbprint, isIssuedByTrusted: isIssuedByTrusted,
            subjects: Self.alternativeNames(certificate).union(subject.map { [$0] } ?? []))
    }

    /// The certificate, which the caller frees; nil for what is none.
    static func parsed(_ der: [UInt8]) -> OpaquePointer? {
        guard (1...derByteLimit).contains(der.count) else { return nil }
        return der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            let certificate = d2i_X509(nil, &start, buffer.count)
            // What stands behind a certificate is no part of it, and would change the thumbprint.
            guard start == buffer.baseAddress?.advanced(by: buffer.count) else {
                X509_free(certificate)
                return nil
            }
            return certificate
        }
    }

    /// XN_FLAG_RFC2253, which Swift does not see, without ASN1_STRFLGS_ESC_MSB: texts stay UTF-8.
    private static let nameFlags = [
        ASN1_STRFLGS_ESC_2253, ASN1_STRFLGS_ESC_CTRL, ASN1_STRFLGS_UTF8_CONVERT, ASN1_STRFLGS_DUMP_UNKNOWN,
        ASN1_STRFLGS_DUMP_DER, XN_FLAG_SEP_COMMA_PLUS, XN_FLAG_DN_REV, XN_FLAG_DUMP_UNKNOWN_FIELDS,
    ].reduce(UInt(0)) { $0 | UInt($1) }

    /// The subject as RFC 4514 writes it; nil for one without, or with one that is too long.
    static func subjectText(_ certificate: OpaquePointer) -> String? {
        guard let name = X509_get_subject_name(certificate), X509_NAME_entry_count(name) > 0,
            let memory = BIO_new(BIO_s_mem())
        else { return nil }
        defer { BIO_free(memory) }
        guard X509_NAME_print_ex(memory, name, 0, nameFlags) > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: DistinguishedName.byteLimit)
        let count = BIO_read(memory, &buffer, Int32(buffer.count))
        guard count > 0, count < Int32(buffer.count) else { return nil }
        return text(Array(buffer.prefix(Int(count))))
    }

    private static func alternativeNames(_ certificate: OpaquePointer) -> Set<CertificateSubject> {
        guard let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
        let list = OpaquePointer(raw)
        defer { GENERAL_NAMES_free(list) }
        var subjects: Set<CertificateSubject> = []
        for index in 0..<min(Int(OPENSSL_sk_num(list)), nameLimit) {
            guard let item = OPENSSL_sk_value(list, Int32(index)) else { continue }
            if let subject = subject(item.assumingMemoryBound(to: GENERAL_NAME.self).pointee) {
                subjects.insert(subject)
            }
        }
        return subjects
    }

    private static func subject(_ name: GENERAL_NAME) -> CertificateSubject? {
        switch name.type {
        case GEN_DNS: name.d.dNSName.flatMap { text(bytes($0)) }.map { .dnsName($0) }
        case GEN_URI: name.d.uniformResourceIdentifier.flatMap { text(bytes($0)) }.map { .uri($0) }
        case GEN_EMAIL: name.d.rfc822Name.flatMap { text(bytes($0)) }.map { .email($0) }
        case GEN_IPADD: name.d.iPAddress.flatMap { address(bytes($0)) }.map { .ipAddress($0) }
        default: nil
        }
    }

    private static func bytes(_ string: UnsafeMutablePointer<ASN1_STRING>) -> [UInt8] {
        Array(UnsafeBufferPointer(start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string))))
    }

    /// A NUL or a control character within a name has fooled readers that stop at it.
    private static func text(_ bytes: [UInt8]) -> String? {
        guard !bytes.isEmpty, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// One spelling for each address: four decimal parts, or eight groups without zeros in front.
    private static func address(_ bytes: [UInt8]) -> String? {
        switch bytes.count {
        case 4: bytes.map { String($0) }.joined(separator: ".")
        case 16:
            stride(from: 0, to: 16, by: 2)
                .map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }.joined(separator: ":")
        default: nil
        }
    }

    /// The one spelling of an address that somebody typed (RFC 8705 §2.1.2 compares them as numbers).
    static func normalized(address text: String) -> String? {
        guard text.utf8.count <= 64, let string = a2i_IPADDRESS(text) else { return nil }
        defer { ASN1_OCTET_STRING_free(string) }
        return address(bytes(string))
    }
}
