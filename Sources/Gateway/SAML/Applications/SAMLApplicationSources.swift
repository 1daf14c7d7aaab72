import Fetch
import Identity
import Logging
import Providers
import SAML
import Storage
import Synchronization
import Vocabulary

/// Where the metadata of applications come from, each kept and fetched again by itself. What an administrator registered may
/// stand in the operator's own network.
final class SAMLApplicationSources: Sendable {
    private let saml: SAMLService
    private let caFile: String?
    /// In place of the network, for tests.
    private let replacement: OutgoingFetch?
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private let memory = Mutex(Memory())

    private struct Memory {
        var fetcher: HTTPFetcher?
        var isShutDown = false
        var kept: [SAMLApplicationID: Kept] = [:]
    }

    private struct Kept {
        let place: SAMLApplicationSettings.MetadataPlace
        let source: SAMLMetadataSource
    }

    /// - Parameter caFile: a PEM file of authorities in place of the system's.
    init(
        saml: SAMLService, caFile: String?, fetch: OutgoingFetch?, clock: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        (self.saml, self.caFile, self.replacement, self.clock, self.logger) = (saml, caFile, fetch, clock, logger)
    }

    /// Refuses what comes; what is on the wire ends by its own limits.
    func shutdown() {
        let fetcher = memory.withLock { memory in
            memory.isShutDown = true
            return memory.fetcher
        }
        fetcher?.shutdown()
    }

    /// The application of a row, with the metadata at hand where they are from the same place as before.
    ///
    /// - Parameter isRenewed: what is at hand is forgotten: an administrator said where the metadata are anew, which takes a
    ///   change of keys that nothing but the connection vouches for.
    func application(_ stored: StoredSAMLApplication, isRenewed: Bool = false) throws -> SAMLApplication {
        let settings = try JSONColumn.decode(SAMLApplicationSettings.self, stored.record)
        let known = isRenewed ? nil : memory.withLock { $0.kept[stored.id] }
        let metadata: @Sendable () async throws -> EntityDescriptor
        if let known, known.place == settings.metadata {
            metadata = { try await known.source.entity() }
        } else {
            do {
                let source = try source(settings.metadata, entityID: stored.entityID, named: stored.entityID)
                memory.withLock { $0.kept[stored.id] = Kept(place: settings.metadata, source: source) }
                metadata = { try await source.entity() }
            } catch let fault as Fault {
                // A key that cannot be read is one application's matter, and no reason not to start.
                metadata = { throw fault }
            }
        }
        return SAMLApplication(
            id: stored.id, tenant: stored.tenant, entityID: stored.entityID, settings: settings,
            isDisabled: stored.isDisabled, managedBy: stored.managedBy, version: stored.version,
            createdAt: stored.createdAt, metadata: metadata)
    }

    func forget(_ id: SAMLApplicationID) { memory.withLock { $0.kept[id] = nil } }

    /// The entity at a place, read once and not kept: whoever names it is to know now whether it can be used.
    ///
    /// - Parameter entityID: nil for the only service provider there is.
    /// - Throws: `Fault` with the reason.
    func examine(_ place: SAMLApplicationSettings.MetadataPlace, entityID: String?) async throws -> EntityDescriptor {
        if case .document(let text) = place { try await requireOne(text) }
        do {
            return try await source(place, entityID: entityID, named: entityID ?? "").entity()
        } catch let fault as Fault where fault.culprit == .peer {
            // Whoever named the place is who has to mend it, and is told what is wrong with it.
            throw Fault("saml.metadata", .caller, fault.message, remedy: fault.remedy)
        }
    }

    /// A document that was handed over has to leave no doubt whom it is about.
    private func requireOne(_ text: String) async throws {
        guard text.utf8.count <= SAMLApplicationSettings.Limit.documentBytes else {
            throw Fault.invalid(
                "The metadata have more than \(SAMLApplicationSettings.Limit.documentBytes) bytes.",
                remedy: "Hand over those of the one application, or name the address of a federation's.")
        }
        let now = clock().seconds
        let executor = try saml.executor()
        do {
            try await executor.run {
                let root = try XMLReader.parse(Array(text.utf8), limits: .metadata)
                let document = try MetadataDocument(reading: root)
                if let fault = document.faults.first(where: { $0.effect == .entity }) {
                    throw Fault.invalid("The metadata cannot be used: \(fault).")
                }
                let found = document.all.filter { $0.serviceProvider(at: now, skew: 0) != nil }.count
                guard found != 1 else { return }
                throw Fault.invalid(
                    found == 0
                        ? "The metadata tell of no service provider of SAML 2.0 that is valid now."
                        : "The metadata tell of \(found) service providers.",
                    remedy:
                        "Hand over the metadata of the application alone: one EntityDescriptor with an SPSSODescriptor."
                )
            }
        } catch let error as SAMLError {
            throw Fault.invalid("The metadata cannot be read: \(error).")
        } catch let faults as MetadataFaults {
            throw Fault.invalid("The metadata cannot be used: \(faults).")
        }
    }

    private func source(
        _ place: SAMLApplicationSettings.MetadataPlace, entityID: String?, named name: String
    ) throws -> SAMLMetadataSource {
        let isSigned: Bool
        let from: SAMLMetadataPlace
        switch place {
        case .document(let text): (isSigned, from) = (false, .text(text))
        case .file(let path): (isSigned, from) = (false, .file(path))
        case .address(let address, let keys):
            (isSigned, from) = (!keys.isEmpty, .address(address, keys: try Self.keys(keys)))
        case .query(let base, let keys):
            guard let entityID else {
                throw Fault.invalid("`entity_id` is missing: a responder is asked for one entity.")
            }
            (isSigned, from) = (!keys.isEmpty, .query(base, entityID: entityID, keys: try Self.keys(keys)))
        }
        var logger = logger
        logger[metadataKey: "application"] = .string(name)
        return SAMLMetadataSource(
            from, role: .serviceProvider, policy: MetadataPolicy(signed: isSigned),
            algorithms: saml.algorithms.believed, entityID: entityID, executor: try saml.executor(),
            fetch: { [weak self] in try await Self.fetch($0, self) }, clock: clock, logger: logger)
    }

    /// - Throws: `invalid`, naming which of the keys cannot be used.
    static func keys(_ pems: [String]) throws -> [SAMLVerificationKey] {
        try pems.enumerated().map { number, pem in
            do { return try SAMLVerificationKey(pem: pem) } catch {
                throw Fault.invalid(
                    "The metadata key number \(number + 1) cannot be used: \(error).",
                    remedy: "Give the PEM of the certificate or public key that the metadata are signed with.")
            }
        }
    }

    private static func fetch(_ request: FetchRequest, _ sources: SAMLApplicationSources?) async throws -> FetchResponse
    {
        guard let sources else { throw Fault("saml.stopped", .ourselves, "The gateway is stopping.") }
        return try await sources.fetch(request)
    }

    private func fetch(_ request: FetchRequest) async throws -> FetchResponse {
        if let replacement { return try await replacement(request) }
        let fetcher = try memory.withLock { memory in
            if let fetcher = memory.fetcher { return fetcher }
            guard !memory.isShutDown else { throw Fault("saml.stopped", .ourselves, "The gateway is stopping.") }
            var configuration = FetchConfiguration()
            configuration.certificateAuthorityFile = caFile
            configuration.threadCount = 2
            configuration.allowedNetworks = WebhookDelivery.ownNetworks
            configuration.plainHTTP = .loopbackOnly
            let made = try HTTPFetcher(configuration)
            memory.fetcher = made
            return made
        }
        return try await fetcher.fetch(request)
    }
}

extension MetadataPolicy {
    /// What somebody signs has to say until when it holds, or an old copy could be served for ever; a plain document of one
    /// entity seldom says it, and is believed for the connection it came by.
    init(signed: Bool) {
        self.init(
            requiresSignature: signed, requiresValidUntil: signed, longestValidity: signed ? 14 * 86_400 : nil)
    }
}
