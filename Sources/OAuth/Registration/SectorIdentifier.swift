import JOSE

/// Who a pairwise subject is for (OpenID Connect Core §8.1).
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
}
