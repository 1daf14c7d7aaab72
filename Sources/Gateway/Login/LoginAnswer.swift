import Identity
import Vocabulary

/// The browser at the other end of a login, as the request shows it.
public struct LoginBrowser: Sendable {
    public let tenant: TenantID
    /// The secret of the pre-session cookie; nil without one.
    public let preSession: SecretText?
    /// The secret of the known-device cookie; nil without one.
    public let device: SecretText?
    /// Where the request comes from; nil on a local socket.
    public let source: IPAddress?
    /// W3C trace id of the request.
    public let trace: String?
    /// What is there in place of a browser; nil for a browser.
    var origin: SessionOrigin?

    public init(
        tenant: TenantID, preSession: SecretText?, device: SecretText? = nil, source: IPAddress? = nil,
        trace: String? = nil
    ) {
        self.tenant = tenant
        self.preSession = preSession
        self.device = device
        self.source = source
        self.trace = trace
    }

    /// The same browser, with the device's secret that it held before it went to another site and back.
    func with(device: String?) -> LoginBrowser {
        LoginBrowser(
            tenant: tenant, preSession: preSession, device: self.device ?? device.map { SecretText($0) },
            source: source, trace: trace)
    }

    var hash: TokenHash? { preSession.flatMap { BearerToken(text: $0.reveal(), kind: .preSession)?.hash } }
    var deviceHash: TokenHash? { device.flatMap { BearerToken(text: $0.reveal(), kind: .device)?.hash } }
}

/// What a person sent from a login page.
public enum LoginAnswer: Sendable {
    /// A login, and the provider picked beside it where there was a choice.
    case identifier(String, provider: ProviderID?)
    /// The page's login again, which the flow does not remember, and the password.
    case password(login: String, SecretText)
    case oneTimeCode(SecretText)
    case recoveryCode(SecretText)
    /// A new password; the present one too where the directory has to be told it again.
    case newPassword(SecretText, present: SecretText?)
    /// The token of an invitation, typed on the page that asks for one.
    case invitation(SecretText)
    /// A provider that people are sent to, by its button.
    case provider(ProviderID)
    case cancel
}

/// A provider to choose.
public struct LoginChoice: Sendable, Hashable {
    public let id: ProviderID
    public let name: String
    /// The configured name of a provider that people are sent to; nil where a password is typed here.
    public let redirectKey: String?
    /// Whether some logins lead there by their domain.
    public let hasDomains: Bool
}

/// The page a login stands at, with all it shows.
public enum LoginPageKind: Sendable {
    case identifier(login: String, choices: [LoginChoice])
    case password(login: String, provider: String?)
    /// Best first.
    case secondFactor([AuthenticationMethod])
    /// The secret leaves for this page only.
    case enrolment(TOTPEnrolment)
    /// A second factor is required and none enrolled: an invitation's token has to be shown.
    case invitation
    case newPassword(PasswordChangeReason, login: String, minimumLength: Int, asksPresent: Bool)
    /// Nothing follows in this flow; another one can be begun.
    case over
}

/// What stands above the form: why the last try did not go through.
public enum LoginNotice: Sendable, Hashable {
    case refused(LoginRefusal)
    /// Too many failures lately; waiting helps.
    case throttled(Duration)
    case passwordRefused([PasswordPolicyViolation])
    case presentPasswordWrong
    case linkRefused
    /// The flow is over its time.
    case expired
    /// The provider said yes, and not who it is.
    case tooLittleTold(TooLittleTold)
}

/// A sign-in at an identity provider that said too little of whoever it is (SDP-SP12): what the person can pass on to whoever
/// helps them, and nothing that was said.
public struct TooLittleTold: Sendable, Hashable {
    /// What the provider is called here.
    public let provider: String
    /// What it calls itself; nil where that cannot be found out now.
    public let entityID: String?
    /// One of these would have been enough, by the names of the protocol.
    public let wanted: [String]
    /// Who asks for it: the gateway's own entity id, by which the provider's people know it.
    public let requester: String
}

/// What a login's page may show; it holds no secret and nothing about accounts the person has not proved.
public struct LoginView: Sendable {
    public let flow: FlowID
    public let page: LoginPageKind
    public let notice: LoginNotice?
    /// What the person is signing in to; nil for the gateway itself.
    public var application: ApplicationID? = nil
    /// The client of the authorization server that they are signing in to; nil for none.
    public var client: ClientID? = nil
    /// The application that they are signing in to by SAML; nil for none.
    public var samlApplication: SAMLApplicationID? = nil
    /// Where the browser goes instead of being shown this page, because nobody may be asked anything; nil where they may.
    public var passiveTarget: String? = nil
}

/// A login that is done: a session, and where the browser goes.
public struct CompletedLogin: Sendable {
    public let flow: FlowID
    public let started: StartedSession
    /// The secret of the known-device cookie, whose time begins anew; nil where there is none.
    public let device: SecretText?
    public let application: ApplicationID?
    public let returnTarget: String?
    /// Made with a first authenticator app, shown once.
    public let recoveryCodes: [SecretText]
}

/// How a step of a login ended.
public enum LoginResult: Sendable {
    case show(LoginView)
    /// The browser goes to another provider, and comes back with its answer.
    case leave(UpstreamDeparture)
    case completed(CompletedLogin)
}
