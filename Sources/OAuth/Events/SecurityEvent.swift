import JOSE

/// A security event token (RFC 8417) of the shared signals framework, to be pushed (RFC 8935) to who listens.
public struct SecurityEvent: Sendable, Hashable {
    /// `typ` (RFC 8417 §2.3), and the media type of the push (RFC 8935 §2.1).
    public static let type = "secevent+jwt"
    public static let mediaType = "application/secevent+jwt"

    /// What happened (CAEP 1.0 §3).
    public enum Kind: Sendable, Hashable {
        case sessionRevoked
        case credentialChange(credential: Credential, change: Change)

        /// The credentials that CAEP §3.3.1 names, as far as there are any here.
        public enum Credential: String, Sendable, Hashable, CaseIterable {
            case password, pin, x509, app
            case fidoPlatform = "fido2-platform"
            case fidoRoaming = "fido2-roaming"
        }
        /// CAEP §3.3.1.
        public enum Change: String, Sendable, Hashable, CaseIterable { case create, revoke, update, delete }

        /// The event's name.
        public var uri: String {
            switch self {
            case .sessionRevoked: "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
            case .credentialChange: "https://schemas.openid.net/secevent/caep/event-type/credential-change"
            }
        }
    }

    /// Who made it happen (CAEP §2).
    public enum Initiator: String, Sendable, Hashable, CaseIterable { case admin, user, policy, system }

    public var kind: Kind
    /// The subject as the listener knows them, by the issuer.
    public var subject: String
    /// The session, when one is meant and not all of them.
    public var sessionID: String?
    public var initiator: Initiator
    /// Seconds since 1970.
    public var happenedAt: Int64

    public init(kind: Kind, subject: String, sessionID: String? = nil, initiator: Initiator, happenedAt: Int64) {
        self.kind = kind
        self.subject = subject
        self.sessionID = sessionID
        self.initiator = initiator
        self.happenedAt = happenedAt
    }

    /// The claims for one listener. There is no `sub` and no `exp`: it is no token to show anybody (SSF 1.0 §4.1).
    ///
    /// - Parameter id: fresh random text, the same when the push is repeated.
    public func claims(issuer: String, audience: String, id: String, now: Int64) -> JSONObject {
        var event: JSONObject = [
            "event_timestamp": .integer(happenedAt), "initiating_entity": .string(initiator.rawValue),
        ]
        if case .credentialChange(let credential, let change) = kind {
            event["credential_type"] = .string(credential.rawValue)
            event["change_type"] = .string(change.rawValue)
        }
        return [
            "iss": .string(issuer), "aud": .string(audience), "jti": .string(id), "iat": .integer(now),
            "txn": .string(id),
            "sub_id": .object(subjectIdentifier(issuer)), "events": .object([kind.uri: .object(event)]),
        ]
    }

    /// RFC 9493: issuer and subject; with a session, a complex subject (SSF 1.0 §3.2).
    private func subjectIdentifier(_ issuer: String) -> JSONObject {
        let user: JSONObject = ["format": "iss_sub", "iss": .string(issuer), "sub": .string(subject)]
        guard let sessionID else { return user }
        return [
            "format": "complex", "user": .object(user), "session": ["format": "opaque", "id": .string(sessionID)],
        ]
    }

    /// What becomes of a push (RFC 8935 §2.2 to §2.4).
    public enum Delivery: Sendable, Hashable {
        case delivered
        /// The listener says it can never take it.
        case refused(code: String)
        /// To be tried again.
        case failed

        /// Reads the listener's answer.
        public init(status: Int, body: [UInt8]) {
            switch status {
            case 202, 200, 204: self = .delivered
            case 400:
                let code = body.count <= 4_096 ? (try? JSONObject(parsing: body))?["err"]?.text : nil
                self = .refused(code: OAuthError.sanitized(code ?? "unknown"))
            default: self = .failed
            }
        }
    }

    /// What a transmitter tells of itself (SSF 1.0 §6.1).
    public static func transmitter(issuer: String, keys: String, configurationEndpoint: String?) -> JSONObject {
        var json: JSONObject = [
            "spec_version": "1_0", "issuer": .string(issuer), "jwks_uri": .string(keys),
            "delivery_methods_supported": ["urn:ietf:rfc:8935"],
        ]
        json.set("configuration_endpoint", configurationEndpoint)
        return json
    }
}
