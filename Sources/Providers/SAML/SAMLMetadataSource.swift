import Fetch
import Foundation
import Logging
import SAML
import Vocabulary

/// Where an entity's metadata come from.
public enum SAMLMetadataPlace: Sendable {
    /// They were handed over by an administrator, who vouches for them.
    case text(String)
    /// A file that the administrator keeps; it is read again when it changes.
    case file(String)
    /// A document that is fetched again and again, signed with one of these keys where any are given.
    case address(String, keys: [SAMLVerificationKey])
    /// A responder of the Metadata Query Protocol, at its base address, for the entity that is named.
    case query(String, entityID: String, keys: [SAMLVerificationKey])
}

/// An entity as its metadata have it now.
struct SAMLPeer: Sendable {
    let entity: EntityDescriptor
    /// Somebody who is trusted vouches for it: the administrator's own file, or a signature.
    let isVouchedFor: Bool
    let keys: ReadKeys
}

/// An entity's metadata: read when they are first needed, kept, and fetched again in the background while the copy at hand
/// is good, so that nobody who signs in waits for it. However many ask at once, they are fetched once.
public actor SAMLMetadataSource {
    /// From the request to the last byte.
    static let timeout: Duration = .seconds(30)
    /// After a failure nobody is asked again for so long.
    static let pause: Int64 = 30
    /// IIP-MD02: metadata stand behind a few redirections at most.
    static let redirectLimit = 4

    private struct Copy: Sendable {
        let document: MetadataDocument
        let isVouchedFor: Bool
        /// Of the answer (RFC 9110 §8.8.3), or of the file.
        let version: String?
        let keys = ReadKeys()
    }

    private let place: SAMLMetadataPlace
    private let policy: MetadataPolicy
    private let algorithms: SAMLAlgorithmPolicy
    private let entityID: String?
    private let role: SAMLRole
    private let executor: SAMLExecutor
    private let fetch: OutgoingFetch
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private var copy: Copy?
    private var lookAt: Int64 = 0
    private var looking: Task<Void, any Error>?

    /// - Parameters:
    ///   - role: what the entity has to be, and to be of use as.
    ///   - algorithms: what they may be signed by.
    ///   - entityID: which entity is meant; nil for the only one of the role that the metadata tell of.
    public init(
        _ place: SAMLMetadataPlace, role: SAMLRole = .identityProvider, policy: MetadataPolicy,
        algorithms: SAMLAlgorithmPolicy = .strict, entityID: String?, executor: SAMLExecutor,
        fetch: @escaping OutgoingFetch, clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.logger = logger
        (self.place, self.role, self.policy, self.entityID) = (place, role, policy, entityID)
        (self.executor, self.fetch, self.clock, self.algorithms) = (executor, fetch, clock, algorithms)
    }

    /// The entity as its metadata have it now.
    ///
    /// - Throws: `Fault` with the reason where there is no copy that may be used, and what fetching throws.
    public func entity() async throws -> EntityDescriptor {
        try await SAMLMetadataFailure.telling { try await peer().entity }
    }

    /// The entity, and whether somebody vouches for it.
    ///
    /// - Throws: `SAMLMetadataFailure`, and what reading and fetching throw, where there is no copy that may be used.
    func peer() async throws -> SAMLPeer {
        let now = clock().seconds
        if let peer = peer(at: now) {
            if now >= lookAt { _ = look() }
            return peer
        }
        if now >= lookAt || looking != nil { try await look().value }
        guard let peer = peer(at: clock().seconds) else {
            throw SAMLMetadataFailure("saml.metadata_unusable", complaint(at: clock().seconds))
        }
        return peer
    }

    /// Why the copy at hand is of no use.
    private func complaint(at now: Int64) -> String {
        guard let copy else { return "there are none" }
        if let end = copy.document.validUntil, now >= end + policy.skew {
            return "they were good until \(SAMLTime(seconds: end))"
        }
        guard entity(of: copy.document, now) != nil else {
            if let entityID { return "they do not tell of \(entityID); they tell of \(copy.document.count) entities" }
            let count = copy.document.all.filter { role.stands(in: $0, at: now, skew: policy.skew) }.count
            return "they tell of \(count) \(role.words)s that are valid now; name the one in `entity_id`"
        }
        return role.complaint
    }

    private func peer(at now: Int64) -> SAMLPeer? {
        guard let copy, copy.document.validUntil.map({ now < $0 + policy.skew }) ?? true,
            let entity = entity(of: copy.document, now),
            role.isUsable(entity, at: now, skew: policy.skew)
        else { return nil }
        return SAMLPeer(entity: entity, isVouchedFor: copy.isVouchedFor, keys: copy.keys)
    }

    private func entity(of document: MetadataDocument, _ now: Int64) -> EntityDescriptor? {
        if let entityID { return document[entityID] }
        let candidates = document.all.filter { role.stands(in: $0, at: now, skew: policy.skew) }
        return candidates.count == 1 ? candidates[0] : nil
    }

    // MARK: Looking again

    private func look() -> Task<Void, any Error> {
        if let looking { return looking }
        let task = Task { try await self.lookOnce() }
        looking = task
        return task
    }

    private func lookOnce() async throws {
        defer { looking = nil }
        do {
            try await renew()
            let delay = copy?.document.refreshDelay(now: clock().seconds) ?? Self.pause
            lookAt =
                switch place {
                case .text: .max
                // A file costs nothing to look at.
                case .file: clock().seconds + 5
                case .address, .query: clock().seconds + delay
                }
        } catch {
            lookAt = clock().seconds + Self.pause
            // Nobody may be waiting: the copy at hand goes on being used, and whoever administers has to hear of it.
            logger.warning("metadata of an entity were not taken", metadata: ["reason": "\(error)"])
            throw error
        }
    }

    private func renew() async throws {
        switch place {
        case .text(let text): try await renew(fromText: text)
        case .file(let path): try await renew(fromFile: path)
        case .address(let address, let keys): try await renew(from: address, keys)
        case .query(let base, let entityID, let keys):
            try await renew(from: MetadataQuery.address(base: base, entityID: entityID), keys, for: entityID)
        }
    }

    private func renew(fromText text: String) async throws {
        let document = try await executor.run {
            try MetadataDocument(reading: try XMLReader.parse(Array(text.utf8), limits: .metadata))
        }
        copy = Copy(document: document, isVouchedFor: true, version: nil)
    }

    private func renew(fromFile path: String) async throws {
        let limit = XMLLimits.metadata.bytes
        let version = Self.version(ofFile: path)
        guard copy == nil || copy?.version != version else { return }
        let document = try await executor.run {
            guard let handle = FileHandle(forReadingAtPath: path), let data = try handle.read(upToCount: limit + 1)
            else { throw SAMLMetadataFailure("saml.metadata_file", "\(path) cannot be read") }
            return try MetadataDocument(reading: try XMLReader.parse([UInt8](data), limits: .metadata))
        }
        // The administrator's own word for everything in it, and for how long it holds.
        copy = Copy(document: document, isVouchedFor: true, version: version)
    }

    private static func version(ofFile path: String) -> String? {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        return "\(info.st_ino) \(info.st_size) \(info.st_mtim.tv_sec).\(info.st_mtim.tv_nsec)"
    }

    private func renew(from address: String, _ keys: [SAMLVerificationKey], for entityID: String? = nil) async throws {
        guard let (body, version) = try await document(at: address) else { return }
        let algorithms = algorithms
        let document = try await executor.run {
            let root =
                keys.isEmpty
                ? try XMLReader.parse(body, limits: .metadata)
                : try SAMLSignatures.verify(body, keys: keys, policy: algorithms, limits: .metadata)
            return try MetadataDocument(reading: root)
        }
        if let entityID, !MetadataQuery.isAnswer(document, to: entityID) {
            throw SAMLMetadataFailure("saml.metadata_other_entity", "the answer is not about \(entityID)")
        }
        let verdict = document.verdict(
            signature: keys.isEmpty ? .none : .verified, replacing: copy?.document, policy: policy,
            now: clock().seconds)
        guard case .taken = verdict else { throw SAMLMetadataFailure("saml.metadata_refused", "\(verdict)") }
        copy = Copy(document: document, isVouchedFor: !keys.isEmpty, version: version)
    }

    /// The document and its version; nil where it has not changed.
    private func document(at address: String) async throws -> ([UInt8], String?)? {
        var address = address
        for _ in 0...Self.redirectLimit {
            var limits = FetchLimits()
            limits.totalTimeout = Self.timeout
            limits.responseBytes = XMLLimits.metadata.bytes
            var headers = [FetchHeader("Accept", "\(MetadataQuery.mediaType), application/xml;q=0.9")]
            if let version = copy?.version { headers.append(FetchHeader("If-None-Match", version)) }
            let answer = try await fetch(FetchRequest(url: address, headers: headers, limits: limits))
            switch answer.status {
            case 200: return (answer.body, answer.header("etag"))
            case 304 where copy != nil: return nil
            // IIP-MD02. Where to is judged as the first address was.
            case 301, 302, 307, 308:
                guard let next = answer.header("location"), next.hasPrefix("https://") || next.hasPrefix("http://")
                else { throw SAMLMetadataFailure("saml.metadata_redirect", "it redirects to no address") }
                address = next
            default:
                throw SAMLMetadataFailure("saml.metadata_status", "the address answers \(answer.status)")
            }
        }
        throw SAMLMetadataFailure("saml.metadata_redirect", "it redirects more than \(Self.redirectLimit) times")
    }
}
