import Testing
import Vocabulary

@testable import Messaging

@Suite("Messages that may go out")
struct MessageTests {
    @Test(
        "Subjects that are none, or stand for many, are refused",
        arguments: [
            "", ".", "a.", ".a", "a..b", "a b", "a\tb", "a\r\nPUB x 0", "a\nb", "a\0b", "*", ">", "a.*", "a.>", "a*b",
            "a>b",
            String(repeating: "a", count: 1_025),
        ])
    func subjects(subject: String) {
        #expect(throws: MessagingError.self) { try OutgoingMessage(subject, [], []) }
    }

    @Test("Subjects of any other letters stand", arguments: ["a", "a.b-c_d.$1", "events.policy.7f.created", "ä.ö"])
    func goodSubjects(subject: String) throws {
        #expect(try OutgoingMessage(subject, [], []).subject == subject)
    }

    @Test(
        "Header fields that could become two, or another message, are refused",
        arguments: [
            ("", "v"), ("a b", "v"), ("a:", "v"), ("a\r\nb", "v"), ("a", "v\r\nNats-Rollup: all"), ("a", "v\nb"),
            ("a", "v\0"), ("a", "\u{1B}[2J"), ("ä", "v"), ("a", String(repeating: "v", count: 8_192)),
        ])
    func headers(name: String, value: String) {
        #expect(throws: MessagingError.self) { try MessageHeaders([(name, value)]) }
    }

    @Test("So many fields, and not one more")
    func fieldLimit() throws {
        let fields = (0..<MessageHeaders.fieldLimit).map { ("a\($0)", "v") }
        #expect(try MessageHeaders(fields).fields.count == MessageHeaders.fieldLimit)
        #expect(throws: MessagingError.self) { try MessageHeaders(fields + [("b", "v")]) }
    }

    @Test("Stored headers are read as they were written, and found whatever their case")
    func storedHeaders() {
        let headers = MessageHeaders(stored: bytes("NATS/1.0\r\nOne: 1\r\ntwo:2\r\nThree: a: b \r\nnone\r\n\r\n"))
        #expect(headers["one"] == "1")
        #expect(headers["Two"] == "2")
        #expect(headers["Three"] == "a: b")
        #expect(headers.fields.count == 3)
    }

    @Test(
        "An event cannot tell a server what to do",
        arguments: ["Nats-Rollup", "nats-msg-id", "NATS-Expected-Last-Sequence", "Gatehouse-Position"])
    func reservedHeaders(name: String) {
        let event = RelayedEvent(
            position: 1, subject: "a", messageID: "1", payload: [], headers: [.init(name, "all")])
        #expect(throws: MessagingError.self) { try event.message(after: 0, nil) }
    }

    @Test(
        "Acknowledgements are read",
        arguments: [
            (#"{"stream":"S", "seq":7}"#, Acknowledgement.stored(sequence: 7, isDuplicate: false)),
            (#"{"stream":"S","seq":18446744073709551615}"#, .stored(sequence: .max, isDuplicate: false)),
            (#"{"stream":"S", "seq":7,"duplicate": true}"#, .stored(sequence: 7, isDuplicate: true)),
            (#"{"stream":"S", "domain":"hub", "seq":7}"#, .stored(sequence: 7, isDuplicate: false)),
            (
                #"{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 3"},"stream":"S","seq":0}"#,
                .refused(code: 10_071, "wrong last sequence: 3")
            ),
            (#"{"stream":"T", "seq":7}"#, .misread), (#"{"stream":"S", "seq":0}"#, .misread),
            (#"{"stream":"S", "seq":-1}"#, .misread), (#"{"stream":"S", "seq":7"#, .misread), ("", .misread),
        ])
    func acknowledgements(text: String, expected: Acknowledgement) {
        #expect(Acknowledgement(bytes(text), stream: "S") == expected)
    }

    @Test(
        "Addresses of servers are read, and refused where they say a secret",
        arguments: [
            ("nats://localhost", "nats://localhost:4222"), ("tls://a.example:1", "tls://a.example:1"),
            ("nats://[::1]:4222/", "nats://[::1]:4222"), ("nats://user:secret@host", nil), ("http://host", nil),
            ("nats://", nil), ("nats://host:0", nil), ("nats://host:65536", nil), ("nats://ho st", nil), ("host", nil),
            ("nats://a\r\nb", nil), ("nats://[zz]:1", nil), ("nats://host:1/x", nil),
        ])
    func servers(text: String, expected: String?) {
        #expect((try? MessagingServer(text))?.description == expected)
    }

    @Test("Configurations that cannot work, or would tell a password to everybody, are refused")
    func configurations() throws {
        var configuration = MessagingConfiguration(servers: [try MessagingServer("nats://far.example")])
        try configuration.check()
        configuration.credentials = .password(user: "u", .init("p"))
        #expect(throws: MessagingError.self) { try configuration.check() }
        configuration.tls.isRequired = true
        try configuration.check()
        configuration.tls.certificateFile = "/x"
        #expect(throws: MessagingError.self) { try configuration.check() }
        configuration.tls.certificateFile = nil
        configuration.inboxPrefix = "a.*"
        #expect(throws: MessagingError.self) { try configuration.check() }
        #expect(throws: MessagingError.self) { try MessagingConfiguration(servers: []).check() }
    }

    @Test("Waits grow to the longest, and differ")
    func backoff() {
        var backoff = Backoff(.milliseconds(100) ... .seconds(1))
        let waits = (0..<20).map { _ in backoff.next() }
        #expect(waits[0] >= .milliseconds(50))
        #expect(waits[0] <= .milliseconds(100))
        #expect(waits.allSatisfy { $0 <= .seconds(1) })
        #expect(waits[10...].allSatisfy { $0 >= .milliseconds(500) })
        #expect(Set(waits[10...]).count > 1)
        backoff.reset()
        #expect(backoff.next() <= .milliseconds(100))
    }

    @Test("Credentials are said nowhere")
    func blank() throws {
        let credentials = MessagingCredentials.password(user: "anna", .init("geheim"))
        var said = ""
        dump(credentials, to: &said)
        said += "\(credentials) \(String(reflecting: credentials))"
        #expect(!said.contains("geheim"))
        #expect(!said.contains("anna"))
    }
}
