import Identity
import Vocabulary

/// What came of a login and a password that were sent at once, where nobody looks at pages.
public enum PasswordSignIn: Sendable {
    case signedIn(Session)
    /// Wrong password and unknown login alike.
    case refused
    /// Too many failures lately; waiting helps.
    case throttled(Duration)
    /// The directory could not be asked.
    case unavailable
    /// The password is right and not enough.
    case owes(Owed)
    /// Nobody can sign in so: the person is disabled, a rule is against it, or the login belongs to a provider that takes no
    /// password here, or to none that is known.
    case barred

    /// What a page would ask for next.
    public enum Owed: Sendable, Hashable {
        case secondFactor
        case newPassword
    }
}

extension LoginService {
    /// Signs somebody in by a login and a password, the way of the login pages from the first to the last: the same provider
    /// is asked, the same tries are counted, the same rules are asked and the same events journalled. What would need a page
    /// more ends here; nobody is signed in then, and the flow runs out by itself, because its secret is told to nobody.
    ///
    /// - Parameters:
    ///   - provider: where a login is checked that belongs to none by its domain, as it is picked beside the login on the page.
    ///   - browser: where the request comes from; no cookie of it is looked at.
    /// - Throws: as `submit`.
    public func signIn(
        _ login: String, _ password: SecretText, to application: SAMLApplicationID, at provider: ProviderID?,
        from browser: LoginBrowser, as origin: SessionOrigin
    ) async throws -> PasswordSignIn {
        var beginning = LoginBeginning()
        beginning.samlApplication = application
        var client = LoginBrowser(
            tenant: browser.tenant, preSession: nil, source: browser.source, trace: browser.trace)
        guard case .begun(let secret, .show(let first)) = try await begin(beginning, from: client) else {
            return .barred
        }
        client = LoginBrowser(
            tenant: browser.tenant, preSession: secret, source: browser.source, trace: browser.trace)
        client.origin = origin
        let chosen = try await submit(.identifier(login, provider: provider), to: first.flow, from: client)
        guard case .show(let view) = chosen, case .password = view.page else { return Self.outcome(chosen) }
        return Self.outcome(try await submit(.password(login: login, password), to: first.flow, from: client))
    }

    private static func outcome(_ result: LoginResult) -> PasswordSignIn {
        switch result {
        case .completed(let done): return .signedIn(done.started.session)
        case .leave: return .barred
        case .show(let view): return outcome(view)
        }
    }

    private static func outcome(_ view: LoginView) -> PasswordSignIn {
        switch view.page {
        case .secondFactor, .enrolment, .invitation: return .owes(.secondFactor)
        case .newPassword: return .owes(.newPassword)
        case .over: return .barred
        case .identifier, .password: break
        }
        switch view.notice {
        case .throttled(let wait): return .throttled(wait)
        case .refused(.providerUnavailable): return .unavailable
        // Nobody was asked, because it is not known whom to ask: another password would change nothing.
        case .refused(.unknownProvider), nil: return .barred
        default: return .refused
        }
    }
}
