import Foundation
import Logging
import Providers
import SAML
import Vocabulary

extension SAMLProvider {
    /// What the configuration says, with its keys read. Nothing is fetched before somebody signs in.
    ///
    /// - Throws: `configuration.invalid`, naming the provider and the file, and what a secret's source throws.
    init(
        _ configured: SAMLProviderConfiguration, key: String, provider: ProviderID, tenant: TenantID,
        service: SAMLService, fetch: @escaping OutgoingFetch, clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws {
        let keys = try service.keys()
        let metadataKeys = try configured.metadataKeyFiles.map { try Self.metadataKey($0, key) }
        var own = ServiceProviderSettings(
            entityID: service.entityID(of: tenant), consumers: service.consumerEndpoints(of: tenant),
            profile: configured.profile, signsRequests: configured.signsRequests, nameID: configured.nameID,
            takesUnsolicited: configured.allowsUnsolicited, skew: configured.clockSkew,
            subjectRules: configured.subjectRules, scopes: configured.scopes)
        if !configured.contexts.isEmpty { own.authnContext = RequestedAuthnContext(configured.contexts) }
        var settings = SAMLProviderSettings(provider: provider, key: key, service: own)
        settings.entityID = configured.entityID
        settings.answerBinding = configured.answerBinding
        settings.returnTargets = configured.returnTargets
        settings.signature = configured.signature
        settings.signingKey = keys.first?.signing
        settings.algorithms = service.algorithms
        settings.decryptionKeys = keys.compactMap(\.decryption)
        settings.attributes = configured.attributes
        settings.loginAttribute = configured.loginAttribute
        settings.groupsAttribute = configured.groupsAttribute
        settings.ownedDomains = configured.ownedDomains
        settings.isToldOfLogout = configured.singleLogout
        settings.encryptsLogoutNames = configured.encryptsLogoutNames
        settings.multiFactorContexts = configured.multiFactorContexts
        settings.askedFactorContexts = configured.askedFactorContexts
        settings.passedContexts = configured.passedContexts
        settings.sendsScoping = configured.sendsScoping
        settings.isAskedPassively = configured.isAskedPassively
        self.init(
            settings, metadata: configured.metadataPlace(metadataKeys), policy: configured.policy,
            executor: try service.executor(), fetch: fetch, clock: clock, logger: logger)
    }

    private static func metadataKey(_ file: String, _ provider: String) throws -> SAMLVerificationKey {
        guard let data = FileManager.default.contents(atPath: file), data.count <= SAMLVerificationKey.byteLimit else {
            throw Fault(
                "configuration.invalid", .ourselves, "The metadata key \(file) of `\(provider)` cannot be read.")
        }
        do { return try SAMLVerificationKey(pem: String(decoding: data, as: UTF8.self)) } catch {
            throw Fault(
                "configuration.invalid", .ourselves,
                "The metadata key \(file) of the provider `\(provider)` cannot be used: \(error).",
                remedy: "Name a PEM file with the certificate or public key that the metadata are signed with.")
        }
    }
}

extension SAMLProviderConfiguration {
    fileprivate func metadataPlace(_ keys: [SAMLVerificationKey]) -> SAMLMetadataPlace {
        switch place {
        case .file(let path): .file(path)
        case .address(let address): .address(address, keys: keys)
        case .query(let base): .query(base, entityID: entityID ?? "", keys: keys)
        }
    }
}
