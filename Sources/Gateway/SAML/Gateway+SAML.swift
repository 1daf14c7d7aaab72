import Vocabulary

extension Gateway {
    /// Applications that speak SAML, as administrators see them.
    public var samlApplicationService: SAMLApplicationService {
        SAMLApplicationService(
            store: store, table: samlApplications, sources: samlSources,
            attributes: configuration.saml.attributes.names)
    }
}
