import JOSE

/// A client whose identifier is the address of a document about it (draft-ietf-oauth-client-id-metadata-document).
///
/// The document is fetched by others, who guard against being sent inside; here it is decided whether an identifier is
/// such an address, and whether the document speaks for it.
public enum ClientIDDocument {
    /// No larger document than this is read, in bytes: 5 KB is what the draft recommends.
    public static let byteLimit = 5_120

    /// Whether an identifier is the address of a document (§3): `https`, a path, no fragment, no user information, no
    /// dot segments; no query, and no port, which the draft discourages.
    public static func isAddress(_ clientID: String) -> Bool {
        guard let address = WebAddress(clientID), address.isSecure, !address.hasDotSegments, address.query == nil,
            address.port == nil, let host = address.host
        else { return false }
        // A name, not an address of the network: nobody may be sent to what has no name.
        return address.path.utf8.count > 1 && host.contains(".") && !host.hasPrefix("[")
            && !host.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    }

    /// Reads the document that was found at the address.
    ///
    /// - Throws: every fault. `client_id` has to be the address byte for byte (§4), nothing in it may be a secret, and
    ///   every redirection URI has to be of the document's own origin or on the client's own machine, so that a
    ///   document cannot speak for an application that is somebody else's.
    public static func read(
        _ body: [UInt8], at clientID: String, policy: ClientMetadata.RegistrationPolicy
    ) throws(ClientMetadataFaults) -> ClientMetadata {
        guard body.count <= byteLimit, var object = try? JSONObject(parsing: body) else {
            throw fault("document", "is not a JSON object, or too long")
        }
        guard isAddress(clientID), let named = object["client_id"]?.text, Texts.same(named, clientID) else {
            throw fault("client_id", "is not the address of the document")
        }
        guard object["client_secret"] == nil, object["client_secret_expires_at"] == nil else {
            throw fault("client_secret", "may not stand in a document that anybody reads")
        }
        if object["token_endpoint_auth_method"] == nil { object["token_endpoint_auth_method"] = "none" }
        // The draft's clients are native ones more often than not: a loopback address makes one.
        if object["application_type"] == nil, hasLoopback(object) { object["application_type"] = "native" }
        let client = try ClientMetadata(reading: object, clientID: clientID, author: .stranger(policy))
        guard !client.authentication.usesSecret else {
            throw fault("token_endpoint_auth_method", "cannot be a shared secret")
        }
        guard client.redirectURIs.allSatisfy({ isOwn($0, of: clientID) }) else {
            throw ClientMetadataFaults(faults: [
                ClientMetadataFault(member: "redirect_uris", reason: "is of another origin than the document")
            ])
        }
        return client
    }

    private static func hasLoopback(_ object: JSONObject) -> Bool {
        (object["redirect_uris"]?.texts ?? []).contains { text in
            WebAddress(text).map { $0.isLoopbackLiteral || $0.host == "localhost" } ?? false
        }
    }

    private static func isOwn(_ uri: RedirectURI, of clientID: String) -> Bool {
        guard let theirs = WebAddress(uri.text), let own = WebAddress(clientID) else { return false }
        if theirs.isLoopbackLiteral || theirs.host == "localhost" { return true }
        guard theirs.isScheme("https") else { return false }
        return theirs.host?.lowercased() == own.host?.lowercased() && theirs.effectivePort == own.effectivePort
    }

    private static func fault(_ member: String, _ reason: String) -> ClientMetadataFaults {
        ClientMetadataFaults(faults: [ClientMetadataFault(member: member, reason: reason)])
    }
}
