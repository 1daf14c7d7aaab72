import COpenSSL

/// Finds out why a server's TLS is refused, which libldap does not tell: its every failure reads "can't contact".
///
/// The probe makes a connection of its own, up to the handshake, judges what the server showed, and closes it. Nothing
/// but the request for StartTLS is ever sent: no name, no password.
public enum TLSProbe {
    /// What a server showed.
    public struct Report: Sendable, Hashable {
        /// Nothing when the server is trusted; else everything that is wrong, what hides the rest first.
        public let flaws: [TLSFlaw]
        /// `sha256:` and the base64 digest of the server's public key; nil without a certificate.
        public let pin: String?
        /// When the server's own certificate ends, as the certificate writes it; nil without one.
        public let notAfter: String?

        init(flaws: [TLSFlaw], pin: String? = nil, notAfter: String? = nil) {
            self.flaws = flaws
            self.pin = pin
            self.notAfter = notAfter
        }
    }

    /// Looks at a server as a connection of this configuration would, on a thread of its own, within about twice the
    /// connect timeout; resolving the host's name is bounded by the system's resolver. Nil for a configuration without
    /// TLS, or where no thread can be started.
    public static func examine(_ configuration: LDAPConfiguration) async -> Report? {
        guard let trust = configuration.transport.trust else { return nil }
        return await withCheckedContinuation { continuation in
            let started = LDAPWorker.spawnThread {
                continuation.resume(returning: look(configuration, trust))
            }
            if !started { continuation.resume(returning: nil) }
        }
    }

    private static func look(_ configuration: LDAPConfiguration, _ trust: LDAPTrust) -> Report {
        guard let store = TrustStore(file: trust.authoritiesFile) else {
            return Report(flaws: [.authoritiesUnreadable(file: trust.authoritiesFile)])
        }
        do throws(TLSFlaw) {
            let socket = try ProbeSocket(configuration.endpoint, timeout: configuration.connectTimeout)
            if case .startTLS = configuration.transport { try socket.startTLS() }
            let session = try TLSHandshake(socket, host: configuration.endpoint.host)
            return judge(session, configuration.endpoint, trust, store)
        } catch {
            return Report(flaws: [error])
        }
    }

    private static func judge(
        _ session: TLSHandshake, _ endpoint: LDAPEndpoint, _ trust: LDAPTrust, _ store: TrustStore
    ) -> Report {
        guard let leaf = session.leaf else {
            return Report(flaws: [.handshakeRefused(detail: "the server showed no certificate")])
        }
        let pin = leaf.pin
        var flaws = store.flaws(of: session)
        if let names = leaf.misnamed(for: endpoint.host) { flaws.append(names) }
        if let demanded = trust.pin, demanded != pin { flaws.append(.wrongPin(offered: pin ?? "unreadable")) }
        return Report(flaws: flaws, pin: pin, notAfter: leaf.notAfter)
    }
}

extension TLSFlaw: Error {}
