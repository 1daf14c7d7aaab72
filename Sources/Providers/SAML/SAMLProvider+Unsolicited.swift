import SAML

extension SAMLProvider {
    /// The identity provider's entity id, of the configuration or of its metadata.
    ///
    /// - Throws: where it takes the metadata and they cannot be used.
    public func entityID() async throws -> String {
        if let entityID = settings.entityID { return entityID }
        return try await metadata.peer().entity.entityID
    }

    /// Whether an answer says that it is this identity provider's. Proves nothing.
    public func isClaimed(by response: String) async -> Bool {
        guard let claimed = try? await executor.run({ try UnverifiedResponse(base64: response).claimedIssuer() }),
            let own = try? await entityID()
        else { return false }
        return claimed == own
    }
}
