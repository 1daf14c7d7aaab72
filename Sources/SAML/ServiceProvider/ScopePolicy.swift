/// Which scopes an identity provider may speak for (SDP-SP16, SDP-SP17).
public enum ScopePolicy: Sendable, Hashable {
    /// Those that its metadata lists, where a third party that is trusted vouches for the metadata.
    case metadata
    /// Those that an administrator listed.
    case listed([String])
    /// Any: for an only identity provider that is ours.
    case any

    /// Attributes with a scope after `@`, by name. A value without one is not a value of them.
    public static let scopedAttributes: [String] = [
        SubjectIdentifier.subjectID, SubjectIdentifier.pairwiseID,
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",  // eduPersonPrincipalName
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.9",  // eduPersonScopedAffiliation
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.13",  // eduPersonUniqueId
    ]

    /// The attributes without the values that their issuer may not give, and those values' attributes by name.
    func held(_ attributes: [SAMLAttribute], peer: EntityDescriptor, metadataIsVouchedFor: Bool, now: Int64)
        -> (kept: [SAMLAttribute], dropped: [String])
    {
        guard let allowed = allowed(peer, metadataIsVouchedFor, now) else { return (attributes, []) }
        var (kept, dropped): ([SAMLAttribute], [String]) = ([], [])
        for attribute in attributes {
            guard Exact.holds(Self.scopedAttributes, attribute.name) else {
                kept.append(attribute)
                continue
            }
            var fitting = attribute
            fitting.values = attribute.values.filter { value in
                Self.scope(of: value).map { scope in allowed.contains { $0.lowercased() == scope.lowercased() } }
                    ?? false
            }
            if fitting.values.count < attribute.values.count { dropped.append(attribute.name) }
            if !fitting.values.isEmpty { kept.append(fitting) }
        }
        return (kept, dropped)
    }

    private func allowed(_ peer: EntityDescriptor, _ isVouchedFor: Bool, _ now: Int64) -> [String]? {
        switch self {
        case .any: return nil
        case .listed(let scopes): return scopes
        case .metadata:
            guard isVouchedFor else { return [] }
            let scopes = peer.scopes + (peer.identityProvider(at: now, skew: 300)?.role.scopes ?? [])
            return scopes.filter { !$0.isExpression && !$0.value.isEmpty }.map(\.value)
        }
    }

    /// What stands behind the only `@`.
    private static func scope(of value: String) -> String? {
        let parts = value.trimmingXMLSpace().split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        return String(parts[1])
    }
}
