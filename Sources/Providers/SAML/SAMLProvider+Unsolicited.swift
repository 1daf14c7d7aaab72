import SAML

extension SAMLProvider {
    /// Whether an answer says that it is this identity provider's. Proves nothing.
    public func isClaimed(by response: String) async -> Bool {
        guard let claimed = try? await executor.run({ try UnverifiedResponse(base64: response).claimedIssuer() }),
            let own = await entityID()
        else { return false }
        return claimed == own
    }
}
