import SAML
import Vocabulary

/// What metadata says, for people and for machines.
struct MetadataReport {
    let look: MetadataLook
    let entities: [EntityDescriptor]

    var text: String {
        var lines = [
            "\(look.document.isGroup ? "group" : "entity")\(look.document.name.map { " " + $0 } ?? ""), "
                + "\(look.document.count) \(look.document.count == 1 ? "entity" : "entities")",
            "valid until  \(look.document.validUntil.map(moment) ?? "says nothing")", "signature    \(look.signature)",
        ]
        switch look.verdict {
        case .taken: lines.append("✓ would be taken")
        case .refused(let reasons):
            lines.append("✗ would be refused: " + reasons.map(Self.words).joined(separator: "; "))
        case nil: break
        }
        for entity in entities { lines += [""] + entityLines(entity) }
        let faults = look.document.faults
        if !faults.isEmpty {
            lines += ["", "\(faults.count) \(faults.count == 1 ? "thing is" : "things are") wrong:"]
            lines += faults.map { "  ✗ " + $0.description }
        }
        return lines.map(Console.plain).joined(separator: "\n") + "\n"
    }

    private func moment(_ seconds: Int64) -> String {
        SAMLTime(seconds: seconds).description + (seconds <= look.now ? " (has passed)" : "")
    }

    private func entityLines(_ entity: EntityDescriptor) -> [String] {
        var lines = [entity.entityID]
        if let name = (roles(entity).compactMap { $0.role.display.names.text() }.first) ?? entity.organization {
            lines[0] += "  (\(name))"
        }
        if let registration = entity.registration { lines.append("  registered by \(registration.authority)") }
        for attribute in entity.entityAttributes {
            lines += attribute.values.map { "  \(attribute.name)  \($0)" }
        }
        let scopes = (entity.scopes + roles(entity).flatMap(\.role.scopes)).filter { !$0.isExpression }.map(\.value)
        if !scopes.isEmpty { lines.append("  scopes  " + scopes.joined(separator: " ")) }
        for role in roles(entity) { lines += roleLines(role) }
        return lines
    }

    private func roleLines(_ shown: ShownRole) -> [String] {
        var lines = ["  " + shown.name + (shown.role.speaksSAML2 ? "" : "  (not of SAML 2.0)")]
        lines += shown.flags.map { "    " + $0 }
        lines += shown.role.keys.map { "    key  " + keyWords($0) }
        lines += shown.endpoints.map { endpoint in
            "    \(endpoint.kind)  \(Binding.shortName(of: endpoint.binding))  \(endpoint.location)"
                + (endpoint.index.map { "  [\($0)\(endpoint.isDefault ? ", default" : "")]" } ?? "")
                + (endpoint.responseLocation.map { "  answers to \($0)" } ?? "")
        }
        lines += shown.role.nameIDFormats.map { "    name  \($0)" }
        return lines
    }

    private func keyWords(_ key: MetadataKey) -> String {
        let kind =
            switch key.kind {
            case .rsa(let bits): "RSA \(bits)"
            case .ellipticCurve(let bits): "EC \(bits)"
            case .other: "of another kind"
            }
        let end = key.about.map {
            "  expires \(SAMLTime(seconds: $0.notAfter))"
                + ($0.notAfter <= look.now ? " (has; counts for nothing)" : "")
        }
        return
            "\(key.use?.rawValue ?? "signing and encryption")  \(kind)\(key.isStrong ? "" : ", too weak to believe")  "
            + "SHA-256 \(Self.hexadecimal(key.fingerprint))\(end ?? "")"
    }

    private static func words(_ refusal: MetadataRefusal) -> String {
        switch refusal {
        case .unsigned: "it is not signed"
        case .signatureInvalid: "its signature verifies under none of the keys"
        case .validUntilMissing: "it has no validUntil"
        case .expired: "its validUntil has passed"
        case .validUntilTooFar: "its validUntil is too far ahead; see --longest-validity"
        case .rolledBack: "it is older than the one before"
        case .unconfirmed: "keys, roles or endpoints changed without a signature"
        }
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension MetadataReport {
    var json: AttributeValue {
        .object([
            "valid_until": look.document.validUntil.map { .string(SAMLTime(seconds: $0).description) } ?? .null,
            "group": .bool(look.document.isGroup), "signature": .string(look.signature),
            "refusals": verdict, "entities": .list(entities.map(json)),
            "faults": .list(
                look.document.faults.map { fault in
                    .object([
                        "entityID": fault.entityID.map { .string($0) } ?? .null, "path": .string(fault.path),
                        "reason": .string(fault.reason), "effect": .string(fault.effect.rawValue),
                    ])
                }),
        ])
    }

    /// Null where no key was given.
    private var verdict: AttributeValue {
        switch look.verdict {
        case nil: .null
        case .taken: .list([])
        case .refused(let reasons): .list(reasons.map { .string(Self.words($0)) })
        }
    }

    private func json(_ entity: EntityDescriptor) -> AttributeValue {
        .object([
            "entityID": .string(entity.entityID),
            "valid_until": entity.validUntil.map { .string(SAMLTime(seconds: $0).description) } ?? .null,
            "roles": .object(
                Dictionary(roles(entity).map { ($0.name, json($0)) }) { first, _ in first }),
            "scopes": .list(entity.scopes.filter { !$0.isExpression }.map { .string($0.value) }),
            "entity_attributes": .object(
                Dictionary(
                    entity.entityAttributes.map { ($0.name, AttributeValue.list($0.values.map { .string($0) })) }
                ) {
                    .list(($0.list ?? []) + ($1.list ?? []))
                }),
        ])
    }

    private func json(_ shown: ShownRole) -> AttributeValue {
        let kinds = Set(shown.endpoints.map(\.kind))
        let endpoints = kinds.map { kind in
            let pairs = shown.endpoints.filter { $0.kind == kind }.map { endpoint in
                AttributeValue.list([.string(Binding.shortName(of: endpoint.binding)), .string(endpoint.location)])
            }
            return (kind, AttributeValue.list(pairs))
        }
        func fingerprints(_ keys: [MetadataKey]) -> AttributeValue {
            .list(keys.map { .string(Self.hexadecimal($0.legacyFingerprint)) })
        }
        return .object([
            "keys_sha1": .object([
                "signing": fingerprints(shown.role.signingKeys), "encryption": fingerprints(shown.role.encryptionKeys),
            ]),
            "keys": .list(shown.role.keys.map(json)), "endpoints": .object(Dictionary(uniqueKeysWithValues: endpoints)),
            "services": .list(shown.endpoints.map(json)),
            "nameid_formats": .list(shown.role.nameIDFormats.map { .string($0) }),
            "scopes": .list(shown.role.scopes.filter { !$0.isExpression }.map { .string($0.value) }),
            "saml2": .bool(shown.role.speaksSAML2), "flags": .list(shown.flags.map { .string($0) }),
            "error_url": shown.role.errorURL.map { .string($0) } ?? .null,
        ])
    }

    private func json(_ key: MetadataKey) -> AttributeValue {
        .object([
            "use": key.use.map { .string($0.rawValue) } ?? .null,
            "bits": key.kind.bits.map { .integer(Int64($0)) } ?? .null,
            "strong": .bool(key.isStrong), "sha256": .string(Self.hexadecimal(key.fingerprint)),
            "subject": key.about.map { .string($0.subject) } ?? .null,
            "not_after": key.about.map { .string(SAMLTime(seconds: $0.notAfter).description) } ?? .null,
            "encryption_methods": .list(key.encryptionMethods.map { .string($0.algorithm) }),
        ])
    }

    private func json(_ endpoint: ShownEndpoint) -> AttributeValue {
        .object([
            "kind": .string(endpoint.kind), "binding": .string(endpoint.binding),
            "location": .string(endpoint.location),
            "response_location": endpoint.responseLocation.map { .string($0) } ?? .null,
            "index": endpoint.index.map { .integer(Int64($0)) } ?? .null, "default": .bool(endpoint.isDefault),
        ])
    }
}

/// A role with what there is to be shown of it.
private struct ShownRole {
    let name: String
    let role: RoleDescriptor
    let flags: [String]
    let endpoints: [ShownEndpoint]
}

/// An endpoint by its element's name.
private struct ShownEndpoint {
    let kind: String
    let binding: String
    let location: String
    let responseLocation: String?
    let index: Int?
    let isDefault: Bool

    init(_ kind: String, _ endpoint: Endpoint, index: Int? = nil, isDefault: Bool = false) {
        self.kind = kind
        binding = endpoint.binding
        location = endpoint.location
        responseLocation = endpoint.responseLocation
        self.index = index
        self.isDefault = isDefault
    }

    static func all(_ kind: String, _ endpoints: [Endpoint]) -> [ShownEndpoint] {
        endpoints.map { ShownEndpoint(kind, $0) }
    }

    static func all(_ kind: String, _ endpoints: [IndexedEndpoint]) -> [ShownEndpoint] {
        let preferred = endpoints.preferred
        return endpoints.map { ShownEndpoint(kind, $0.endpoint, index: $0.index, isDefault: $0 == preferred) }
    }
}

private func roles(_ entity: EntityDescriptor) -> [ShownRole] {
    let providers = entity.identityProviders.map { provider in
        ShownRole(
            name: "IDPSSODescriptor", role: provider.role,
            flags: (provider.wantsSignedRequests ? ["wants requests signed"] : [])
                + (provider.isUsable ? [] : ["cannot be used: no signing key or no place to sign in"]),
            endpoints: ShownEndpoint.all("SingleSignOnService", provider.singleSignOn) + shared(provider.role))
    }
    let services = entity.serviceProviders.map { service in
        ShownRole(
            name: "SPSSODescriptor", role: service.role,
            flags: (service.signsRequests ? ["signs requests"] : [])
                + (service.wantsSignedAssertions ? ["wants assertions signed"] : []),
            endpoints: ShownEndpoint.all("AssertionConsumerService", service.assertionConsumers) + shared(service.role)
                + ShownEndpoint.all("DiscoveryResponse", service.discoveryResponses))
    }
    return providers + services
}

private func shared(_ role: RoleDescriptor) -> [ShownEndpoint] {
    ShownEndpoint.all("SingleLogoutService", role.singleLogout)
        + ShownEndpoint.all("ArtifactResolutionService", role.artifactResolution)
}
