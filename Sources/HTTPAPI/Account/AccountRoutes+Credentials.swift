import Gateway
import HTTPTypes
import Hummingbird
import Identity
import Vocabulary

/// Changes of credentials: each behind a fresh login, each by a form of this session.
extension AccountRoutes {
    typealias Handler = (AccountCall) async throws -> Response

    private func sensitive(
        _ request: Request, _ context: GatewayRequestContext, _ body: Handler
    ) async throws -> Response {
        switch try await admit(request, context, isSensitive: true) {
        case .redirect(let response): response
        case .admitted(let account): try await body(account)
        }
    }

    // MARK: Password

    func passwordPage(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try await sensitive(request, context) { try await passwordPage($0, error: nil) }
    }

    private func passwordPage(_ account: AccountCall, error: String?) async throws -> Response {
        guard try await gateway.login.factors(of: account.person.id).contains(.password) else { throw Refusal.notFound }
        let frame = FormFrame(
            action: account.call.path("/account/password"), csrf: try account.token("password"), error: error)
        let page = SetPasswordPage(
            form: frame, occasion: .change, identifier: account.person.login,
            minimumLength: try await gateway.login.minimumPasswordLength(
                of: account.person.id, in: account.call.tenant.id))
        return try pages.response(page, person: account.header())
    }

    func changePassword(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try await sensitive(request, context) { account in
            let form = try await account.form(request, "password")
            guard let present = form.secret("current"), let new = form.secret("password") else {
                throw Refusal.badRequest(code: "account.form", where: "The form is incomplete.")
            }
            guard form["repeated"] == form["password"] else {
                return try await passwordPage(account, error: "The two passwords are not the same.")
            }
            switch try await gateway.login.changeOwnPassword(
                from: present, to: new, of: account.session, by: account.caller)
            {
            case .changed: return account.call.redirect(account.call.path("/account?done=password"))
            case .refused(let violations):
                return try await passwordPage(account, error: LoginWording.sentence(.passwordRefused(violations)))
            case .wrongPassword, .linkRefused:
                return try await passwordPage(account, error: LoginWording.sentence(.presentPasswordWrong))
            case .throttled(let wait):
                return try await passwordPage(account, error: LoginWording.sentence(.throttled(wait)))
            }
        }
    }

    // MARK: Authenticator

    func authenticatorPage(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try await sensitive(request, context) { try await authenticatorPage($0, error: nil) }
    }

    private func authenticatorPage(_ account: AccountCall, error: String?) async throws -> Response {
        let enrolment = try await gateway.login.enrolment(of: account.session, by: account.caller)
        let frame = FormFrame(
            action: account.call.path("/account/authenticator"), csrf: try account.token("authenticator"), error: error)
        let page = EnrolTOTPPage(
            form: frame, qr: QRCode(enrolment.uri.reveal())?.dataURI ?? "", secret: enrolment.secret.reveal())
        return try pages.response(page, person: account.header())
    }

    func confirmAuthenticator(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try await sensitive(request, context) { account in
            let form = try await account.form(request, "authenticator")
            let code = SecretText((form["code"] ?? "").filter { $0 != " " })
            switch try await gateway.login.confirmEnrolment(code, of: account.session, by: account.caller) {
            case .accepted(let codes) where codes.isEmpty:
                return account.call.redirect(account.call.path("/account?done=enrolled"))
            case .accepted(let codes): return try codesPage(codes, account)
            case .refused: return try await authenticatorPage(account, error: LoginWording.sentence(.secondFactorWrong))
            case .throttled(let wait):
                return try await authenticatorPage(account, error: LoginWording.sentence(LoginNotice.throttled(wait)))
            }
        }
    }

    func removalPage(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try await sensitive(request, context) { try await removalPage($0, error: nil) }
    }

    private func removalPage(_ account: AccountCall, error: String?) async throws -> Response {
        let hasPassword = try await gateway.login.factors(of: account.person.id).contains(.password)
        var page = MessagePage(
            .plain, "Remove the authenticator app?",
            "From then on your password alone signs you in, and the recovery codes are void.")
        page.form = MessagePage.Form(
            FormFrame(
                action: account.call.path("/account/authenticator/remove"),
                csrf: try account.token("authenticator.remove"), error: error), button: "Remove",
            password: hasPassword ? "Your password" : nil, username: account.person.login)
        page.links = [MessagePage.Link("Keep it", account.call.path("/account"))]
        return try pages.response(page, person: account.header())
    }

    func removeAuthenticator(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try await sensitive(request, context) { account in
            let form = try await account.form(request, "authenticator.remove")
            let outcome = try await gateway.login.removeOwnAuthenticator(
                proving: form.secret("password") ?? SecretText(""), of: account.session, by: account.caller)
            guard let sentence = Self.sentence(outcome) else {
                return account.call.redirect(account.call.path("/account?done=removed"))
            }
            return try await removalPage(account, error: sentence)
        }
    }

    private static func sentence(_ removal: AuthenticatorRemoval) -> String? {
        switch removal {
        case .removed: nil
        case .required: "Your role requires a second factor, so it has to stay."
        case .wrongPassword: LoginWording.sentence(.presentPasswordWrong)
        case .passwordTooShort(let minimum):
            "Without the app your password needs at least \(minimum) characters. Change it first, then remove the app."
        case .throttled(let wait): LoginWording.sentence(.throttled(wait))
        }
    }

    // MARK: Recovery codes

    func recoveryPage(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try await sensitive(request, context) { account in
            try question(
                account, "Make new recovery codes?", "The codes you have now stop working.", "Make new codes",
                "/account/recovery-codes", "recovery")
        }
    }

    func makeRecoveryCodes(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try await sensitive(request, context) { account in
            _ = try await account.form(request, "recovery")
            guard try await gateway.login.factors(of: account.person.id).contains(.oneTimePassword) else {
                throw Refusal.notFound
            }
            let codes = try await gateway.credentials.makeRecoveryCodes(for: account.person.id, by: account.caller)
            return try codesPage(codes, account)
        }
    }

    /// The codes were kept. This changes nothing, so it asks for no fresh login: the session that enrolled a first
    /// factor has not yet proven it.
    func codesKept(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        switch try await admit(request, context) {
        case .redirect(let response): return response
        case .admitted(let account):
            _ = try await account.form(request, "kept")
            return account.call.redirect(account.call.path("/account?done=kept"))
        }
    }

    private func codesPage(_ codes: [SecretText], _ account: AccountCall) throws -> Response {
        let frame = FormFrame(action: account.call.path("/account/kept"), csrf: try account.token("kept"))
        return try pages.response(
            RecoveryCodesPage(form: frame, codes: codes.map { $0.reveal() }), person: account.header())
    }

    private func question(
        _ account: AccountCall, _ heading: String, _ lead: String, _ button: String, _ path: String, _ purpose: String
    ) throws -> Response {
        var page = MessagePage(.plain, heading, lead)
        page.form = MessagePage.Form(
            FormFrame(action: account.call.path(path), csrf: try account.token(purpose)), button: button)
        page.links = [MessagePage.Link("Back to your account", account.call.path("/account"))]
        return try pages.response(page, person: account.header())
    }
}
