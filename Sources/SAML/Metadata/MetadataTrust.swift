/// What one source of metadata is held to (IIP-MD03, IIP-MD04, SDP-MD02, SDP-MD03).
public struct MetadataPolicy: Sendable, Hashable {
    /// The root is signed with a key that was given for this source.
    public var requiresSignature: Bool
    /// The root says until when it may be gone by.
    public var requiresValidUntil: Bool
    /// Seconds from now that `validUntil` may lie ahead; nil for any.
    public var longestValidity: Int64?
    /// Seconds that clocks may differ.
    public var skew: Int64

    public init(
        requiresSignature: Bool = true, requiresValidUntil: Bool = true, longestValidity: Int64? = 14 * 86_400,
        skew: Int64 = 180
    ) {
        self.requiresSignature = requiresSignature
        self.requiresValidUntil = requiresValidUntil
        self.longestValidity = longestValidity
        self.skew = skew
    }
}

/// What was seen of the signature on a document's root.
public enum MetadataSignature: Sendable, Hashable {
    case none
    /// It verifies under a key given for this source.
    case verified
    /// There is one, and it does not verify under any of them.
    case invalid
}

/// What differs between two states of one source.
public struct MetadataChange: Sendable, Hashable {
    /// What changed of an entity.
    public enum Kind: String, Sendable, Hashable {
        case added
        case removed
        case roles
        case keys
        case endpoints
        case other
    }

    public let entityID: String
    public let kind: Kind
}

/// What becomes of a document that was fetched.
public enum MetadataVerdict: Sendable, Hashable {
    /// It takes the place of the one before, with what that changes.
    case taken([MetadataChange])
    /// The one before stays, for as long as it is valid; all reasons.
    case refused([MetadataRefusal])
}

/// Why a document does not take its source's place.
public enum MetadataRefusal: Sendable, Hashable {
    case unsigned
    case signatureInvalid
    case validUntilMissing
    case expired
    case validUntilTooFar
    /// It is older than the one before: a signature lets nobody bring back a key that was revoked.
    case rolledBack
    /// Nothing but the connection vouches for a change of keys, roles or endpoints: whoever administers has to confirm it.
    case unconfirmed([MetadataChange])
}

extension MetadataDocument {
    /// Judges this document to take the place of the one before.
    public func verdict(
        signature: MetadataSignature, replacing previous: MetadataDocument?, policy: MetadataPolicy, now: Int64
    ) -> MetadataVerdict {
        var reasons: [MetadataRefusal] = []
        switch signature {
        case .none where policy.requiresSignature: reasons.append(.unsigned)
        // A signature that is there has to be right, whether it was asked for or not.
        case .invalid: reasons.append(.signatureInvalid)
        case .none, .verified: break
        }
        reasons += validity(policy, now)
        let changes = previous.map(changes(since:)) ?? []
        if let previous {
            if isOlder(than: previous) { reasons.append(.rolledBack) }
            let grave = changes.filter { [.roles, .keys, .endpoints].contains($0.kind) }
            if signature == .none, !grave.isEmpty { reasons.append(.unconfirmed(grave)) }
        }
        return reasons.isEmpty ? .taken(changes) : .refused(reasons)
    }

    private func validity(_ policy: MetadataPolicy, _ now: Int64) -> [MetadataRefusal] {
        guard let validUntil else { return policy.requiresValidUntil ? [.validUntilMissing] : [] }
        if validUntil + policy.skew <= now { return [.expired] }
        if let longest = policy.longestValidity, validUntil - now > longest + policy.skew { return [.validUntilTooFar] }
        return []
    }

    /// By the publisher's own time where both have one, else by the bound, which only ever moves on.
    private func isOlder(than previous: MetadataDocument) -> Bool {
        if let mine = publishedAt, let before = previous.publishedAt { return mine < before }
        // One that names no time after one that did could be any that came before it did.
        if previous.publishedAt != nil { return true }
        guard let mine = validUntil, let before = previous.validUntil else { return false }
        return mine < before
    }

    /// What differs from the document before, entity by entity.
    public func changes(since previous: MetadataDocument) -> [MetadataChange] {
        var changes: [MetadataChange] = []
        for entity in all {
            guard let before = previous[entity.entityID] else {
                changes.append(MetadataChange(entityID: entity.entityID, kind: .added))
                continue
            }
            changes += entity.kinds(changedSince: before).map { MetadataChange(entityID: entity.entityID, kind: $0) }
        }
        for name in previous.entityIDs where self[name] == nil {
            changes.append(MetadataChange(entityID: name, kind: .removed))
        }
        return changes
    }

    /// When to fetch again: the source's own wish within these bounds, and before it ends.
    public func refreshDelay(now: Int64, shortest: Int64 = 300, longest: Int64 = 86_400) -> Int64 {
        var delay = cacheDuration ?? longest
        if let validUntil { delay = min(delay, (validUntil - now) / 2) }
        return max(shortest, min(delay, longest))
    }
}

extension EntityDescriptor {
    fileprivate func kinds(changedSince before: EntityDescriptor) -> [MetadataChange.Kind] {
        var kinds: [MetadataChange.Kind] = []
        if identityProviders.count != before.identityProviders.count
            || serviceProviders.count != before.serviceProviders.count
        {
            kinds.append(.roles)
        }
        if keySet != before.keySet { kinds.append(.keys) }
        if places != before.places { kinds.append(.endpoints) }
        if kinds.isEmpty, self != before, withoutTimes != before.withoutTimes { kinds.append(.other) }
        return kinds
    }

    private var roles: [RoleDescriptor] { identityProviders.map(\.role) + serviceProviders.map(\.role) }

    private var keySet: [Set<[UInt8]>] {
        [Set(roles.flatMap(\.signingKeys).map(\.publicKey)), Set(roles.flatMap(\.encryptionKeys).map(\.publicKey))]
    }

    private var places: [Set<String>] {
        let indexed = serviceProviders.flatMap(\.assertionConsumers) + roles.flatMap(\.artifactResolution)
        let others = identityProviders.flatMap(\.singleSignOn) + roles.flatMap(\.singleLogout)
        return [
            Set(indexed.map { "\($0.endpoint.binding) \($0.index) \($0.endpoint.location)" }),
            Set(others.map { "\($0.binding) \($0.location) \($0.answerLocation)" }),
        ]
    }

    private var withoutTimes: EntityDescriptor {
        var bare = self
        (bare.id, bare.validUntil, bare.cacheDuration) = (nil, nil, nil)
        for place in bare.identityProviders.indices { bare.identityProviders[place].role.validUntil = nil }
        for place in bare.serviceProviders.indices { bare.serviceProviders[place].role.validUntil = nil }
        return bare
    }
}
