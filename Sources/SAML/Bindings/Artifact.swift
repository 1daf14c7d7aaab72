import COpenSSL

/// A reference to a message that is fetched where it was issued (SAML Bindings §3.6.4): 44 octets of type 4.
public struct Artifact: Sendable, Hashable {
    /// Which of the issuer's places resolves it.
    public let endpointIndex: Int
    /// SHA-1 of the issuer's entity ID.
    public let sourceID: [UInt8]
    /// 20 octets that nobody can guess.
    public let handle: [UInt8]

    public static let handleLength = 20
    private static let length = 44

    /// An artifact of an issuer's; nil for a handle that is not 20 octets, or an index beyond 65535.
    ///
    /// - Parameter handle: 20 octets drawn for this message.
    public init?(issuer: String, endpointIndex: Int, handle: [UInt8]) {
        guard handle.count == Self.handleLength, (0...65_535).contains(endpointIndex) else { return nil }
        sourceID = Self.sourceID(of: issuer)
        self.endpointIndex = endpointIndex
        self.handle = handle
    }

    /// Reads `SAMLart`.
    ///
    /// - Throws: `artifact` for anything but 44 octets of type 4.
    public init(reading text: String) throws(MessageFault) {
        guard text.utf8.count <= 64, let bytes = SAMLBase64.decode(text), bytes.count == Self.length, bytes[0] == 0,
            bytes[1] == 4
        else { throw MessageFault(.artifact, "SAMLart is no artifact of type 4") }
        endpointIndex = Int(bytes[2]) << 8 | Int(bytes[3])
        sourceID = Array(bytes[4..<24])
        handle = Array(bytes[24...])
    }

    /// As it travels.
    public var text: String {
        SAMLBase64.encode([0, 4, UInt8(endpointIndex >> 8), UInt8(endpointIndex & 0xFF)] + sourceID + handle)
    }

    /// By what an issuer is known in an artifact.
    public static func sourceID(of entityID: String) -> [UInt8] {
        let bytes = Array(entityID.utf8)
        var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        guard EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha1(), nil) == 1 else { return [] }
        return digest
    }

    /// Where it is resolved: the issuer's place with this index, by SOAP.
    ///
    /// - Parameters:
    ///   - issuer: the entity whose name the source ID is of.
    ///   - role: of the issuer.
    /// - Throws: `artifact` when it is another's, or there is no such place.
    public func resolutionPlace(issuer: String, role: RoleDescriptor) throws(MessageFault) -> Endpoint {
        guard sourceID == Self.sourceID(of: issuer) else {
            throw MessageFault(.artifact, "SAMLart was issued by somebody else")
        }
        let places = role.artifactResolution.filter { $0.endpoint.spoken == .soap }
        guard let place = places.first(where: { $0.index == endpointIndex }) else {
            throw MessageFault(
                .artifact, "the issuer's metadata has no ArtifactResolutionService with this index by SOAP")
        }
        return place.endpoint
    }
}
