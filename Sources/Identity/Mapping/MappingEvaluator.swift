import Crypto
import Vocabulary

/// A role a person holds through mappings, with the mappings that gave it.
public struct MappedRole: Sendable, Hashable {
    public let role: RoleID
    /// Sorted; never empty.
    public let mappings: [MappingID]
}

/// Turns upstream groups and attributes into roles. Compiled once from a tenant's mappings.
///
/// Groups are looked up by provider and immutable key, never by name. Every look-up is by hash: the cost is that of the
/// person's groups, not of the mappings.
public struct MappingEvaluator: Sendable {
    public let mappings: [RoleMapping]
    private let byGroup: [UpstreamSubject: [Int]]
    private let byAttribute: [ProviderID: [(name: String, values: Set<String>, index: Int)]]

    public init(_ mappings: some Sequence<RoleMapping>) {
        self.mappings = mappings.sorted { $0.id < $1.id }
        var byGroup: [UpstreamSubject: [Int]] = [:]
        var byAttribute: [ProviderID: [(name: String, values: Set<String>, index: Int)]] = [:]
        for (index, mapping) in self.mappings.enumerated() {
            switch mapping.match {
            case .group(let key):
                byGroup[UpstreamSubject(provider: mapping.provider, key: key), default: []].append(index)
            case .attribute(let name, let values):
                byAttribute[mapping.provider, default: []].append((name, Set(values), index))
            }
        }
        self.byGroup = byGroup
        self.byAttribute = byAttribute
    }

    /// The roles these facts of one provider give, sorted by role. `groups` are immutable keys, nesting resolved.
    public func roles(
        provider: ProviderID, groups: some Sequence<String>, attributes: [String: AttributeValue]
    ) -> [MappedRole] {
        var fired: [RoleID: Set<MappingID>] = [:]
        for index in firing(provider: provider, groups: groups, attributes: attributes) {
            fired[mappings[index].role, default: []].insert(mappings[index].id)
        }
        return fired.map { MappedRole(role: $0.key, mappings: $0.value.sorted()) }.sorted { $0.role < $1.role }
    }

    /// The roles this identity's groups and attributes give, each once per mapping that gives it; nothing for a
    /// provider without mappings.
    public func roles(of identity: ExternalIdentity) -> [MappedRole] {
        roles(provider: identity.provider, groups: identity.groups.map(\.key), attributes: identity.attributes)
    }

    /// Indices into `mappings` of the attribute mappings that these attributes satisfy.
    func firing(provider: ProviderID, attributes: [String: AttributeValue]) -> [Int] {
        (byAttribute[provider] ?? []).compactMap { condition in
            attributes[condition.name].map { Self.matches($0, condition.values) } == true ? condition.index : nil
        }
    }

    func mappingIndices(provider: ProviderID, group key: String) -> [Int] {
        byGroup[UpstreamSubject(provider: provider, key: key)] ?? []
    }

    private func firing(
        provider: ProviderID, groups: some Sequence<String>, attributes: [String: AttributeValue]
    ) -> [Int] {
        groups.flatMap { mappingIndices(provider: provider, group: $0) }
            + firing(provider: provider, attributes: attributes)
    }

    /// Text equals text byte by byte; a list matches when one of its texts does. Numbers, objects and absence match
    /// nothing: a mapping that cannot be judged gives no role.
    private static func matches(_ value: AttributeValue, _ wanted: Set<String>) -> Bool {
        switch value {
        case .string(let text): wanted.contains { $0.utf8.elementsEqual(text.utf8) }
        case .list(let values):
            values.contains { element in
                element.string.map { text in wanted.contains { $0.utf8.elementsEqual(text.utf8) } } ?? false
            }
        default: false
        }
    }

    /// The mappings that cannot fire because their group is not among those the provider has, sorted by id.
    public func dead(provider: ProviderID, knownGroups: Set<String>) -> [MappingID] {
        mappings.compactMap { mapping in
            guard mapping.provider == provider, case .group(let key) = mapping.match else { return nil }
            return knownGroups.contains(key) ? nil : mapping.id
        }
    }

    /// SHA-256 over every mapping in order of id, each part length-prefixed: the same rules, the same digest.
    public var digest: [UInt8] {
        var hash = SHA256()
        func add(_ bytes: [UInt8]) {
            withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: bytes)
        }
        for mapping in mappings {
            [mapping.id.bytes, mapping.provider.bytes, mapping.role.bytes].forEach(add)
            switch mapping.match {
            case .group(let key): ["group", key].forEach { add(Array($0.utf8)) }
            case .attribute(let name, let values):
                (["attribute", name] + values.sorted()).forEach { add(Array($0.utf8)) }
            }
        }
        return Array(hash.finalize())
    }
}
