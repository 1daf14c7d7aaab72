import JOSE
import OAuth
import Testing

@Suite("Security events") struct SecurityEventTests {
    @Test("A revoked session and a changed credential are told as CAEP has them")
    func claims() {
        let revoked = SecurityEvent(
            kind: .sessionRevoked, subject: "ada", sessionID: "s1", initiator: .admin, happenedAt: Stage.now - 1
        ).claims(issuer: Stage.issuer, audience: "https://rp.example", id: "e1", now: Stage.now)
        #expect(revoked["sub"] == nil && revoked["exp"] == nil && revoked["jti"] == "e1")
        #expect(
            revoked["sub_id"] == [
                "format": "complex", "user": ["format": "iss_sub", "iss": .string(Stage.issuer), "sub": "ada"],
                "session": ["format": "opaque", "id": "s1"],
            ])
        #expect(
            revoked["events"] == [
                "https://schemas.openid.net/secevent/caep/event-type/session-revoked": [
                    "event_timestamp": .integer(Stage.now - 1), "initiating_entity": "admin",
                ]
            ])
        let changed = SecurityEvent(
            kind: .credentialChange(credential: .password, change: .update), subject: "ada", initiator: .user,
            happenedAt: Stage.now
        ).claims(issuer: Stage.issuer, audience: "x", id: "e2", now: Stage.now)
        let event = changed["events"]?.object?["https://schemas.openid.net/secevent/caep/event-type/credential-change"]
        #expect(event?.object?["credential_type"] == "password" && event?.object?["change_type"] == "update")
        #expect(changed["sub_id"]?.object?["format"] == "iss_sub")
    }

    @Test("A push is done, refused for good, or tried again")
    func delivery() {
        #expect(SecurityEvent.Delivery(status: 202, body: []) == .delivered)
        #expect(
            SecurityEvent.Delivery(status: 400, body: Array(#"{"err":"invalid_audience"}"#.utf8))
                == .refused(code: "invalid_audience"))
        #expect(SecurityEvent.Delivery(status: 400, body: Array("<html>".utf8)) == .refused(code: "unknown"))
        for status in [401, 404, 429, 500, 503, 302] {
            #expect(SecurityEvent.Delivery(status: status, body: []) == .failed)
        }
    }

    @Test("A transmitter says how it delivers")
    func transmitter() {
        let json = SecurityEvent.transmitter(
            issuer: Stage.issuer, keys: "https://op.example/jwks", configurationEndpoint: nil)
        #expect(json["delivery_methods_supported"] == ["urn:ietf:rfc:8935"])
    }
}
