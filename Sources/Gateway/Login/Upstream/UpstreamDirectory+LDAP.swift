import Identity
import Providers
import Vocabulary

extension UpstreamDirectory {
    /// A login through LDAP, within the directory's limits.
    public init(_ directory: LDAPDirectory, _ settings: LDAPProviderConfiguration) {
        self.init(
            bindLimit: settings.login.bindLimit, bindWindow: settings.login.bindWindow,
            createsPeople: settings.createsPeopleAtLogin,
            expectedAccount: { directory.expectedAccount(login: $0, subjectKey: $1) }
        ) { login, password, admission in
            switch await directory.authenticate(login: login, password: password, admission: admission) {
            case .verified(let identity, let warnings):
                .verified(identity, mustChange: warnings.demandsChange)
            case .refused(let reason): .refused(LoginRefusal(reason), reason: reason.rawValue)
            case .unavailable: .unavailable
            case .throttled(let wait): .throttled(wait)
            }
        } changePassword: { login, present, new, admission in
            switch await directory.changePassword(login: login, old: present, new: new, admission: admission) {
            case .changed: .changed
            case .refused(let reason): reason.isAboutPassword ? .presentWrong : .refused
            case .rejected: .refused
            case .unavailable: .unavailable
            case .throttled(let wait): .throttled(wait)
            }
        }
    }
}

extension LoginRefusal {
    /// The flow's word for a directory's reason: precise only where the directory says it for a right password alone.
    init(_ reason: DirectoryRefusal) {
        self =
            switch reason {
            case .emptyPassword, .malformedLogin, .unknownLogin, .ambiguousLogin, .invalidCredentials: .badCredentials
            case .accountLocked: .upstreamLocked
            case .outsideLogonHours, .workstationNotPermitted, .passwordExpired, .mustChangePassword, .accountDisabled,
                .accountExpired, .accountInactive, .strongerAuthenticationRequired, .confidentialityRequired,
                .outsideScope, .keyMissing, .tooManyGroups, .other:
                .upstreamDisabled
            }
    }
}
