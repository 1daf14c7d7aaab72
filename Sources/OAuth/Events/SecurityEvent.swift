import JOSE

/// A security event token (RFC 8417) of the OpenID Shared Signals Framework 1.0, pushed (RFC 8935) to who listens or fetched by
/// them (RFC 8936).
public struct SecurityEvent: Sendable, Hashable {
    /// `typ` (RFC 8417 §2.3), and the media type of the push (RFC 8935 §2.1).
    public static let type = "secevent+jwt"
    public static let mediaType = "application/secevent+jwt"

    /// The types of events that there are, each by its URI.
    public enum EventType: String, Sendable, Hashable, CaseIterable {
        case sessionRevoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
        case credentialChange = "https://schemas.openid.net/secevent/caep/event-type/credential-change"
        case verification = "https://schemas.openid.net/secevent/ssf/event-type/verification"
        case streamUpdated = "https://schemas.openid.net/secevent/ssf/event-type/stream-updated"

        /// Those that a receiver chooses among: SSF §8.1.4.1 and §8.1.5 have the others come without being asked for.
        public static let supported: [EventType] = [.sessionRevoked, .credentialChange]
    }

    /// What happened (CAEP 1.0 §3, SSF 1.0 §8.1.4 and §8.1.5).
    public enum Kind: Sendable, Hashable {
        case sessionRevoked
        case credentialChange(credential: Credential, change: Change)
        case verification(state: String?)
        case streamUpdated(status: String)

        /// The credentials that CAEP §3.3.1 names, as far as there are any here, and one of ours.
        public enum Credential: String, Sendable, Hashable, CaseIterable {
            case password, pin, x509, app
            case fidoPlatform = "fido2-platform"
            case fidoRoaming = "fido2-roaming"
            /// CAEP names none for codes that stand in for a lost factor, and leaves others to agreement.
            case recoveryCodes = "recovery-codes"
        }
        /// CAEP §3.3.1.
        public enum Change: String, Sendable, Hashable, CaseIterable { case create, revoke, update, delete }

        public var type: EventType {
            switch self {
            case .sessionRevoked: .sessionRevoked
            case .credentialChange: .credentialChange
            case .verification: .verification
            case .streamUpdated: .streamUpdated
            }
        }
    }

    /// Who or what it is about (RFC 9493, SSF 1.0 §3).
    public enum Subject: Sendable, Hashable {
        /// Somebody as the listener knows them, by the issuer; with one session, when that is meant and not all of them.
        case person(String, session: String? = nil)
        /// The stream itself.
        case stream(String)
    }

    /// Who made it happen (CAEP §2).
    public enum Initiator: String, Sendable, Hashable, CaseIterable { case admin, user, policy, system }

    public var kind: Kind
    public var subject: Subject
    public var initiator: Initiator?
    /// Why, for an administrator, in English (`reason_admin`), or for a stream's new status.
    public var reason: String?
    /// Seconds since 1970.
    public var happenedAt: Int64

    public init(
        kind: Kind, subject: Subject, initiator: Initiator? = nil, reason: String? = nil, happenedAt: Int64
    ) {
        self.kind = kind
        self.subject = subject
        self.initiator = initiator
        self.reason = reason
        self.happenedAt = happenedAt
    }

    /// The claims for one listener. There is no `sub` and no `exp`: it is no token to show anybody (SSF 1.0 §4.1.2, §4.1.7).
    ///
    /// - Parameters:
    ///   - id: fresh random text, the same when the event is told again.
    ///   - transaction: the same for everything that came of one cause (SSF 1.0 §4.1.9).
    ///   - madeAt: when the token was made, in seconds since 1970; the same when it is told again.
    public func claims(
        issuer: String, audience: String, id: String, transaction: String, madeAt: Int64
    ) -> JSONObject {
        [
            "iss": .string(issuer), "aud": .string(audience), "jti": .string(id), "iat": .integer(madeAt),
            "txn": .string(transaction), "sub_id": .object(subject.identifier(issuer)),
            "events": .object([kind.type.rawValue: .object(payload)]),
        ]
    }

    private var payload: JSONObject {
        var event = JSONObject()
        switch kind {
        case .sessionRevoked: break
        case .credentialChange(let credential, let change):
            event["credential_type"] = .string(credential.rawValue)
            event["change_type"] = .string(change.rawValue)
        case .verification(let state):
            event.set("state", state)
            return event
        case .streamUpdated(let status):
            event["status"] = .string(status)
            event.set("reason", reason)
            return event
        }
        event["event_timestamp"] = .integer(happenedAt)
        event.set("initiating_entity", initiator?.rawValue)
        if let reason { event["reason_admin"] = .object(["en": .string(reason)]) }
        return event
    }
}

extension SecurityEvent.Subject {
    /// RFC 9493: issuer and subject; with a session, a complex subject (SSF 1.0 §3.3).
    fileprivate func identifier(_ issuer: String) -> JSONObject {
        switch self {
        case .stream(let id): ["format": "opaque", "id": .string(id)]
        case .person(let subject, let session):
            if let session {
                [
                    "format": "complex", "user": .object(Self.user(subject, issuer)),
                    "session": ["format": "opaque", "id": .string(session)],
                ]
            } else {
                Self.user(subject, issuer)
            }
        }
    }

    private static func user(_ subject: String, _ issuer: String) -> JSONObject {
        ["format": "iss_sub", "iss": .string(issuer), "sub": .string(subject)]
    }
}
