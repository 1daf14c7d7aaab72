import Identity
import OAuth
import SAML
import Storage
import Vocabulary

/// Applications that speak SAML: what an administrator makes, changes and takes away.
public struct SAMLApplicationService: Sendable {
    let store: Store
    let table: SAMLApplicationTable
    let sources: SAMLApplicationSources
    /// The names of `saml.attributes`.
    let attributes: [String]

    /// Applications of one tenant.
    static let limit = 10_000

    // MARK: Reading

    /// A tenant's applications, by entity id.
    public func list(in tenant: TenantID) -> [SAMLApplication] { table.all(in: tenant) }

    /// The application of this entity id or id. Throws `not_found`.
    public func application(_ name: String, in tenant: TenantID) throws -> SAMLApplication {
        let found = table.application(name, in: tenant) ?? SAMLApplicationID(name).flatMap(table.application)
        guard let found, found.tenant == tenant else { throw Fault.notFound("SAML application") }
        return found
    }

    // MARK: Changing

    /// Adds an application, once its metadata have been read.
    ///
    /// - Parameter entityID: nil for the only service provider that the metadata tell of.
    /// - Throws: `invalid` with every fault of the settings or the metadata's; `conflict` when there is one of its entity id;
    ///   what fetching throws.
    public func create(
        entityID: String?, _ settings: SAMLApplicationSettings, by caller: Caller
    ) async throws -> SAMLApplication {
        try require(settings)
        let entity = try await sources.examine(settings.metadata, entityID: entityID)
        let record = try Self.record(settings)
        return try await store.write(.administration) { [table, sources] tx in
            guard table.all(in: caller.tenant).count < Self.limit else {
                throw Fault.invalid("A tenant has at most \(Self.limit) SAML applications.")
            }
            let stored = StoredSAMLApplication(
                id: .random(at: tx.now), tenant: caller.tenant, entityID: entity.entityID, record: record,
                managedBy: .api, createdAt: tx.now)
            guard try tx.sql.insert(stored) else {
                throw Fault(
                    "conflict", .caller, "An application with this entity id exists.",
                    remedy: "Change that one, or delete it first.")
            }
            try tx.append(caller.event("saml_application.created", Stream("saml_application", stored.id)))
            let application = try sources.application(stored)
            tx.afterCommit { table.put(application) }
            return application
        }
    }

    /// Changes what is settled for an application.
    ///
    /// - Parameter metadata: where its metadata are from now on; nil leaves that. Saying the present place again reads it
    ///   anew and takes what stands there now, whatever was there before.
    /// - Throws: `not_found`; `managed` for an application of the configuration; `stale`; `invalid`; what fetching throws.
    public func change(
        _ name: String, metadata: SAMLApplicationSettings.MetadataPlace?, expecting version: Int64?, by caller: Caller,
        _ change: (inout SAMLApplicationSettings) throws -> Void
    ) async throws -> SAMLApplication {
        let present = try own(name, in: caller.tenant)
        if let version, version != present.version { throw Fault.stale("SAML application") }
        var settings = present.settings
        try change(&settings)
        if let metadata { settings.metadata = metadata }
        try require(settings)
        if let metadata {
            let entity = try await sources.examine(metadata, entityID: present.entityID)
            guard Exact.same(entity.entityID, present.entityID) else {
                throw Fault.invalid("The metadata are of another application, \(entity.entityID).")
            }
        }
        let record = try Self.record(settings)
        return try await write(present, isRenewed: metadata != nil, by: caller) { stored in
            stored.record = record
            return "saml_application.changed"
        }
    }

    /// Switches an application off, or on again.
    public func setDisabled(_ name: String, _ isDisabled: Bool, by caller: Caller) async throws {
        let present = try application(name, in: caller.tenant)
        _ = try await write(present, .revocation, by: caller) { stored in
            stored.isDisabled = isDisabled
            return isDisabled ? "saml_application.disabled" : "saml_application.enabled"
        }
    }

    /// Takes an application away.
    public func delete(_ name: String, by caller: Caller) async throws {
        let present = try own(name, in: caller.tenant)
        try await store.write(.revocation) { [table, sources] tx in
            guard try tx.sql.deleteSAMLApplication(present.id, in: caller.tenant) else {
                throw Fault.notFound("SAML application")
            }
            try tx.append(caller.event("saml_application.deleted", Stream("saml_application", present.id)))
            tx.afterCommit {
                table.remove(present.id)
                sources.forget(present.id)
            }
        }
    }

    private func own(_ name: String, in tenant: TenantID) throws -> SAMLApplication {
        let application = try application(name, in: tenant)
        guard application.managedBy == .api else {
            throw Fault(
                "managed", .caller, "The application is managed by \(application.managedBy.rawValue).",
                remedy: "Change it where it is managed.")
        }
        return application
    }

    private func write(
        _ present: SAMLApplication, _ lane: WriterLane = .administration, isRenewed: Bool = false, by caller: Caller,
        _ body: @escaping @Sendable (inout StoredSAMLApplication) throws -> String
    ) async throws -> SAMLApplication {
        try await store.write(lane) { [table, sources] tx in
            guard var stored = try tx.sql.samlApplication(present.id, in: caller.tenant) else {
                throw Fault.notFound("SAML application")
            }
            guard stored.version == present.version else { throw Fault.stale("SAML application") }
            let type = try body(&stored)
            guard try tx.sql.update(stored), let after = try tx.sql.samlApplication(present.id, in: caller.tenant)
            else {
                throw Fault.stale("SAML application")
            }
            try tx.append(caller.event(type, Stream("saml_application", present.id)))
            let application = try sources.application(after, isRenewed: isRenewed)
            tx.afterCommit { table.put(application) }
            return application
        }
    }

    // MARK: Values

    private func require(_ settings: SAMLApplicationSettings) throws {
        var faults = settings.faults(knownAttributes: attributes)
        switch settings.metadata {
        case .document: break
        // Whoever may call the API may not read the server's files by it.
        case .file: faults.append(("metadata", "cannot be a file here; name one in the configuration."))
        case .address(let address, let keys): faults += Self.faults(ofAddress: address, keys, "metadata_url")
        case .query(let address, let keys): faults += Self.faults(ofAddress: address, keys, "metadata_query_url")
        }
        guard faults.isEmpty else {
            throw Fault.invalid(faults.map { "`\($0.member)` \($0.reason)" }.joined(separator: " "))
        }
    }

    private static func faults(
        ofAddress address: String, _ keys: [String], _ member: String
    ) -> [(member: String, reason: String)] {
        var faults: [(member: String, reason: String)] = []
        if !isAddress(address) { faults.append((member, "is not an https address.")) }
        if keys.count > SAMLApplicationSettings.Limit.keys {
            faults.append(("metadata_keys", "are more than \(SAMLApplicationSettings.Limit.keys)."))
        }
        return faults
    }

    /// By https, or plainly on this machine; no fragment, which is never sent.
    static func isAddress(_ text: String) -> Bool {
        guard text.utf8.count <= SAMLApplicationSettings.Limit.addressBytes, let address = WebAddress(text),
            address.fragment == nil
        else { return false }
        let isOwn = address.isScheme("http") && (address.isLoopbackLiteral || address.host == "localhost")
        return address.isSecure || isOwn
    }

    static func record(_ settings: SAMLApplicationSettings) throws -> String {
        let text = try JSONColumn.text(of: settings)
        return text
    }
}
