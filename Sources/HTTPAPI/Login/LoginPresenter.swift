import Gateway
import HTTPTypes
import Hummingbird
import Identity
import Vocabulary

/// Turns where a login stands into a page.
struct LoginPresenter: Sendable {
    static let formPurpose = "login"

    let pages: PageRenderer
    let call: BrowserCall
    /// The pre-session secret the forms are bound to.
    let binding: SecretText?

    func response(_ view: LoginView, error: String? = nil, method: String? = nil) throws -> Response {
        var response = try page(view, error: error, method: method)
        if case .throttled(let wait)? = view.notice {
            response.headers[.retryAfter] = String(max(1, (wait.microseconds + 999_999) / 1_000_000))
        }
        return response
    }

    private func page(_ view: LoginView, error: String?, method: String?) throws -> Response {
        let error = error ?? view.notice.map(LoginWording.sentence)
        let frame = FormFrame(
            action: call.path("/login"),
            csrf: try binding.map { try call.token(Self.formPurpose, $0) } ?? "", flow: view.flow.description,
            error: error)
        let status = Self.status(view)
        if case .tooLittleTold(let told)? = view.notice { return tooLittle(told, view) }
        switch view.page {
        case .identifier(let login, let choices):
            return pages.response(first(frame, login, choices, view), status: status)
        case .password(let login, let provider):
            return pages.response(
                PasswordPage(form: frame, identifier: login, provider: provider, restartPath: path(view, [:])),
                status: status)
        case .secondFactor(let methods): return try secondFactor(methods, frame, view, method, status)
        case .enrolment(let enrolment):
            let qr = QRCode(enrolment.uri.reveal())?.dataURI ?? ""
            return pages.response(
                EnrolTOTPPage(form: frame, qr: qr, secret: enrolment.secret.reveal()), status: status)
        case .invitation: return pages.response(SecondFactorPage(form: frame, method: .invitation), status: status)
        case .newPassword(let reason, let login, let length, let asksPresent):
            return pages.response(
                SetPasswordPage(
                    form: frame, occasion: Self.occasion(reason, asksPresent), identifier: login,
                    minimumLength: length), status: status)
        case .over: return try over(error, status)
        }
    }

    /// Passwords are typed here; other providers have a button each. Where only buttons lead on, nothing is typed.
    private func first(
        _ frame: FormFrame, _ login: String, _ choices: [LoginChoice], _ view: LoginView
    ) -> LoginPage {
        let passwords = choices.filter { $0.redirectKey == nil }
        var others = choices.compactMap { choice in
            choice.redirectKey.map { LoginPage.Redirect(name: choice.name, path: path(view, ["provider": $0])) }
        }
        if call.gateway.saml.discoveryAddress(of: call.tenant.id, flow: view.flow) != nil {
            others.append(
                LoginPage.Redirect(name: "your organization", path: call.path("/saml/discover?flow=\(view.flow)")))
        }
        return LoginPage(
            form: frame, lead: lead(view), identifier: login,
            providers: passwords.enumerated().map {
                LoginPage.Provider(id: $1.id.description, name: $1.name, isChosen: $0 == 0)
            }, redirects: others,
            isTyped: choices.isEmpty || !passwords.isEmpty || choices.contains(where: \.hasDomains))
    }

    private func secondFactor(
        _ methods: [AuthenticationMethod], _ frame: FormFrame, _ view: LoginView, _ asked: String?,
        _ status: HTTPResponse.Status
    ) throws -> Response {
        let isRecovery = asked == "recovery_code" && methods.contains(.recoveryCode)
        let other: String? =
            methods.count < 2 ? nil : path(view, isRecovery ? [:] : ["method": "recovery_code"])
        return pages.response(
            SecondFactorPage(form: frame, method: isRecovery ? .recoveryCode : .totp, otherPath: other), status: status)
    }

    /// SDP-SP12: the person can do nothing about it, so they are told whom to ask and what to say.
    private func tooLittle(_ told: TooLittleTold, _ view: LoginView) -> Response {
        var page = MessagePage(
            .refused, "\(told.provider) did not tell us who you are",
            "You signed in there, but it sent nothing that we could know you by. Please give your help desk what stands below."
        )
        page.missing = told.wanted.map { "\(told.provider) sends \($0)." }
        page.facts = [("Error", "saml.subject")]
        if let entityID = told.entityID { page.facts.append(("Identity provider", entityID)) }
        page.facts += [("Asked by", told.requester), ("Reference", call.trace)]
        page.links = [MessagePage.Link("Sign in another way", path(view, [:]))]
        return pages.response(page)
    }

    private func over(_ error: String?, _ status: HTTPResponse.Status) throws -> Response {
        var page = MessagePage(.refused, "Please begin again", error ?? "There is nothing more to do on this page.")
        page.links = [MessagePage.Link("Sign in", call.path("/login"))]
        return pages.response(page, status: status)
    }

    /// The codes of a first enrolment, before the browser goes on.
    func recoveryCodes(_ done: CompletedLogin) throws -> Response {
        let frame = FormFrame(
            action: call.path("/login"), csrf: try binding.map { try call.token(Self.formPurpose, $0) } ?? "",
            flow: done.flow.description)
        return pages.response(RecoveryCodesPage(form: frame, codes: done.recoveryCodes.map { $0.reveal() }))
    }

    private func lead(_ view: LoginView) -> String {
        let name =
            view.application.flatMap { call.gateway.applications.application($0)?.settings.name }
            ?? view.client.flatMap { call.gateway.clients.client($0)?.title }
            ?? view.samlApplication.flatMap { call.gateway.samlApplications.application($0)?.title }
        return name.map { "Sign in to go on to \($0)." } ?? "Sign in to go on."
    }

    private func path(_ view: LoginView, _ more: [String: String]) -> String {
        let tail = more.map { "&\($0.key)=\($0.value)" }.joined()
        return call.path("/login?flow=\(view.flow)\(tail)")
    }

    private static func occasion(_ reason: PasswordChangeReason, _ asksPresent: Bool) -> SetPasswordPage.Occasion {
        switch reason {
        case .initial: .invitation
        case .reset: .reset
        case .compromised: asksPresent ? .change : .compromised
        case .tooShort: asksPresent ? .change : .tooShort
        case .directory, .expired: asksPresent ? .change : .forced
        }
    }

    // A page answers the request that asked for it; only waiting is a status of its own (RFC 6585 §4).
    private static func status(_ view: LoginView) -> HTTPResponse.Status {
        if case .throttled? = view.notice { return .tooManyRequests }
        return .ok
    }
}
