import SAML
import Vocabulary

extension SAMLProviderSettings {
    /// What the identity provider is asked for.
    ///
    /// - Throws: `saml.proxy_count` where the application that asks lets nobody else answer.
    func asked(_ wish: UpstreamWish, of entityID: String) throws -> SignInWish {
        var asked = SignInWish(forcesAuthn: wish.maxAgeSeconds != nil, answerBinding: answerBinding)
        // Whoever has to prove it anew has to be asked.
        asked.isPassive = wish.isPassive && !asked.forcesAuthn
        asked.authnContext = context(for: wish)
        guard let application = wish.application else { return asked }
        let proxy = ProxySettings(entityID: service.entityID)
        guard let scoping = proxy.scoping(for: application, behind: [entityID]) else {
            throw Fault(
                "saml.proxy_count", .peer, "The application lets no other identity provider answer for this one.")
        }
        if sendsScoping { asked.scoping = scoping }
        return asked
    }

    /// How the person has to prove themselves there; nil for what is asked of every sign-in. Always by exact comparison: no
    /// order among the provider's names is known here (IIP-SP06).
    private func context(for wish: UpstreamWish) -> RequestedAuthnContext? {
        if wish.needsSeveralFactors, !askedFactorContexts.isEmpty { return RequestedAuthnContext(askedFactorContexts) }
        let passed = wish.application?.authnContext.map(passed) ?? []
        return passed.isEmpty ? nil : RequestedAuthnContext(passed)
    }

    /// Those of the classes that are asked for which this provider is believed to know. Nothing is known of what would be
    /// better than one.
    public func passed(_ asked: RequestedAuthnContext) -> [String] {
        asked.comparison == .better
            ? [] : passedContexts.filter { known in asked.classes.contains { known.utf8.elementsEqual($0.utf8) } }
    }
}
