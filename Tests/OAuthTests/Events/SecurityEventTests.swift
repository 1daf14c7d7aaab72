import JOSE
import OAuth
import Testing

@Suite("Security events") struct SecurityEventTests {
    private static func claims(_ event: SecurityEvent) -> JSONObject {
        event.claims(
            issuer: Stage.issuer, audience: "https://rp.example", id: "e1", transaction: "t1", madeAt: Stage.now)
    }

    @Test("A revoked session and a changed credential are told as CAEP has them")
    func claims() {
        let revoked = Self.claims(
            SecurityEvent(
                kind: .sessionRevoked, subject: .person("ada", session: "s1"), initiator: .admin, reason: "because",
                happenedAt: Stage.now - 1))
        #expect(revoked["sub"] == nil && revoked["exp"] == nil && revoked["jti"] == "e1" && revoked["txn"] == "t1")
        #expect(
            revoked["sub_id"] == [
                "format": "complex", "user": ["format": "iss_sub", "iss": .string(Stage.issuer), "sub": "ada"],
                "session": ["format": "opaque", "id": "s1"],
            ])
        #expect(
            revoked["events"] == [
                "https://schemas.openid.net/secevent/caep/event-type/session-revoked": [
                    "event_timestamp": .integer(Stage.now - 1), "initiating_entity": "admin",
                    "reason_admin": ["en": "because"],
                ]
            ])
        let changed = Self.claims(
            SecurityEvent(
                kind: .credentialChange(credential: .password, change: .update), subject: .person("ada"),
                initiator: .user, happenedAt: Stage.now))
        let event = changed["events"]?.object?["https://schemas.openid.net/secevent/caep/event-type/credential-change"]
        #expect(event?.object?["credential_type"] == "password" && event?.object?["change_type"] == "update")
        #expect(changed["sub_id"]?.object?["format"] == "iss_sub")
    }

    @Test("A verification and a stream's new status are about the stream, and say nothing else")
    func ofStreams() {
        let verification = Self.claims(
            SecurityEvent(kind: .verification(state: "x"), subject: .stream("s-1"), happenedAt: Stage.now))
        #expect(verification["sub_id"] == ["format": "opaque", "id": "s-1"])
        #expect(
            verification["events"] == [
                "https://schemas.openid.net/secevent/ssf/event-type/verification": ["state": "x"]
            ])
        let updated = Self.claims(
            SecurityEvent(
                kind: .streamUpdated(status: "paused"), subject: .stream("s-1"), reason: "r", happenedAt: Stage.now))
        #expect(
            updated["events"] == [
                "https://schemas.openid.net/secevent/ssf/event-type/stream-updated": [
                    "status": "paused", "reason": "r",
                ]
            ])
    }

    @Test("A push is done, refused for good, or tried again")
    func delivery() {
        typealias Delivery = SecurityEvent.Delivery
        func answer(_ body: String) -> Delivery { Delivery(status: 400, body: Array(body.utf8)) }
        #expect(Delivery(status: 202, body: []) == .delivered)
        #expect(answer(#"{"err":"invalid_request"}"#) == .refused(code: "invalid_request"))
        #expect(answer("<html>") == .refused(code: "unknown"))
        #expect(answer(#"{"err":"DROP TABLE"}"#) == .refused(code: "unknown"))
        #expect(answer("{\"err\":\"" + String(repeating: "a", count: 65) + "\"}") == .refused(code: "unknown"))
        // Nothing is wrong with the event: the receiver knows a key, an audience or a header not, or not yet.
        for code in ["invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed", "access_denied"] {
            #expect(answer("{\"err\":\"\(code)\"}") == .failed(code: code))
        }
        for status in [401, 404, 429, 500, 503, 302] {
            #expect(Delivery(status: status, body: []) == .failed(code: "status_\(status)"))
        }
    }

    @Test("A transmitter tells what it has, and nothing else")
    func transmitter() {
        let json = SecurityEvent.transmitter(
            issuer: Stage.issuer, keys: "https://op.example/jwks", endpoints: Stage.issuer + "/ssf")
        #expect(json["delivery_methods_supported"] == ["urn:ietf:rfc:8935", "urn:ietf:rfc:8936"])
        #expect(json["authorization_schemes"] == [["spec_urn": "urn:ietf:rfc:6749"]])
        #expect(json["add_subject_endpoint"] == nil && json["spec_version"] == "1_0")
    }
}

@Suite("What receivers say of streams") struct EventStreamRequestTests {
    private static func read(_ text: String) throws -> EventStreamRequest {
        try EventStreamRequest(try JSONObject(parsing: Array(text.utf8)))
    }

    @Test("A stream is pushed or polled, for the events that there are")
    func read() throws {
        let push = try Self.read(
            """
            {"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://rp.example/events",
             "authorization_header":"Bearer x"},"description":"ours",
             "events_requested":["https://schemas.openid.net/secevent/caep/event-type/session-revoked","urn:other",
             "https://schemas.openid.net/secevent/ssf/event-type/verification"]}
            """)
        #expect(push.delivery == .push(endpoint: "https://rp.example/events", authorization: "Bearer x"))
        #expect(push.events == [.sessionRevoked] && push.description == "ours" && push.streamID == nil)
        let poll = try Self.read(#"{"delivery":{"method":"urn:ietf:rfc:8936"},"stream_id":"s"}"#)
        #expect(poll.delivery == .poll && poll.events == nil && poll.streamID == "s")
        #expect(try Self.read("{}").delivery == nil)
        let long = String(repeating: "d", count: EventStreamRequest.descriptionByteLimit + 1)
        #expect(try Self.read("{\"description\":\"\(long)\"}").description?.utf8.count == 256)
    }

    @Test(
        "What cannot be is refused",
        arguments: [
            #"{"delivery":"push"}"#, #"{"delivery":{}}"#, #"{"delivery":{"method":"urn:ietf:rfc:8935"}}"#,
            #"{"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"http://rp.example/"}}"#,
            #"{"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"http://127.0.0.1/"}}"#,
            #"{"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://u:p@rp.example/"}}"#,
            #"{"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://rp.example/","authorization_header":"a\nb"}}"#,
            #"{"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://rp.example/","authorization_header":""}}"#,
            #"{"events_requested":"all"}"#, #"{"events_requested":[1]}"#, #"{"stream_id":1}"#, #"{"description":[]}"#,
        ])
    func refused(_ text: String) {
        #expect(throws: OAuthError.self) { try Self.read(text) }
    }

    @Test("One byte or one event more than there may be is refused")
    func limits() throws {
        func push(_ size: Int) -> String {
            let header = String(repeating: "h", count: size)
            return """
                {"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://rp.example/",
                "authorization_header":"\(header)"}}
                """
        }
        _ = try Self.read(push(EventStreamRequest.authorizationByteLimit))
        #expect(throws: OAuthError.self) { try Self.read(push(EventStreamRequest.authorizationByteLimit + 1)) }
        func poll(_ count: Int) throws -> EventPoll {
            let ids = (0..<count).map { "\"\($0)\"" }.joined(separator: ",")
            return try EventPoll(try JSONObject(parsing: Array("{\"ack\":[\(ids)],\"maxEvents\":1000}".utf8)))
        }
        #expect(try poll(EventPoll.acknowledgementLimit).limit == EventPoll.limit)
        #expect(throws: OAuthError.self) { try poll(EventPoll.acknowledgementLimit + 1) }
        for text in [#"{"maxEvents":-1}"#, #"{"ack":"a"}"#, #"{"setErrs":[]}"#, #"{"returnImmediately":1}"#] {
            #expect(throws: OAuthError.self) { try EventPoll(try JSONObject(parsing: Array(text.utf8))) }
        }
    }

    @Test("What the transmitter says may be repeated, and not said otherwise")
    func check() throws {
        let present: JSONObject = ["iss": "https://op.example", "aud": "rp"]
        try EventStreamRequest.check(["iss": "https://op.example", "description": "x"], against: present)
        #expect(throws: OAuthError.self) { try EventStreamRequest.check(["aud": "another"], against: present) }
        #expect(throws: OAuthError.self) {
            try EventStreamRequest.check(["min_verification_interval": 1], against: present)
        }
    }
}
