import Fetch
import Fixtures
import Foundation
import Testing
import Vocabulary

@Suite("Mail over a real server")
struct MailSenderTests {
    private func message(to address: String = "ada@example.org", _ number: Int = 1) throws -> MailMessage {
        MailMessage(
            from: try #require(MailAddress("gatehouse@example.org", name: "Gatehouse")),
            to: try #require(MailAddress(address, name: "Ada Löwe")), subject: "Number \(number)",
            text: ".\n..dots\nline", id: "id-\(number)", date: Timestamp(seconds: 1_800_000_000))
    }

    private func server(
        _ scheme: String, _ port: Int, authority: String? = nil, password: String? = nil, plain: Bool = false
    ) throws -> MailServer {
        var server = try #require(MailServer("\(scheme)://localhost:\(port)", allowsPlain: plain))
        server.certificateAuthorityFile = authority
        server.credentials = password.map { .init(username: MailCatcher.user, password: SecretText($0)) }
        return server
    }

    private func code(_ outcome: MailSender.Outcome?) -> String {
        switch outcome {
        case .taken?: "taken"
        case .refused(let code)?: "refused \(code)"
        case .failed(let fault)?: fault.code
        case nil: "nothing"
        }
    }

    @Test("S3-40 messages arrive whole and in order over TLS and over STARTTLS, signed in by name and password")
    func protected() async throws {
        let authority = try await LocalCertificates()
        let certificate = try await authority.server(names: ["localhost"])
        for (scheme, protection) in [
            ("smtps", MailCatcher.Protection.tls(certificate)), ("smtp", .startTLS(certificate)),
        ] {
            // aiosmtpd does not know that a connection was protected from its first byte, and offers no sign-in then.
            let asks = scheme == "smtp"
            let catcher = try await MailCatcher(protection, asksForPassword: asks)
            let sender = try MailSender(
                try server(
                    scheme, catcher.port, authority: authority.authorityFile,
                    password: asks ? MailCatcher.password : nil))
            try await sender.probe()
            let outcomes = await sender.send([try message(), try message(2)])
            #expect(outcomes.map(code) == ["taken", "taken"], "\(scheme)")
            let caught = catcher.caught
            #expect(caught.count == 2 && caught.allSatisfy { $0.tls && $0.to == ["ada@example.org"] })
            #expect(
                caught.allSatisfy { $0.from == "gatehouse@example.org" && $0.user == (asks ? MailCatcher.user : nil) })
            #expect(caught.first?.message.contains("Subject: Number 1") == true)
            let body =
                caught[0].message.components(separatedBy: "\n\n").last.map { $0.filter { !$0.isWhitespace } } ?? ""
            let unix =
                caught[0].message.components(separatedBy: "\r\n\r\n").last.map { $0.filter { !$0.isWhitespace } } ?? ""
            let text = Data(base64Encoded: unix) ?? Data(base64Encoded: body)
            #expect(text.map { String(decoding: $0, as: UTF8.self) } == ".\r\n..dots\r\nline\r\n")
        }
    }

    @Test("a server without STARTTLS, of another authority, of another name or with another password gets nothing")
    func untrusted() async throws {
        let authority = try await LocalCertificates()
        let catcher = try await MailCatcher()
        let bare = try MailSender(try server("smtp", catcher.port, authority: authority.authorityFile))
        #expect(code(await bare.send([try message()]).first) == "mail.tls")
        // Kept until the end: the files go with it, and a slow start would not find them.
        let foreign = try await LocalCertificates(name: "other")
        defer { withExtendedLifetime(foreign) {} }
        let stranger = try await MailCatcher(
            .startTLS(try await foreign.server(names: ["localhost"])))
        let other = try MailSender(try server("smtp", stranger.port, authority: authority.authorityFile))
        #expect(code(await other.send([try message()]).first) == "mail.tls")
        let named = try await MailCatcher(.tls(try await authority.server(names: ["mail.example.org"])))
        let wrong = try MailSender(try server("smtps", named.port, authority: authority.authorityFile))
        #expect(code(await wrong.send([try message()]).first) == "mail.tls")
        let locked = try await MailCatcher(
            .startTLS(try await authority.server(names: ["localhost"])), asksForPassword: true)
        let guess = try MailSender(
            try server("smtp", locked.port, authority: authority.authorityFile, password: "a guess"))
        #expect(code(await guess.send([try message()]).first) == "mail.authentication")
        await #expect(throws: Fault.self) { try await guess.probe() }
        #expect((catcher.caught + stranger.caught + named.caught + locked.caught).isEmpty)
    }

    @Test("a recipient refused for good is told from a server that asks to come back, and none of it names anybody")
    func answers() async throws {
        let catcher = try await MailCatcher(refusing: "gone@example.org", busyTimes: 1)
        let sender = try MailSender(try server("smtp", catcher.port, plain: true))
        #expect(code(await sender.send([try message(to: "gone@example.org")]).first) == "refused 550")
        let put = await sender.send([try message(), try message(2)])
        #expect(put.map(code) == ["mail.failed"], "what comes behind a failure is not tried")
        guard case .failed(let fault)? = put.first else { throw CancellationError() }
        #expect(!"\(fault)".contains("ada@") && !"\(fault)".contains("come back"))
        #expect(await sender.send([try message(), try message(2)]).map(code) == ["taken", "taken"])
        catcher.stop()
        #expect(code(await sender.send([try message()]).first) == "mail.unreachable")
        await #expect(throws: Fault.self) { try await sender.probe() }
    }
}
