import Identity
import Logging
import SAML
import Storage
import Vocabulary

extension Gateway {
    /// Responses that applications fetch by an artifact.
    public var samlArtifacts: SAMLArtifacts {
        SAMLArtifacts(store: store, saml: saml, applications: samlApplications, clock: clock, logger: logger)
    }
}

/// Keeps the responses that go by artifact (SAML Bindings §3.6) until the application they are for fetches them: sealed, for a
/// minute, once.
public struct SAMLArtifacts: Sendable {
    /// From the browser's departure to the application's question.
    public static let lifetime: Duration = .seconds(60)
    /// Seconds that a question may be old, or ahead: what it asks for is given once, so its time proves little.
    static let skew: Int64 = 300

    let store: Store
    let saml: SAMLService
    let applications: SAMLApplicationTable
    let clock: @Sendable () -> Timestamp
    let logger: Logger

    /// Keeps a response for an application, and gives the address that takes the browser there with its artifact.
    ///
    /// - Parameters:
    ///   - response: the document as it was signed.
    ///   - location: the application's AssertionConsumerService for artifacts.
    /// - Throws: `saml.too_large` for a document that nobody would read, and what the store throws.
    public func keep(
        _ response: [UInt8], for application: SAMLApplication, relayState: RelayState?, at location: String
    ) async throws -> String {
        guard response.count <= XMLLimits.message.bytes - Self.envelopeByteAllowance else {
            throw Fault("saml.too_large", .ourselves, "A response is too long to be fetched by an artifact.")
        }
        let tenant = application.tenant
        let handle = Randomness.bytes(Artifact.handleLength)
        let index = saml.artifactEndpoint(of: tenant).index
        guard let artifact = Artifact(issuer: saml.entityID(of: tenant), endpointIndex: index, handle: handle),
            let hash = Self.hash(artifact)
        else { throw Fault("saml.artifact", .ourselves, "No artifact could be made.") }
        let now = clock()
        let sealed = try store.keys.seal(response, purpose: .record, tenant: tenant, context: Self.context(hash))
        let message = StoredSAMLMessage(
            hash: hash, tenant: tenant, kind: .artifact, createdAt: now, expiresAt: now + Self.lifetime)
        try await store.write(.login) { try $0.sql.keep(message, for: application.id, sealed: sealed) }
        return ArtifactBinding.address(artifact, relayState: relayState, at: location)
    }

    /// What an envelope and an answer with its signature take beside the response.
    static let envelopeByteAllowance = 16_384

    /// What an artifact stands for, for this application and this once; nil for anything else.
    func take(_ text: String, by application: SAMLApplication) async throws -> [UInt8]? {
        let tenant = application.tenant
        guard let artifact = try? Artifact(reading: text), let hash = Self.hash(artifact),
            artifact.sourceID == Artifact.sourceID(of: saml.entityID(of: tenant)),
            artifact.endpointIndex == saml.artifactEndpoint(of: tenant).index
        else { return nil }
        let sealed = try await store.write(.login) { tx in
            try tx.sql.takeSAMLMessage(hash, .artifact, of: application.id, in: tenant, at: tx.now)
        }
        return try sealed.map {
            try store.keys.open($0, purpose: .record, tenant: tenant, context: Self.context(hash))
        }
    }

    private static func hash(_ artifact: Artifact) -> TokenHash? { TokenHash(bytes: Digests.sha256(artifact.text)) }
    private static func context(_ hash: TokenHash) -> [UInt8] { Array("artifact:".utf8) + hash.bytes }
}
