import Identity
import OAuth
import Providers
import SAML
import Vocabulary

/// One of `saml.applications`: an application that speaks SAML, where its metadata are, and what is settled beside them.
public struct SAMLApplicationConfiguration: Sendable {
    public var tenant: String
    public var entityID: String
    public var place: SAMLProviderConfiguration.Place
    /// PEM of the keys or certificates that fetched metadata are signed with.
    public var metadataKeyFiles: [String]
    /// Without the metadata's place, whose keys are read when it is applied.
    public var settings: SAMLApplicationSettings

    init(_ section: ConfigurationSection, tenant fallback: String, attributes: SAMLAttributeSet) {
        tenant = section.text("tenant", default: fallback)
        entityID = section.text("entity_id")
        place = SAMLProviderConfiguration.Place(section, allowsLoopback: true)
        metadataKeyFiles = section.texts("metadata_key_files", limit: SAMLApplicationSettings.Limit.keys)
            .map { section.absolute($0) }
        settings = SAMLApplicationSettings(metadata: .file(""))
        settings.title = section.optionalText("title")
        settings.policy = ServiceProviderPolicy(section)
        settings.attributes = section.texts("attributes", limit: SAMLApplicationSettings.Limit.attributes)
        settings.nameIDSource =
            section.optional("name_id_from", "one of \(ClaimSource.words)") { ClaimSource($0) } ?? .mail
        settings.affiliations = section.texts("affiliations", limit: SAMLApplicationSettings.Limit.affiliations)
        settings.startTargets = section.texts("start_targets", limit: SAMLApplicationSettings.Limit.startTargets)
        for fault in settings.faults(knownAttributes: attributes.names) { section.report(fault.member, fault.reason) }
        if entityID.utf8.count > EntityDescriptor.entityIDLimit {
            section.report("entity_id", "has more than \(EntityDescriptor.entityIDLimit) bytes.")
        }
        if case .file = place, !metadataKeyFiles.isEmpty {
            section.report("metadata_key_files", "belong to metadata that are fetched; a file is yours.")
        }
        section.finish()
    }
}

extension ServiceProviderPolicy {
    fileprivate init(_ section: ConfigurationSection) {
        self.init(
            allowsUnsolicited: section.bool("allow_unsolicited", default: false),
            requiresSignedRequests: section.bool("require_signed_requests", default: false),
            nameIDFormat: section.optionalText("name_id_format").map(NameIDFormat.named),
            omitsNameID: section.bool("omit_name_id", default: false),
            signsResponse: section.bool("sign_response", default: true),
            signsAssertion: section.bool("sign_assertion", default: false),
            encryption: section.choice("encryption", default: .whenPossible) ?? .whenPossible,
            minimumContext: section.optionalText("minimum_context"))
    }
}
