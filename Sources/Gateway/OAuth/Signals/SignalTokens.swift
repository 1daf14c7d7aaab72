import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// Makes the security event tokens of what waits on streams. A token that is told again says the same.
struct SignalTokens: Sendable {
    let tenants: TenantTable
    let keys: TokenKeyService

    /// The signed token of one event.
    ///
    /// - Throws: `oauth.no_key`, and what the store throws.
    func token(_ signal: StoredSignal, on stream: SignalStream, for client: OAuthClient) async throws -> String {
        let keys = try await keys.keys(of: stream.tenant).signing
        // CAEP Interoperability Profile 1.0 §2.6 has RS256; where that is not offered, it is what the client knows.
        guard let key = keys[.rs256] ?? keys[client.metadata.idTokenAlgorithm] ?? keys.values.first else {
            throw Fault("oauth.no_key", .ourselves, "Nothing signs security events.")
        }
        let claims = try Self.event(signal.record, on: stream).claims(
            issuer: tenants.publicURL(of: stream.tenant), audience: client.name, id: signal.jti,
            transaction: signal.record.transaction, madeAt: signal.madeAt.seconds)
        return try JWT.sign(claims, with: key, type: SecurityEvent.type)
    }

    static func event(_ record: SignalRecord, on stream: SignalStream) throws -> SecurityEvent {
        let corrupt = Fault("storage.corrupt", .ourselves, "A waiting security event cannot be read.")
        let isAboutStream = record.kind == .verification || record.kind == .streamUpdated
        guard isAboutStream || record.subject != nil else { throw corrupt }
        let subject: SecurityEvent.Subject =
            isAboutStream ? .stream(stream.id.description) : .person(record.subject ?? "", session: record.sid)
        var event = SecurityEvent(
            kind: .sessionRevoked, subject: subject, initiator: record.initiator.flatMap(SecurityEvent.Initiator.init),
            happenedAt: record.happenedAt)
        switch record.kind {
        case .sessionRevoked:
            event.reason = record.reason.flatMap(SessionEnd.init).map(\.sentence) ?? "The session ended."
        case .credentialChange:
            guard let credential = record.credential.flatMap(SecurityEvent.Kind.Credential.init),
                let change = record.change.flatMap(SecurityEvent.Kind.Change.init)
            else { throw corrupt }
            event.kind = .credentialChange(credential: credential, change: change)
            event.reason = change.sentence(credential)
        case .verification: event.kind = .verification(state: record.state)
        case .streamUpdated:
            event.kind = .streamUpdated(status: record.status ?? "")
            event.reason = record.reason
        }
        return event
    }
}

// CAEP Interoperability Profile 1.0 §3: `reason_admin` says something, always.

extension SessionEnd {
    fileprivate var sentence: String {
        switch self {
        case .logout: "The person signed out."
        case .expired: "The session ran out."
        case .rotated: "The session was replaced."
        case .administrator: "An administrator ended the session."
        case .personDisabled: "The person may no longer sign in."
        case .credentialChanged: "A credential of the person was changed."
        case .restore: "The gateway was restored from a backup."
        case .rule: "A rule of the organization ended the session."
        case .upstreamLogout: "The person signed out where they had signed in."
        case .upstreamRevoked: "The provider that the person had signed in at took back what it gave."
        case .upstreamSilent: "The provider that the person had signed in at could not be asked for too long."
        }
    }
}

extension SecurityEvent.Kind.Change {
    fileprivate func sentence(_ credential: SecurityEvent.Kind.Credential) -> String {
        let name =
            switch credential {
            case .password: "A password"
            case .pin: "A PIN"
            case .x509: "A certificate"
            case .app: "An authenticator app"
            case .fidoPlatform, .fidoRoaming: "A passkey"
            case .recoveryCodes: "A set of recovery codes"
            }
        return switch self {
        case .create: name + " was set up."
        case .update: name + " was changed."
        case .revoke: name + " was revoked."
        case .delete: name + " was removed."
        }
    }
}
