import Vocabulary

extension EntryPolicy.Place {
    /// An application that speaks SAML, as rules know it: by its entity id.
    init(_ application: SAMLApplication) {
        self.init(
            tenant: application.tenant, resourceType: "saml_application", name: application.entityID,
            context: ["service_provider": .string(application.entityID)], spoken: "saml")
    }
}
