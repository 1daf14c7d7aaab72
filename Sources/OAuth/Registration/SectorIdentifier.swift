import COpenSSL
import JOSE

/// Who a pairwise subject is for, and what it is (OpenID Connect Core §8.1).
public enum SectorIdentifier {
    /// No larger document than this is read, in bytes.
    public static let byteLimit = 65_536

    /// The sector of a client: the host of its sector document, else of its redirection URIs.
    public static func sector(of client: ClientMetadata) -> String? {
        let address = client.sectorIdentifierURI ?? client.redirectURIs.first?.text
        return address.flatMap(WebAddress.init)?.host?.lowercased()
    }

    /// Whether the document at `sector_identifier_uri` names every redirection URI of the client (OpenID Connect
    /// Registration §5).
    public static func document(_ body: [UInt8], names client: ClientMetadata) -> Bool {
        // The document is a bare array: wrapped, so that the one strict reader reads it.
        guard body.count <= byteLimit, let wrapped = try? JSONObject(parsing: Array("{\"a\":".utf8) + body + [0x7D]),
            wrapped.count == 1, let uris = wrapped["a"]?.texts
        else { return false }
        return client.redirectURIs.allSatisfy { Texts.holds(uris, $0.text) }
    }

    /// The subject of a person for a sector: the same for all clients of it, and telling nothing to others.
    ///
    /// - Parameter key: 32 secret bytes that never change.
    /// - Throws: `JOSEError` when the cryptographic library fails.
    public static func subject(of person: [UInt8], sector: String, key: [UInt8]) throws -> String {
        // The length stands before, so that no two pairs are written alike.
        let message = Array("\(sector.utf8.count):\(sector)".utf8) + person
        return Base64URL.encode(try KeyedHash.sha256(message, key: key))
    }
}

/// HMAC with SHA-256 (RFC 2104).
enum KeyedHash {
    static func sha256(_ message: [UInt8], key: [UInt8]) throws -> [UInt8] {
        var out = [UInt8](repeating: 0, count: 32)
        guard HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &out, nil) != nil else {
            throw JOSEError(.cryptographyFailed)
        }
        return out
    }
}
