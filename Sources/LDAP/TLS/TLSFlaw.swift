/// What stands between us and a trusted TLS connection, one word for each thing somebody can mend.
public enum TLSFlaw: Sendable, Hashable {
    /// The port does not answer: refused, no route, or the name does not resolve.
    case unreachable(detail: String)
    /// The server takes the connection and says nothing more in time.
    case silent
    /// The server answers StartTLS with a refusal (RFC 4511 §4.14.2), or with something that is not LDAP.
    case startTLSRefused(detail: String)
    /// The server ends the handshake, or does not speak TLS 1.2 or later at this port.
    case handshakeRefused(detail: String)
    /// The file of authorities cannot be read, or holds no certificate.
    case authoritiesUnreadable(file: String)
    /// A certificate of the chain was good until then, in RFC 5280's own form.
    case expired(subject: String, notAfter: String)
    case notYetValid(subject: String, notBefore: String)
    /// The certificate is for these names and addresses.
    case wrongName(expected: String, offered: [String])
    /// No authority that we believe has signed the certificate.
    case unknownAuthority(issuer: String)
    /// The certificate signed itself, and is not among our authorities.
    case selfSigned(subject: String)
    /// The public key's digest is not the demanded one.
    case wrongPin(offered: String)
    /// Anything else that the chain is refused for, such as a key that is too short.
    case untrusted(detail: String)
}

extension TLSFlaw {
    /// A stable word for logs and programs.
    public var code: String {
        switch self {
        case .unreachable: "unreachable"
        case .silent: "silent"
        case .startTLSRefused: "start_tls_refused"
        case .handshakeRefused: "handshake_refused"
        case .authoritiesUnreadable: "authorities_unreadable"
        case .expired: "certificate_expired"
        case .notYetValid: "certificate_not_yet_valid"
        case .wrongName: "certificate_wrong_name"
        case .unknownAuthority: "certificate_unknown_authority"
        case .selfSigned: "certificate_self_signed"
        case .wrongPin: "certificate_wrong_pin"
        case .untrusted: "certificate_untrusted"
        }
    }

    /// What to do about it, as a sentence.
    public var cure: String {
        switch self {
        case .unreachable: "Check the host, the port and the firewall between."
        case .silent: "Check that this port speaks the configured kind of TLS, and that no firewall drops the answers."
        case .startTLSRefused: "Give the server a certificate, or use its LDAPS port."
        case .handshakeRefused: "Check that this port speaks LDAPS, and that the server offers TLS 1.2 or later."
        case .authoritiesUnreadable: "Check the path and the owner of the file, and that it is PEM."
        case .expired: "Renew that certificate on the server."
        case .notYetValid: "Check the clocks of both machines, or wait."
        case .wrongName: "Connect by one of these names, or have the certificate made for the name that is used."
        case .unknownAuthority: "Name a file with that authority's certificate as the provider's CA file."
        case .selfSigned: "Have an authority sign the server's certificate, or name this certificate as the CA file."
        case .wrongPin: "If the server's key was changed on purpose, pin the new one; if not, somebody stands between."
        case .untrusted: "Have the server's certificate made anew."
        }
    }
}

extension TLSFlaw: CustomStringConvertible {
    /// The cause, without a full stop.
    public var description: String {
        switch self {
        case .unreachable(let detail): "the server cannot be reached: \(detail)"
        case .silent: "the server says nothing"
        case .startTLSRefused(let detail): "the server would not start TLS: \(detail)"
        case .handshakeRefused(let detail): "the TLS handshake was refused: \(detail)"
        case .authoritiesUnreadable(let file): "the authorities in \(file) cannot be read"
        case .expired(let subject, let notAfter):
            "the certificate of \(subject) has expired: it was good until \(notAfter)"
        case .notYetValid(let subject, let notBefore):
            "the certificate of \(subject) is not yet valid: it is good from \(notBefore)"
        case .wrongName(let expected, let offered):
            "wrong name: the certificate is not for \(expected), but for \(offered.joined(separator: ", "))"
        case .unknownAuthority(let issuer):
            "unknown CA: the certificate was signed by \(issuer), whom we do not believe"
        case .selfSigned(let subject): "the certificate of \(subject) signed itself"
        case .wrongPin(let offered): "wrong pin: the server's key is \(offered)"
        case .untrusted(let detail): "the certificate is refused: \(detail)"
        }
    }
}
