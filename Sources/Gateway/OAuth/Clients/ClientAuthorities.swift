import Foundation
import OAuth
import Vocabulary

/// Whose word on who a client is counts, tenant by tenant: an authority of one tenant says nothing about another's clients.
struct ClientAuthorities: Sendable {
    private let shared: CertificateAuthorities?
    private let bySlug: [String: CertificateAuthorities]

    /// Reads every file.
    ///
    /// - Throws: `Fault` `oauth.authorities`, naming the file.
    init(_ entries: [MutualTLSConfiguration.Authority]) throws {
        var files: [String: [UInt8]] = [:]
        for entry in entries { files[entry.file] = try Self.read(entry.file).text }
        func joined(_ slug: String?) throws -> CertificateAuthorities? {
            let own = entries.filter { $0.tenant == nil || $0.tenant == slug }
            guard !own.isEmpty else { return nil }
            let names = Set(own.map(\.file)).sorted()
            return try Self.authorities(names.flatMap { (files[$0] ?? []) + [0x0A] }, names.joined(separator: ", "))
        }
        shared = try joined(nil)
        var bySlug: [String: CertificateAuthorities] = [:]
        for slug in Set(entries.compactMap(\.tenant)) { bySlug[slug] = try joined(slug) }
        self.bySlug = bySlug
    }

    /// Nil where nobody's word counts.
    func authorities(of slug: String) -> CertificateAuthorities? { bySlug[slug] ?? shared }

    /// One file's authorities.
    static func read(_ file: String) throws -> (text: [UInt8], authorities: CertificateAuthorities) {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw fault("\(file) cannot be read.", "Put the certificates of the authorities there, in PEM.")
        }
        return (Array(data), try authorities(Array(data), file))
    }

    private static func authorities(_ pem: [UInt8], _ file: String) throws -> CertificateAuthorities {
        do { return try CertificateAuthorities(pem: pem) } catch {
            switch error {
            case .malformed: throw fault("\(file) holds something that is no certificate in PEM.", "Take it out.")
            case .empty: throw fault("\(file) holds no certificate in PEM.", "Put the authorities' certificates there.")
            case .tooMany:
                throw fault("\(file): there are more than \(CertificateAuthorities.limit) authorities.", "Name fewer.")
            case .noAuthority(let subject):
                throw fault(
                    "\(file) holds the certificate of \(subject), which may not issue others.",
                    "Name the authority that issued it; one certificate alone is registered with its client "
                        + "(self_signed_tls_client_auth).")
            }
        }
    }

    private static func fault(_ message: String, _ remedy: String) -> Fault {
        Fault("oauth.authorities", .ourselves, message, remedy: remedy)
    }
}
