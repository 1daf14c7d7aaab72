/// The first page: who is signing in, and with which directory when there is a choice.
public struct LoginPage: Page {
    /// A way to sign in that may be chosen.
    public struct Provider: Sendable {
        public var id: String
        public var name: String
        public var isChosen: Bool

        public init(id: String, name: String, isChosen: Bool = false) {
            self.id = id
            self.name = name
            self.isChosen = isChosen
        }
    }

    /// A provider that the browser is sent to.
    public struct Redirect: Sendable {
        public var name: String
        public var path: String

        public init(name: String, path: String) {
            self.name = name
            self.path = path
        }
    }

    public var form: FormFrame
    public var lead: String
    public var identifier: String
    public var providers: [Provider]
    public var redirects: [Redirect]
    /// Whether there is anything to type here.
    public var isTyped: Bool

    public init(
        form: FormFrame, lead: String, identifier: String = "", providers: [Provider] = [],
        redirects: [Redirect] = [], isTyped: Bool = true
    ) {
        self.form = form
        self.lead = lead
        self.identifier = identifier
        self.providers = providers
        self.redirects = redirects
        self.isTyped = isTyped
    }

    public var title: String { "Sign in" }
    public var template: String { "login" }
    public var values: [String: Any] {
        let choices: [[String: Any]] = providers.map { ["id": $0.id, "name": $0.name, "isChosen": $0.isChosen] }
        return form.adding([
            "lead": lead, "identifier": identifier, "providers": choices, "hasProviders": choices.count > 1,
            "isTyped": isTyped, "hasRedirects": !redirects.isEmpty,
            "redirects": redirects.map { ["name": $0.name, "path": $0.path] },
        ])
    }
}

/// The second page: the password, for the provider chosen before.
public struct PasswordPage: Page {
    public var form: FormFrame
    public var identifier: String
    public var provider: String?
    public var restartPath: String

    public init(form: FormFrame, identifier: String, provider: String? = nil, restartPath: String) {
        self.form = form
        self.identifier = identifier
        self.provider = provider
        self.restartPath = restartPath
    }

    public var title: String { "Enter your password" }
    public var template: String { "password" }
    public var values: [String: Any] {
        var values = form.adding(["identifier": identifier, "restartPath": restartPath])
        if let provider { values["provider"] = provider }
        return values
    }
}

/// A code from an authenticator app, or a recovery code.
public struct SecondFactorPage: Page {
    /// The kind of second factor a code belongs to.
    public enum Method: String, Sendable {
        case totp
        case recoveryCode = "recovery_code"
        /// The token of an invitation, which lets a first factor be enrolled.
        case invitation
    }

    public var form: FormFrame
    public var method: Method
    /// Where the other method is offered; nil when the person has none.
    public var otherPath: String?

    public init(form: FormFrame, method: Method, otherPath: String? = nil) {
        self.form = form
        self.method = method
        self.otherPath = otherPath
    }

    public var title: String { "Verify it is you" }
    public var template: String { "second-factor" }
    public var values: [String: Any] {
        let isTOTP = method == .totp
        var values = form.adding([
            "method": method.rawValue, "isTOTP": isTOTP, "heading": heading, "lead": lead,
            "codeLabel": method == .invitation ? "Invitation" : "Recovery code",
            "otherLabel": isTOTP ? "Use a recovery code instead" : "Use the authenticator app instead",
        ])
        if let otherPath { values["otherPath"] = otherPath }
        return values
    }

    private var heading: String {
        switch method {
        case .totp: "Verify it is you"
        case .recoveryCode: "Use a recovery code"
        case .invitation: "An invitation is needed"
        }
    }

    private var lead: String {
        switch method {
        case .totp: "Open your authenticator app and type the code it shows for this account."
        case .recoveryCode: "Type one of the codes you kept when you set up your authenticator. Each works once."
        case .invitation:
            "Your account needs a second factor and has none yet. Ask your administrator for an invitation and paste it here."
        }
    }
}

/// Sets up an authenticator app: a QR code, the same secret as text, and the first code as proof.
public struct EnrolTOTPPage: Page {
    public var form: FormFrame
    /// A `data:` URI of the QR code (`QRCode.dataURI`).
    public var qr: String
    /// Base32, shown in groups of four.
    public var secret: String

    public init(form: FormFrame, qr: String, secret: String) {
        self.form = form
        self.qr = qr
        self.secret = secret
    }

    public var title: String { "Set up your authenticator" }
    public var template: String { "enrol-totp" }
    public var values: [String: Any] {
        let grouped = secret.enumerated().map { ($0.offset > 0 && $0.offset % 4 == 0 ? " " : "") + String($0.element) }
        return form.adding(["qr": qr, "secret": grouped.joined()])
    }
}

/// The recovery codes, shown once.
public struct RecoveryCodesPage: Page {
    public var form: FormFrame
    public var codes: [String]

    public init(form: FormFrame, codes: [String]) {
        self.form = form
        self.codes = codes
    }

    public var title: String { "Keep these recovery codes" }
    public var template: String { "recovery-codes" }
    public var values: [String: Any] { form.adding(["codes": codes]) }
}

/// Chooses a password: after a set-up link or invitation, after a reset, or as a change.
public struct SetPasswordPage: Page {
    /// Why a password is being set.
    public enum Occasion: Sendable { case invitation, reset, change, forced, compromised, tooShort }

    public var form: FormFrame
    public var occasion: Occasion
    public var identifier: String
    /// 0 where the directory decides.
    public var minimumLength: Int

    public init(form: FormFrame, occasion: Occasion, identifier: String, minimumLength: Int) {
        self.form = form
        self.occasion = occasion
        self.identifier = identifier
        self.minimumLength = minimumLength
    }

    public var title: String { heading }
    public var template: String { "set-password" }
    public var values: [String: Any] {
        form.adding([
            "heading": heading, "lead": lead, "identifier": identifier, "minimumLength": max(1, minimumLength),
            "rules": rules,
            "asksCurrent": occasion == .change, "button": occasion == .change ? "Change password" : "Save and continue",
        ])
    }

    private var rules: String {
        minimumLength == 0
            ? "Your directory decides which passwords it accepts."
            : "At least \(minimumLength) characters. A few unrelated words make a good password; "
                + "nothing forces symbols upon you."
    }

    private var heading: String {
        switch occasion {
        case .invitation: "Welcome"
        case .reset: "Choose a new password"
        case .change, .forced, .compromised, .tooShort: "Change your password"
        }
    }

    private var lead: String {
        switch occasion {
        case .invitation: "Choose a password to finish setting up your account. This link works once."
        case .reset: "This link works once. All your other sessions will be ended."
        case .change where minimumLength == 0: "Your directory asks for a new password before you can go on."
        case .change: "All your other sessions will be ended."
        case .forced: "Your password has to be changed before you can go on."
        case .compromised:
            "Your password has become known from a breach of another site. Please choose another one before you go on."
        case .tooShort:
            "Your account has no second factor any more, so its password has to be longer before you can go on."
        }
    }
}
