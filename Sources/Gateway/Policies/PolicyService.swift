import Authorization
import Crypto
import Foundation
import Identity
import Storage
import Vocabulary
import Yams

/// A policy document as the API shows it.
public struct PolicyDocumentView: Sendable {
    public let id: PolicyID
    public let name: String
    /// The document as it was given, in the JSON model.
    public let document: AttributeValue
    public let managedBy: ManagedBy
    public let version: Int64
    public let updatedAt: Timestamp

    init(_ stored: StoredPolicyDocument) throws {
        id = stored.id
        name = stored.name
        document = try JSONColumn.decode(AttributeValue.self, stored.document)
        managedBy = stored.managedBy
        version = stored.version
        updatedAt = stored.updatedAt
    }
}

/// Policy documents: read from YAML or JSON, checked whole, stored, compiled.
public struct PolicyService: Sendable {
    let store: Store
    let table: AuthorizationTable

    /// The largest document accepted, in bytes.
    public static let documentLimit = 1 << 20

    /// Every document of the tenant by name.
    public func list(in tenant: TenantID) async throws -> [PolicyDocumentView] {
        try await store.read { try $0.policyDocuments(in: tenant) }.map(PolicyDocumentView.init)
    }

    /// The document of this name or id. Throws `not found` when the tenant has none.
    public func document(named name: String, in tenant: TenantID) async throws -> PolicyDocumentView {
        guard let found = try await list(in: tenant).first(where: { $0.name == name || $0.id.description == name })
        else { throw Fault.notFound("policy document") }
        return found
    }

    /// Stores a document under a name, new or in place of the present one where `version` is still its version.
    ///
    /// - Throws: `policy.invalid` for the document by itself; `policy.duplicate_id` and `policy.limit` where it does not
    ///   go with the tenant's others. What is refused is not stored.
    public func put(
        _ name: String, _ text: String, expecting version: Int64?, managedBy: ManagedBy = .api, by caller: Caller
    ) async throws -> PolicyDocumentView {
        guard (1...128).contains(name.utf8.count) else { throw Fault.invalid("A document's name has 1 to 128 bytes.") }
        let tree = try Self.parse(text)
        _ = try Self.read(tree)
        let json = try JSONColumn.text(of: tree)
        let stored = try await table.write(.administration, in: caller.tenant) { tx in
            try Self.put(name, json, expecting: version, managedBy: managedBy, by: caller, tx)
        }
        return try PolicyDocumentView(stored)
    }

    static func put(
        _ name: String, _ json: String, expecting version: Int64?, managedBy: ManagedBy, by caller: Caller,
        _ tx: Transaction
    ) throws -> StoredPolicyDocument {
        let digest = Array(SHA256.hash(data: Data(json.utf8)))
        let present = try tx.sql.policyDocuments(in: caller.tenant).first { $0.name == name }
        if let present {
            if let conflict = Ownership(object: present.managedBy).conflict(replacingBy: managedBy) {
                throw conflict.fault
            }
            if let version, version != present.version { throw Fault.stale("policy document") }
            guard present.digest != digest else { return present }
        }
        var document =
            present
            ?? StoredPolicyDocument(
                id: PolicyID.random(at: tx.now), tenant: caller.tenant, name: name, document: json, digest: digest,
                managedBy: managedBy, updatedAt: tx.now)
        document.document = json
        document.digest = digest
        document.updatedAt = tx.now
        if let present {
            guard try tx.sql.update(document, expecting: present.version) else { throw Fault.stale("policy document") }
            document.version = present.version + 1
        } else {
            try tx.sql.insert(document)
        }
        try tx.append(
            caller.event(
                present == nil ? "policy.created" : "policy.changed", Stream("policy", document.id),
                facts: [Fact("digest", .digest(digest)), Fact("version", .integer(document.version))]))
        return document
    }

    /// Deletes a document; decisions are made without it from the moment this returns.
    public func delete(_ id: PolicyID, by caller: Caller) async throws {
        try await store.write(.administration) { tx in
            guard let present = try tx.sql.policyDocuments(in: caller.tenant).first(where: { $0.id == id }) else {
                throw Fault.notFound("policy document")
            }
            if let conflict = Ownership(object: present.managedBy).conflict(replacingBy: .api) { throw conflict.fault }
            _ = try tx.sql.deletePolicyDocument(id, in: caller.tenant)
            try tx.append(caller.event("policy.deleted", Stream("policy", id)))
        }
        await table.refresh(caller.tenant)
    }

    // MARK: Reading

    /// YAML 1.2 (JSON is a part of it) to the JSON model; scalars by YAML's core schema.
    public static func parse(_ text: String) throws -> AttributeValue {
        guard text.utf8.count <= documentLimit else {
            throw Fault("policy.too_large", .caller, "The document is larger than 1 MiB.", remedy: "Split it.")
        }
        do {
            guard let node = try Yams.compose(yaml: text) else { throw Fault.invalid("The document is empty.") }
            return try YAMLTree.value(of: node)
        } catch let error as YamlError {
            throw Fault("policy.not_yaml", .caller, "The document is neither YAML nor JSON: \(error)")
        }
    }

    /// - Throws: `Fault` `policy.invalid` whose message lists every fault with its place and cure.
    public static func read(_ tree: AttributeValue) throws -> PolicyDocument {
        do {
            return try PolicyDocument(tree)
        } catch let rejection as PolicyRejection {
            throw Fault("policy.invalid", .caller, rejection.description)
        }
    }
}
