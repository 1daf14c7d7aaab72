import Identity
import LDAP
import Vocabulary

/// What a directory said to a new password.
public enum PasswordChangeOutcome: Sendable {
    case changed
    /// The old password, or the account, was refused.
    case refused(DirectoryRefusal)
    /// The directory does not accept the new password; its own words, for the person who proved the old one.
    case rejected(reason: String)
    case unavailable(Fault)
    /// No bind was admitted; how long to wait.
    case throttled(Duration)
}

extension LDAPDirectory {
    /// Changes a person's password in the directory, as that person (RFC 3062), over a connection of its own bind.
    ///
    /// - Parameter admission: asked before the bind with the old password, which may be wrong.
    public func changePassword(
        login: String, old: SecretText, new: SecretText, admission: BindAdmission = .unlimited
    ) async -> PasswordChangeOutcome {
        let (before, after) = (Array(old.reveal().utf8), Array(new.reveal().utf8))
        guard !before.isEmpty else { return .refused(.emptyPassword) }
        guard !after.isEmpty, after.count <= LDAPConnection.passwordByteLimit else {
            return .rejected(reason: "A password has 1 to \(LDAPConnection.passwordByteLimit) bytes.")
        }
        do {
            guard let (dn, account) = try await entry(of: login) else { return .refused(.unknownLogin) }
            return try await bind(as: .entry(dn), account: account, before, admission) { connection, outcome in
                if case .refused(let reason) = outcome { return .refused(DirectoryRefusal(reason)) }
                return try await change(dn, before, after, on: connection)
            }
        } catch let throttled as BindThrottled {
            return .throttled(throttled.wait)
        } catch let error as LDAPError {
            explainLater(error)
            return .unavailable(LDAPFailure.fault(error))
        } catch {
            return .unavailable(error as? Fault ?? Self.unasked)
        }
    }

    private func change(
        _ dn: String, _ old: [UInt8], _ new: [UInt8], on connection: LDAPConnection
    ) async throws -> PasswordChangeOutcome {
        do {
            try await connection.modifyPassword(dn: dn, old: old, new: new)
            return .changed
        } catch {
            guard case .failed(let code, let diagnostic) = error, !error.isConnectionFailure else { throw error }
            return .rejected(reason: Self.presentable(diagnostic, code))
        }
    }

    /// The name of a login's entry, and what its binds are counted by.
    private func entry(of login: String) async throws -> (dn: String, account: String)? {
        guard NameKey.isValid(login: login) else { return nil }
        let name = loginName(login)
        if let template, template.grammar == .distinguishedName {
            return template.filled(name.values).map { ($0, BindName.entry($0).account) }
        }
        guard case .one(let entry) = try await find(name, attributes: [settings.people.keyAttribute.rawValue]) else {
            return nil
        }
        return (entry.dn, account(of: entry))
    }

    /// The server's words, bounded and without control characters.
    static func presentable(_ diagnostic: String, _ code: LDAPError.ResultCode) -> String {
        let plain = diagnostic.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(200)
        return plain.isEmpty
            ? "The directory refused the new password (\(code))." : String(String.UnicodeScalarView(plain))
    }
}
