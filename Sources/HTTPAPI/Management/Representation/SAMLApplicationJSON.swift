import Foundation
import Gateway
import Identity
import SAML
import Vocabulary

extension SAMLApplication {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "entity_id": .string(entityID), "title": .string(title), "metadata": settings.metadata.json,
            "settings": settings.json, "disabled": .bool(isDisabled), "managed_by": .string(managedBy.rawValue),
            "version": .integer(version), "created_at": createdAt.json,
        ])
    }

    /// What its metadata say now, or why they cannot be used.
    func peerJSON(at now: Int64) async -> AttributeValue {
        let entity: EntityDescriptor
        do { entity = try await self.entity() } catch {
            return ["usable": false, "fault": .string((error as? Fault)?.message ?? "The metadata cannot be had.")]
        }
        let role = entity.serviceProvider(at: now, skew: 0)
        let end = [entity.validUntil, role?.role.validUntil].compactMap(\.self).min()
        return HTTPAPI.json([
            "usable": true, "valid_until": end.map { Timestamp(seconds: $0).json },
            "consumers": .list(
                (role?.assertionConsumers ?? []).map {
                    [
                        "binding": .string(Binding.shortName(of: $0.endpoint.binding)),
                        "location": .string($0.endpoint.location),
                    ]
                }),
            "signs_requests": .bool(role?.signsRequests ?? false),
            "has_encryption_key": .bool(!(role?.role.encryptionKeys ?? []).isEmpty),
            "requested_attributes": .list(
                (role?.requestedAttributes(index: nil) ?? []).map {
                    ["name": .string($0.attribute.name), "required": .bool($0.isRequired)]
                }),
            "entity_categories": .list(entity.attribute(EntityCategory.attribute).map(AttributeValue.string)),
            "registered_by": entity.registration.map { .string($0.authority) },
        ])
    }
}

extension SAMLApplicationSettings.MetadataPlace {
    fileprivate var json: AttributeValue {
        switch self {
        case .document: ["from": "document"]
        case .file(let path): ["from": "file", "at": .string(path)]
        case .address(let address, let keys):
            ["from": "address", "at": .string(address), "signed": .bool(!keys.isEmpty)]
        case .query(let base, let keys): ["from": "query", "at": .string(base), "signed": .bool(!keys.isEmpty)]
        }
    }
}

extension SAMLApplicationSettings {
    fileprivate var json: AttributeValue {
        HTTPAPI.json([
            "name_id_format": policy.nameIDFormat.map(AttributeValue.string),
            "name_id_from": .string(nameIDSource.word), "omit_name_id": .bool(policy.omitsNameID),
            "sign_response": .bool(policy.signsResponse), "sign_assertion": .bool(policy.signsAssertion),
            "encryption": .string(policy.encryption.rawValue),
            "require_signed_requests": .bool(policy.requiresSignedRequests),
            "allow_unsolicited": .bool(policy.allowsUnsolicited),
            "minimum_context": policy.minimumContext.map(AttributeValue.string),
            "attributes": .list(attributes.map(AttributeValue.string)),
            "affiliations": .list(affiliations.map(AttributeValue.string)),
            "start_targets": .list(startTargets.map(AttributeValue.string)),
        ])
    }

    /// Takes what a body says; what is absent stays, and null is the usual value.
    mutating func take(_ request: APIRequest) throws {
        let usual = SAMLApplicationSettings(metadata: metadata)
        func says(_ name: String) -> Bool { request.body?[name] != nil }
        func bool(_ name: String, _ now: Bool, _ usual: Bool) throws -> Bool {
            says(name) ? try request.optionalBool(name) ?? usual : now
        }
        func texts(_ name: String, _ now: [String]) throws -> [String] {
            says(name) ? try request.optionalTexts(name) ?? [] : now
        }
        func text(_ name: String, _ now: String?) throws -> String? {
            says(name) ? try request.optionalText(name) : now
        }
        title = try text("title", title)
        policy.nameIDFormat = try text("name_id_format", policy.nameIDFormat).map(NameIDFormat.named)
        policy.minimumContext = try text("minimum_context", policy.minimumContext)
        policy.omitsNameID = try bool("omit_name_id", policy.omitsNameID, usual.policy.omitsNameID)
        policy.signsResponse = try bool("sign_response", policy.signsResponse, usual.policy.signsResponse)
        policy.signsAssertion = try bool("sign_assertion", policy.signsAssertion, usual.policy.signsAssertion)
        policy.requiresSignedRequests = try bool(
            "require_signed_requests", policy.requiresSignedRequests, usual.policy.requiresSignedRequests)
        policy.allowsUnsolicited = try bool(
            "allow_unsolicited", policy.allowsUnsolicited, usual.policy.allowsUnsolicited)
        attributes = try texts("attributes", attributes)
        affiliations = try texts("affiliations", affiliations)
        startTargets = try texts("start_targets", startTargets)
        if says("encryption") {
            policy.encryption = try Self.word("encryption", request, usual.policy.encryption) {
                ServiceProviderPolicy.Encryption(rawValue: $0)
            }
        }
        if says("name_id_from") {
            nameIDSource = try Self.word("name_id_from", request, usual.nameIDSource) { ClaimSource($0) }
        }
    }

    private static func word<Value>(
        _ name: String, _ request: APIRequest, _ usual: Value, _ read: (String) -> Value?
    ) throws -> Value {
        guard let text = try request.optionalText(name) else { return usual }
        guard let value = read(text) else {
            throw Refusal.badRequest(code: "saml.word", where: "`\(name)` is none of the words that it may be.")
        }
        return value
    }
}

extension SAMLConnection {
    var json: AttributeValue {
        HTTPAPI.json([
            "entity_id": .string(entityID), "metadata_url": .string(entityID), "sso_url": .string(signOn),
            "certificate": certificatePEM.map(AttributeValue.string),
        ])
    }
}

extension SAMLApplicationPreview {
    func json(_ set: SAMLAttributeSet) -> AttributeValue {
        let attributes = release.attributes.map { told -> AttributeValue in
            HTTPAPI.json([
                "name": set.name(of: told.attribute).map(AttributeValue.string),
                "saml_name": .string(told.attribute.name),
                "values": .list(told.attribute.values.map(AttributeValue.string)),
                "released_by": .list(told.releasedBy.map(AttributeValue.string)),
                "withheld_by": .list(told.withheldBy.map(AttributeValue.string)),
                "requested": .bool(told.isRequested), "required": .bool(told.isRequired),
                "withheld": .integer(Int64(told.withheldCount)),
            ])
        }
        return HTTPAPI.json([
            "may_enter": .bool(mayEnter), "reasons": .list(reasons.map(AttributeValue.string)),
            "name_id_format": nameIDFormat.map(AttributeValue.string),
            "name_id_fault": nameIDFault.map(AttributeValue.string),
            "attributes": .list(attributes), "missing": .list(release.missing.map(AttributeValue.string)),
        ])
    }
}

enum SAMLApplicationSchema {
    private static let texts = JSONSchema.array(.string(minLength: 1, maxLength: 1_024))

    private static let settled: [String: JSONSchema] = [
        "name_id_format": .string(maxLength: 256).nullable
            .described(
                "persistent, transient, emailAddress, unspecified or a whole URN; without it metadata and request say."),
        "name_id_from": .string(minLength: 1, maxLength: 256).nullable
            .described("The value of a name that is neither transient nor persistent: \(ClaimSource.words)."),
        "omit_name_id": JSONSchema.boolean.nullable,
        "sign_response": JSONSchema.boolean.nullable, "sign_assertion": JSONSchema.boolean.nullable,
        "encryption": JSONSchema.words(ServiceProviderPolicy.Encryption.allCases.map(\.rawValue)).nullable,
        "require_signed_requests": JSONSchema.boolean.nullable, "allow_unsolicited": JSONSchema.boolean.nullable,
        "minimum_context": .string(minLength: 1, maxLength: 256).nullable,
        "attributes": texts.nullable.described(
            "What is told beyond the tenant's rules, by the names of saml.attributes."),
        "affiliations": texts.nullable, "start_targets": texts.nullable,
    ]

    private static let said = settled.merging([
        "title": .string(minLength: 1, maxLength: 256).nullable,
        "metadata_xml": .string(minLength: 1, maxLength: SAMLApplicationSettings.Limit.documentBytes),
        "metadata_url": .string(minLength: 1, maxLength: SAMLApplicationSettings.Limit.addressBytes),
        "metadata_query_url": .string(minLength: 1, maxLength: SAMLApplicationSettings.Limit.addressBytes),
        "metadata_keys": JSONSchema.array(
            .string(minLength: 1, maxLength: 65_536), maximum: SAMLApplicationSettings.Limit.keys
        ).described("PEM of the certificates or public keys that fetched metadata are signed with."),
    ]) { $1 }

    static let changed = JSONSchema.object(said, optional: Set(said.keys))

    static let made: JSONSchema = {
        let all = said.merging(["entity_id": .string(minLength: 1, maxLength: 1_024)]) { $1 }
        return .object(all, optional: Set(all.keys))
    }()

    private static let shownMembers: [String: JSONSchema] = [
        "id": .uuid, "entity_id": .string(), "title": .string(),
        "metadata": .object(
            ["from": .words(["document", "file", "address", "query"]), "at": .string(), "signed": .boolean],
            optional: ["at", "signed"]),
        "settings": .object(settled, optional: Set(settled.keys)), "disabled": .boolean,
        "managed_by": APISchemas.managedBy, "version": APISchemas.version, "created_at": .time,
    ]

    static let shown = JSONSchema.object(shownMembers)

    static let whole = JSONSchema.object(
        shownMembers.merging([
            "peer": JSONSchema.object(
                [
                    "usable": .boolean, "fault": .string(), "valid_until": .time, "signs_requests": .boolean,
                    "has_encryption_key": .boolean, "registered_by": .string(), "entity_categories": APISchemas.texts,
                    "consumers": .array(.object(["binding": .string(), "location": .string()])),
                    "requested_attributes": .array(.object(["name": .string(), "required": .boolean])),
                ],
                optional: [
                    "fault", "valid_until", "signs_requests", "has_encryption_key", "registered_by",
                    "entity_categories", "consumers", "requested_attributes",
                ]
            ).described("Its metadata as they are now, or why they cannot be used."),
            "connect": JSONSchema.object(
                [
                    "entity_id": .string(), "metadata_url": .string(), "sso_url": .string(), "certificate": .string(),
                ], optional: ["certificate"]
            ).described("What to paste into the application; no certificate where saml.keys names no key."),
        ]) { $1 })

    static let preview = JSONSchema.object(
        [
            "may_enter": JSONSchema.boolean, "reasons": APISchemas.texts,
            "name_id_format": JSONSchema.string().described("Absent where no name is given."),
            "name_id_fault": JSONSchema.string().described("Why the name cannot be given."),
            "attributes": .array(
                .object(
                    [
                        "name": .string(), "saml_name": .string(), "values": APISchemas.texts,
                        "released_by": APISchemas.texts, "withheld_by": APISchemas.texts, "requested": .boolean,
                        "required": .boolean, "withheld": .integer(minimum: 0),
                    ], optional: ["name"])),
            "missing": APISchemas.texts.described("What it says it needs and there is nothing of to tell."),
        ], optional: ["name_id_format", "name_id_fault"])
}
