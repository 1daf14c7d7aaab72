import Identity
import LDAP
import Vocabulary

/// What a provider said to a login and a password.
public enum PrimaryOutcome: Sendable {
    case verified(ExternalIdentity, LoginWarnings)
    /// The reason is for administrators and the journal; a person at a login page learns only that it failed, unless
    /// the directory is known to give that reason for a right password only.
    case refused(DirectoryRefusal)
    /// Nothing could be asked; the attempt says nothing about the password.
    case unavailable(Fault)
    /// No bind was admitted; how long to wait.
    case throttled(Duration)
}

/// What a directory added to a right password (draft-behera-ldap-password-policy-10 §6.2).
public struct LoginWarnings: Sendable, Hashable {
    public var expiresInSeconds: Int?
    public var graceLoginsRemaining: Int?
    /// The directory lets nothing through but a password change.
    public var mustChangePassword: Bool

    /// Whether a new password has to be chosen now: because the directory says so, or because an expired one is good for
    /// a few binds more, of which the change itself takes one. After the last there is none left to change it with.
    public var demandsChange: Bool { mustChangePassword || graceLoginsRemaining ?? 0 > 0 }

    public init(expiresInSeconds: Int? = nil, graceLoginsRemaining: Int? = nil, mustChangePassword: Bool = false) {
        self.expiresInSeconds = expiresInSeconds
        self.graceLoginsRemaining = graceLoginsRemaining
        self.mustChangePassword = mustChangePassword
    }

    init(_ warnings: BindWarnings) {
        self.init(
            expiresInSeconds: warnings.expiresInSeconds, graceLoginsRemaining: warnings.graceLoginsRemaining,
            mustChangePassword: warnings.mustChange)
    }
}

/// Why a directory login was refused: a closed vocabulary, fit for facts of the journal.
public enum DirectoryRefusal: String, Sendable, Hashable, Codable, CaseIterable {
    /// Nothing was sent.
    case emptyPassword = "empty_password"
    /// Nothing was sent: no entry could have this login.
    case malformedLogin = "malformed_login"
    case unknownLogin = "unknown_login"
    /// Several entries have this login, so none of them may be taken.
    case ambiguousLogin = "ambiguous_login"
    case invalidCredentials = "invalid_credentials"
    case outsideLogonHours = "outside_logon_hours"
    case workstationNotPermitted = "workstation_not_permitted"
    case passwordExpired = "password_expired"
    case mustChangePassword = "must_change_password"
    case accountDisabled = "account_disabled"
    case accountExpired = "account_expired"
    case accountLocked = "account_locked"
    case accountInactive = "account_inactive"
    case strongerAuthenticationRequired = "stronger_authentication_required"
    case confidentialityRequired = "confidentiality_required"
    /// The password is right, but the entry is not one of the people this provider is for.
    case outsideScope = "outside_scope"
    /// The entry has no immutable key, so nobody can be recognized by it.
    case keyMissing = "key_missing"
    case tooManyGroups = "too_many_groups"
    /// The server refused with a result code of its own.
    case other

    init(_ refusal: BindRefusal) {
        self =
            switch refusal {
            case .emptyPassword: .emptyPassword
            case .invalidCredentials: .invalidCredentials
            case .unknownAccount: .unknownLogin
            case .outsideLogonHours: .outsideLogonHours
            case .workstationNotPermitted: .workstationNotPermitted
            case .passwordExpired: .passwordExpired
            case .accountDisabled: .accountDisabled
            case .accountExpired: .accountExpired
            case .mustChangePassword: .mustChangePassword
            case .accountLocked: .accountLocked
            case .accountInactive: .accountInactive
            case .strongerAuthenticationRequired: .strongerAuthenticationRequired
            case .confidentialityRequired: .confidentialityRequired
            case .other: .other
            }
    }

    /// Whether this reason is given for a wrong password too; then it may never reach the person at the login page.
    public var isAboutPassword: Bool {
        [.emptyPassword, .malformedLogin, .unknownLogin, .ambiguousLogin, .invalidCredentials].contains(self)
    }
}
