import Foundation
import Identity
import SAML
import Storage
import Vocabulary

extension Gateway {
    /// Brings the configuration's applications of one tenant in line: those that the API owns are left alone, and one that
    /// the configuration names no longer is switched off.
    static func applySAMLApplications(
        _ wanted: [(entityID: String, settings: SAMLApplicationSettings)], by caller: Caller, _ tx: Transaction
    ) throws {
        let known = try tx.sql.samlApplications().filter { $0.tenant == caller.tenant }
        for (entityID, settings) in wanted {
            let present = known.first { Exact.same($0.entityID, entityID) }
            if let present, present.managedBy != .configuration {
                throw Fault(
                    "configuration.application_owned", .caller,
                    "The SAML application \(entityID) of the configuration exists and is managed by "
                        + "\(present.managedBy.rawValue).",
                    remedy: "Delete it there, or leave it out of `saml.applications`.")
            }
            try put(entityID, settings, present, by: caller, tx)
        }
        let names = wanted.map(\.entityID)
        for var gone in known
        where gone.managedBy == .configuration && !gone.isDisabled && !Exact.holds(names, gone.entityID) {
            gone.isDisabled = true
            guard try tx.sql.update(gone) else { throw Fault.stale("SAML application") }
            try tx.append(caller.event("saml_application.disabled", Stream("saml_application", gone.id)))
        }
    }

    private static func put(
        _ entityID: String, _ settings: SAMLApplicationSettings, _ present: StoredSAMLApplication?, by caller: Caller,
        _ tx: Transaction
    ) throws {
        let record = try SAMLApplicationService.record(settings)
        guard var stored = present else {
            let made = StoredSAMLApplication(
                id: .random(at: tx.now), tenant: caller.tenant, entityID: entityID, record: record,
                managedBy: .configuration, createdAt: tx.now)
            guard try tx.sql.insert(made) else { throw Fault.stale("SAML application") }
            try tx.append(caller.event("saml_application.created", Stream("saml_application", made.id)))
            return
        }
        guard stored.record != record || stored.isDisabled else { return }
        let type = stored.record == record ? "saml_application.enabled" : "saml_application.changed"
        stored.record = record
        stored.isDisabled = false
        guard try tx.sql.update(stored) else { throw Fault.stale("SAML application") }
        try tx.append(caller.event(type, Stream("saml_application", stored.id)))
    }

    /// Fills the table of applications that speak SAML. Nothing is fetched before somebody asks.
    func fillSAMLApplications() async throws {
        for stored in try await store.read({ try $0.samlApplications() }) {
            samlApplications.put(try samlSources.application(stored))
        }
    }
}

extension Configuration {
    /// The applications of one tenant, with the keys that they name read.
    ///
    /// - Throws: `configuration.invalid`, naming the file.
    func samlApplications(of slug: String) throws -> [(entityID: String, settings: SAMLApplicationSettings)] {
        try saml.applications.filter { $0.tenant == slug }.map { application in
            let keys = try application.metadataKeyFiles.map { try Self.metadataKey($0, application.entityID) }
            var settings = application.settings
            settings.metadata =
                switch application.place {
                case .file(let path): .file(path)
                case .address(let address): .address(address, keys: keys)
                case .query(let base): .query(base, keys: keys)
                }
            return (application.entityID, settings)
        }
    }

    private static func metadataKey(_ file: String, _ entityID: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: file), data.count <= SAMLVerificationKey.byteLimit else {
            throw Fault(
                "configuration.invalid", .ourselves,
                "The metadata key \(file) of the SAML application \(entityID) cannot be read.")
        }
        let pem = String(decoding: data, as: UTF8.self)
        do { _ = try SAMLVerificationKey(pem: pem) } catch {
            throw Fault(
                "configuration.invalid", .ourselves,
                "The metadata key \(file) of the SAML application \(entityID) cannot be used: \(error).",
                remedy: "Name a PEM file with the certificate or public key that the metadata are signed with.")
        }
        return pem
    }
}
