import Identity
import Vocabulary

/// Where single sign-on at a provider leads a browser (`initiate_sso`).
public enum SingleSignOn: Sendable {
    /// To the provider; the secret goes into the pre-session cookie, which the answer is bound to.
    case leave(UpstreamDeparture, secret: SecretText)
    /// Nowhere but on: the browser's session does already.
    case satisfied(Session)
    /// The provider cannot be reached, or asks for something else first: a page of the login.
    case page(LoginView, secret: SecretText)
}

extension Gateway {
    /// Begins single sign-on at a provider, for an application's page or one of the gateway's own.
    ///
    /// - Parameters:
    ///   - name: the provider's id in the configuration, or what it is called there.
    ///   - redirectURI: an address of an application of the tenant, or a path of the gateway; nil for the account.
    /// - Throws: `not_found` for a provider that nobody is sent to, `login.redirect_uri` for an address that is nobody's
    ///   here.
    public func initiateSSO(
        provider name: String, redirectURI: String?, from browser: LoginBrowser, session: Session? = nil
    ) async throws -> SingleSignOn {
        let beginning = try ssoBeginning(
            provider: name, redirectURI: redirectURI, in: browser.tenant, session: session)
        switch try await login.begin(beginning, from: browser) {
        case .satisfied(let session, _): return .satisfied(session)
        case .begun(let secret, .leave(let departure)): return .leave(departure, secret: secret)
        case .begun(let secret, .show(let view)): return .page(view, secret: secret)
        case .begun(_, .completed(let done)): return .satisfied(done.started.session)
        }
    }

    /// What a login that leads straight to a provider is begun with. Throws as `initiateSSO`.
    public func ssoBeginning(
        provider name: String, redirectURI: String?, in tenant: TenantID, session: Session?
    ) throws -> LoginBeginning {
        let offered = providers.enabled(in: tenant).filter(\.isRedirect)
        guard
            let provider = offered.first(where: { $0.configuration.key == name })
                ?? offered.first(where: { $0.configuration.name == name })
        else { throw Fault.notFound("provider") }
        var beginning = LoginBeginning(session: session, provider: provider.id)
        guard let redirectURI else { return beginning }
        beginning.returnTarget = redirectURI
        if ReturnTarget.isOwnPath(redirectURI) { return beginning }
        // A redirect to wherever a request says would lend our name to anybody (RFC 9700 §4.11).
        guard let application = applications.all(in: tenant).first(where: { $0.accepts(returnTarget: redirectURI) })
        else {
            throw Fault(
                "login.redirect_uri", .caller, "The address to return to belongs to no application here.",
                remedy: "Name an address below an application's `public_url`.")
        }
        beginning.application = application.id
        return beginning
    }
}
