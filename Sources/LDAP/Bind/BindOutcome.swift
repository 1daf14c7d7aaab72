/// What a server said to a name and a password.
public enum BindOutcome: Sendable, Hashable {
    case accepted(BindWarnings)
    case refused(BindRefusal)
}

/// What a server added to an accepted bind (draft-behera-ldap-password-policy-10 §6.2).
public struct BindWarnings: Sendable, Hashable {
    /// Seconds until the password expires.
    public var expiresInSeconds: Int?
    /// How many more binds the expired password is good for.
    public var graceLoginsRemaining: Int?
    /// The server lets nothing but a password change through.
    public var mustChange = false

    public init(expiresInSeconds: Int? = nil, graceLoginsRemaining: Int? = nil, mustChange: Bool = false) {
        self.expiresInSeconds = expiresInSeconds
        self.graceLoginsRemaining = graceLoginsRemaining
        self.mustChange = mustChange
    }
}

/// Why a bind was refused, for an administrator. A person at a login page is told nothing that depends on it before
/// the password is known to be right: some servers name the reason whatever the password was.
public enum BindRefusal: Sendable, Hashable {
    /// Nothing was sent: RFC 4513 §5.1.2 makes a bind without password anonymous, and successful.
    case emptyPassword
    /// Result 49 without more (AD 52e).
    case invalidCredentials
    /// AD 525.
    case unknownAccount
    /// AD 530.
    case outsideLogonHours
    /// AD 531.
    case workstationNotPermitted
    /// AD 532, and password policy `passwordExpired`.
    case passwordExpired
    /// AD 533.
    case accountDisabled
    /// AD 701.
    case accountExpired
    /// AD 773, and password policy `changeAfterReset`.
    case mustChangePassword
    /// AD 775, and password policy `accountLocked`.
    case accountLocked
    /// Result 53: 389 says so of an inactivated account, whatever the password.
    case accountInactive
    /// Result 8.
    case strongerAuthenticationRequired
    /// Result 13: the server wants TLS.
    case confidentialityRequired
    /// Any other result code.
    case other(code: Int32, diagnostic: String)
}

extension BindRefusal: CustomStringConvertible {
    /// The reason in words, and where it is the server's own, with its code.
    public var description: String {
        switch self {
        case .emptyPassword: "empty password"
        case .invalidCredentials: "invalid credentials"
        case .unknownAccount: "unknown account"
        case .outsideLogonHours: "outside logon hours"
        case .workstationNotPermitted: "workstation not permitted"
        case .passwordExpired: "password expired"
        case .accountDisabled: "account disabled"
        case .accountExpired: "account expired"
        case .mustChangePassword: "password must be changed"
        case .accountLocked: "account locked"
        case .accountInactive: "account inactive, or the server is unwilling"
        case .strongerAuthenticationRequired: "stronger authentication required"
        case .confidentialityRequired: "TLS required"
        case .other(let code, let diagnostic): "result \(code)\(diagnostic.isEmpty ? "" : ": \(diagnostic)")"
        }
    }
}

extension BindRefusal {
    /// Names the reason from a result code, the server's text and a password policy error.
    init(code: Int32, diagnostic: String, policyError: Int?) {
        self =
            switch code {
            case 49: Self.credentials(diagnostic, policyError)
            case 53: Self.policy(policyError) ?? .accountInactive
            // 389 answers this to an account it has locked after wrong passwords.
            case 19: Self.policy(policyError) ?? .accountLocked
            case 8: .strongerAuthenticationRequired
            case 13: .confidentialityRequired
            case 32: .unknownAccount
            default: .other(code: code, diagnostic: diagnostic)
            }
    }

    private static func credentials(_ diagnostic: String, _ policyError: Int?) -> BindRefusal {
        policy(policyError) ?? activeDirectory(diagnostic) ?? .invalidCredentials
    }

    private static func policy(_ error: Int?) -> BindRefusal? {
        switch error {
        case 0: .passwordExpired
        case 1: .accountLocked
        case 2: .mustChangePassword
        default: nil
        }
    }

    /// `… AcceptSecurityContext error, data 52e, v4563` (MS-ERREF, Win32 codes in hexadecimal).
    private static func activeDirectory(_ diagnostic: String) -> BindRefusal? {
        guard let mark = diagnostic.firstRange(of: "AcceptSecurityContext error, data ") else { return nil }
        return switch diagnostic[mark.upperBound...].prefix(while: \.isHexDigit).lowercased() {
        case "525": .unknownAccount
        case "530": .outsideLogonHours
        case "531": .workstationNotPermitted
        case "532": .passwordExpired
        case "533": .accountDisabled
        case "701": .accountExpired
        case "773": .mustChangePassword
        case "775": .accountLocked
        default: .invalidCredentials
        }
    }
}
