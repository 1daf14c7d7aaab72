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
}

extension LDAPDirectory {
    /// Changes a person's password in the directory, as that person (RFC 3062), over a connection of its own bind.
    public func changePassword(login: String, old: SecretText, new: SecretText) async -> PasswordChangeOutcome {
        let (before, after) = (Array(old.reveal().utf8), Array(new.reveal().utf8))
        guard !before.isEmpty else { return .refused(.emptyPassword) }
        guard !after.isEmpty, after.count <= LDAPConnection.passwordByteLimit else {
            return .rejected(reason: "A password has 1 to \(LDAPConnection.passwordByteLimit) bytes.")
        }
        do {
            guard let dn = try await name(of: login) else { return .refused(.unknownLogin) }
            return try await client.withBindConnection { try await change(dn, before, after, on: $0) }
        } catch let error as LDAPError {
            return .unavailable(LDAPFailure.fault(error))
        } catch {
            return .unavailable(Fault("directory.failed", .ourselves, "The directory could not be asked."))
        }
    }

    private func change(
        _ dn: String, _ old: [UInt8], _ new: [UInt8], on connection: LDAPConnection
    ) async throws -> PasswordChangeOutcome {
        if case .refused(let reason) = try await connection.bind(dn: dn, password: old) {
            return .refused(DirectoryRefusal(reason))
        }
        do {
            try await connection.modifyPassword(dn: dn, old: old, new: new)
            return .changed
        } catch {
            guard case .failed(let code, let diagnostic) = error, !error.isConnectionFailure else { throw error }
            return .rejected(reason: Self.presentable(diagnostic, code))
        }
    }

    private func name(of login: String) async throws -> String? {
        guard NameKey.isValid(login: login) else { return nil }
        if let template { return template.filled(["login": login]) }
        guard let condition = LDAPFilter.equals(settings.people.loginAttribute, login) else { return nil }
        let entries = try await client.withSearchConnection { connection in
            try await connection.entries(
                SearchRequest(
                    base: settings.people.base, filter: "(&\(settings.people.filter)\(condition))",
                    attributes: ["1.1"], limits: SearchLimits(entries: 1)))
        }
        return entries.first?.dn
    }

    /// The server's words, bounded and without control characters.
    static func presentable(_ diagnostic: String, _ code: LDAPError.ResultCode) -> String {
        let plain = diagnostic.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(200)
        return plain.isEmpty
            ? "The directory refused the new password (\(code))." : String(String.UnicodeScalarView(plain))
    }
}
