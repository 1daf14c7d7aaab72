import Gateway
import NIOSSL
import Vocabulary

/// Looks over the certificate that the gateway itself listens with: whether it can be read, belongs to its key, is good
/// now and for a while, and is for the host that browsers are sent to.
public struct ListenerDoctor: Sendable {
    /// A certificate that is renewed as usual never has less.
    static let shortest: Duration = .seconds(14 * 86_400)

    private let configuration: Configuration
    private let now: Timestamp

    public init(_ configuration: Configuration, now: Timestamp) {
        self.configuration = configuration
        self.now = now
    }

    /// Nothing where the gateway listens without TLS, behind a proxy that has it.
    public func examine() -> [Doctor.Finding] {
        let hosts = Set([configuration.server.publicURL.host] + configuration.tenants.map(\.publicURL.host))
        var findings = configuration.server.tls.map { examine($0, for: hosts) } ?? []
        if let mutual = configuration.oauth.mutualTLS, mutual.listen != nil,
            let tls = mutual.tls ?? configuration.server.tls
        {
            findings += examine(tls, for: [mutual.publicURL.host])
        }
        return findings
    }

    private func examine(_ tls: TLSFiles, for hosts: Set<String>) -> [Doctor.Finding] {
        do {
            // The pair as the listener takes it, which refuses a key of another certificate.
            _ = try ServerCertificates(tls.ofListener)
            guard let leaf = try NIOSSLCertificate.fromPEMFile(tls.certificate).first else { return [] }
            let pair = Doctor.Finding(
                subject: "TLS", isGood: true, detail: "\(tls.certificate) and \(tls.key) belong together")
            return [pair, validity(of: leaf, tls.certificate), names(of: leaf, tls.certificate, for: hosts)]
        } catch {
            return [Doctor.Finding(subject: "TLS", isGood: false, detail: "\(error)")]
        }
    }

    private func validity(of leaf: NIOSSLCertificate, _ file: String) -> Doctor.Finding {
        let begin = Timestamp(seconds: Int64(leaf.notValidBefore))
        let end = Timestamp(seconds: Int64(leaf.notValidAfter))
        let days = (end - now).components.seconds / 86_400
        let cure = "Renew it: put the new one in its place; a running server takes it up within seconds."
        if now > end { return bad("\(file) has expired: it was good until \(end.rfc3339). \(cure)") }
        if now < begin {
            return bad("\(file) is not good before \(begin.rfc3339). Set the clock, or wait with this certificate.")
        }
        if end - now < Self.shortest {
            return bad("\(file) expires in \(days) days, at \(end.rfc3339), and was not renewed yet. \(cure)")
        }
        return Doctor.Finding(
            subject: "TLS", isGood: true, detail: "\(file) is good until \(end.rfc3339), for \(days) days")
    }

    /// Behind a proxy it is the proxy's certificate that browsers see, so another name on ours is no fault there.
    private func names(of leaf: NIOSSLCertificate, _ file: String, for hosts: Set<String>) -> Doctor.Finding {
        let names = CertificateNames(leaf)
        let uncovered = hosts.filter { !names.cover($0) }.sorted()
        guard !uncovered.isEmpty else {
            return Doctor.Finding(
                subject: "TLS", isGood: true, detail: "\(file) is for \(hosts.sorted().joined(separator: ", "))")
        }
        let detail =
            "\(file) is not for \(uncovered.joined(separator: ", ")), where browsers or clients are sent to; it is for \(names)."
        guard configuration.server.trustedProxies.isEmpty else {
            return Doctor.Finding(subject: "TLS", isGood: true, detail: detail + " The trusted proxy's own has to be.")
        }
        return bad(detail + " Have it made for that name, or correct public_url.")
    }

    private func bad(_ detail: String) -> Doctor.Finding {
        Doctor.Finding(subject: "TLS", isGood: false, detail: detail)
    }
}

/// The names that a certificate is for (RFC 9525 §4: alternative names alone, never the subject).
struct CertificateNames: CustomStringConvertible {
    private var hosts: [String] = []
    private var addresses: [[UInt8]] = []

    init(_ certificate: NIOSSLCertificate) {
        for name in certificate._subjectAlternativeNames() {
            switch name.nameType {
            case .dnsName: hosts.append(String(decoding: name.contents, as: UTF8.self).lowercased())
            case .ipAddress: addresses.append(Array(name.contents))
            default: continue
            }
        }
    }

    /// Whether a host of a URL is one of them.
    func cover(_ host: String) -> Bool {
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        if let address = IPAddress(bare) { return addresses.contains(address.bytes) }
        return hosts.contains { Self.matches(host.lowercased(), $0) }
    }

    /// RFC 9525 §6.3: a wildcard stands for the whole first label, and for that one only.
    static func matches(_ host: String, _ name: String) -> Bool {
        guard name.hasPrefix("*.") else { return host == name }
        guard let dot = host.firstIndex(of: "."), dot != host.startIndex else { return false }
        return host[dot...] == name.dropFirst()
    }

    var description: String {
        let texts = addresses.compactMap { IPAddress(bytes: $0)?.description }
        let all = hosts + texts
        return all.isEmpty ? "no name at all" : all.prefix(8).joined(separator: ", ")
    }
}
