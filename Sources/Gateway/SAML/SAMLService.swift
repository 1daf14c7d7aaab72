import Foundation
import Identity
import SAML
import Synchronization
import Vocabulary

/// The gateway as an entity of SAML 2.0: its keys, its own metadata, and the threads that documents are read on.
public final class SAMLService: Sendable {
    private let settings: SAMLConfiguration
    private let tenants: TenantTable
    private let clock: @Sendable () -> Timestamp
    private let memory = Mutex(Memory())

    private struct Memory {
        var executor: SAMLExecutor?
        var keys: [OwnKey]?
        var documents: [TenantID: Document] = [:]
    }

    /// Our metadata, as they are sent for an hour.
    private struct Document {
        let bytes: [UInt8]
        let renewsAt: Int64
    }

    /// A key of ours, as it signs, opens and is published. An elliptic key opens nothing.
    struct OwnKey: Sendable {
        let signing: SAMLSigningKey
        let decryption: SAMLDecryptionKey?
    }

    /// How long our metadata may be gone by, in seconds.
    static let validity: Int64 = 7 * 86_400

    init(_ settings: SAMLConfiguration, tenants: TenantTable, clock: @escaping @Sendable () -> Timestamp) {
        (self.settings, self.tenants, self.clock) = (settings, tenants, clock)
    }

    deinit { memory.withLock { $0.executor?.stop() } }

    /// The tenant's entity id, where its metadata are.
    public func entityID(of tenant: TenantID) -> String { base(of: tenant) + "/saml/metadata" }

    /// What is signed and encrypted by, and what is believed of others.
    var algorithms: AlgorithmPolicy { settings.algorithms }

    /// In front of every address of ours.
    func base(of tenant: TenantID) -> String { tenants.publicURL(of: tenant) }

    /// Whether enhanced clients are served.
    public var servesEnhancedClients: Bool { settings.servesEnhancedClients }

    /// Where identity providers have browsers post their answers.
    public func consumer(of tenant: TenantID) -> String { base(of: tenant) + "/saml/acs" }

    /// Threads of their own, started when somebody speaks SAML.
    func executor() throws -> SAMLExecutor {
        try memory.withLock { memory in
            if let executor = memory.executor { return executor }
            let made = try SAMLExecutor()
            memory.executor = made
            return made
        }
    }

    /// The keys of the configuration, the one that signs first; read once.
    ///
    /// - Throws: `configuration.invalid`, naming the file, and what a secret's source throws.
    func keys() throws -> [OwnKey] {
        try memory.withLock { memory in
            if let keys = memory.keys { return keys }
            let read = try settings.keys.map { try Self.read($0, settings.algorithms) }
            memory.keys = read
            return read
        }
    }

    private static func read(_ pair: SAMLConfiguration.KeyPair, _ algorithms: AlgorithmPolicy) throws -> OwnKey {
        guard let data = FileManager.default.contents(atPath: pair.certificateFile) else {
            throw Fault("configuration.invalid", .ourselves, "The certificate \(pair.certificateFile) cannot be read.")
        }
        let pem = try pair.key.load().reveal()
        do {
            let signing = try SAMLSigningKey(pem: pem, certificate: String(decoding: data, as: UTF8.self))
                .signing(by: algorithms)
            return OwnKey(signing: signing, decryption: try Self.decryption(pem, signing.kind))
        } catch is MessageFault {
            throw Fault(
                "configuration.invalid", .ourselves,
                "The key of \(pair.certificateFile) signs by nothing that `saml.forbidden_algorithms` leaves.",
                remedy: "Leave a signature algorithm of its kind, or name a key of another kind in `saml.keys`.")
        } catch {
            throw Fault(
                "configuration.invalid", .ourselves,
                "The key of \(pair.certificateFile) cannot be used for SAML: \(error).",
                remedy: "Name an unencrypted PEM key and the certificate that belongs to it in `saml.keys`.")
        }
    }

    /// Nil for an elliptic key, which opens nothing. An RSA key that cannot is a fault: it would be published for others to
    /// encrypt to, or they would be told of none.
    private static func decryption(_ pem: String, _ kind: SAMLKeyKind) throws -> SAMLDecryptionKey? {
        guard case .rsa = kind else { return nil }
        return try SAMLDecryptionKey(pem: pem)
    }

    // MARK: Our metadata

    /// The tenant's metadata in both roles, signed where there is a key; without one there is no identity provider.
    public func metadata(of tenant: TenantID) async throws -> [UInt8] {
        let now = clock().seconds
        // A signature for everybody who asks would be work that anybody could give us.
        if let kept = memory.withLock({ $0.documents[tenant] }), now < kept.renewsAt { return kept.bytes }
        let bytes = try await makeMetadata(of: tenant, until: now + Self.validity)
        memory.withLock { $0.documents[tenant] = Document(bytes: bytes, renewsAt: now + 3_600) }
        return bytes
    }

    private func makeMetadata(of tenant: TenantID, until end: Int64) async throws -> [UInt8] {
        let keys = try keys()
        let entity = try descriptor(of: tenant, keys)
        let id = "_" + Randomness.text
        return try await executor().run {
            let element = try entity.element(id: id, validUntil: end, cacheDuration: 86_400)
            guard let key = keys.first?.signing else { return try XMLWriter.bytes(of: element) }
            return try SAMLSignatures.sign(element, with: key)
        }
    }

    private func descriptor(of tenant: TenantID, _ keys: [OwnKey]) throws -> EntityDescriptor {
        var entity = EntityDescriptor(entityID: entityID(of: tenant))
        var role = ServiceProviderDescriptor()
        role.signsRequests = !keys.isEmpty
        role.wantsSignedAssertions = false
        role.assertionConsumers = consumerEndpoints(of: tenant)
        role.discoveryResponses = [IndexedEndpoint(.redirect, discoveryResponse(of: tenant), index: 1)]
        role.role.singleLogout = try logoutEndpoints(of: tenant)
        role.role.keys = keys.flatMap(published)
        entity.serviceProviders = [role]
        // Said only where it is not what everybody expects anyway (IIP-MD09).
        if !algorithms.forbidden.isEmpty { entity.algorithms = algorithms.published }
        entity.identityProviders = [try identityProviderRole(of: tenant, keys)].compactMap(\.self)
        return entity
    }

    func published(_ key: OwnKey) -> [MetadataKey] {
        guard let certificate = key.signing.verificationKey.certificate else { return [] }
        let signs = MetadataKey(certificate: certificate, use: .signing)
        let methods = algorithms.forbidden.isEmpty ? [] : algorithms.publishedEncryption
        let opens =
            key.decryption == nil
            ? nil : MetadataKey(certificate: certificate, use: .encryption, encryptionMethods: methods)
        return [signs, opens].compactMap(\.self)
    }

    /// Where either role of ours is told of sign-outs, by the bindings it is liked best to be told by; none without a key, for
    /// nothing is said about sessions unsigned (SAML Profiles §4.4.3.1).
    ///
    /// - Throws: as `keys`.
    func logoutEndpoints(of tenant: TenantID) throws -> [Endpoint] {
        guard try !keys().isEmpty else { return [] }
        return [Binding.redirect, .post, .soap].map { Endpoint($0, logoutLocation(of: tenant, by: $0)) }
    }

    /// The address of a binding, which what comes by it names as its destination.
    func logoutLocation(of tenant: TenantID, by binding: Binding) -> String {
        base(of: tenant) + (binding == .soap ? "/saml/soap/logout" : "/saml/slo")
    }

    /// The one address that takes answers, by either binding.
    func consumerEndpoints(of tenant: TenantID) -> [IndexedEndpoint] {
        let address = consumer(of: tenant)
        return [
            IndexedEndpoint(.post, address, index: 0, isDefault: true), IndexedEndpoint(.artifact, address, index: 1),
        ]
    }

    /// Where a discovery service sends browsers back to.
    func discoveryResponse(of tenant: TenantID) -> String { tenants.publicURL(of: tenant) + "/saml/discovery" }

    /// The address of the discovery service that is settled, for a browser that is to come back with a login of ours; nil
    /// where none is.
    public func discoveryAddress(of tenant: TenantID, flow: FlowID) -> String? {
        settings.discoveryURL.map {
            Discovery.address(
                service: $0, entityID: entityID(of: tenant),
                returnAddress: discoveryResponse(of: tenant) + "?flow=\(flow)")
        }
    }

    /// Where applications fetch what artifacts of ours stand for.
    func artifactEndpoint(of tenant: TenantID) -> IndexedEndpoint {
        IndexedEndpoint(.soap, tenants.publicURL(of: tenant) + "/saml/artifact", index: 0, isDefault: true)
    }
}
