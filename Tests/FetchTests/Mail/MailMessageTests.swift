import Fetch
import Foundation
import Testing
import Vocabulary

@Suite("Mail as it is written")
struct MailMessageTests {
    private static let sender = MailAddress("gatehouse@example.org", name: "Gatehouse")!
    private static let moment = Timestamp(rfc3339: "2026-11-21T09:08:07Z")!

    private func lines(to name: String? = nil, subject: String, text: String = "Hello") throws -> [String] {
        let recipient = try #require(MailAddress("ada@example.org", name: name))
        let message = MailMessage(
            from: Self.sender, to: recipient, subject: subject, text: text, id: "0198-aa", date: Self.moment)
        let whole = String(decoding: message.bytes, as: UTF8.self)
        #expect(whole.utf8.allSatisfy { $0 < 0x80 }, "what goes over the wire is ASCII")
        return whole.components(separatedBy: "\r\n")
    }

    @Test("a message has the headers of RFC 5322, and its text in base64")
    func plain() throws {
        let lines = try lines(to: "Ada", subject: "An approval waits for you", text: "Grüße\nund\r\nmehr")
        #expect(lines.contains("Date: Sat, 21 Nov 2026 09:08:07 +0000"))
        #expect(
            lines.contains("From: Gatehouse <gatehouse@example.org>") && lines.contains("To: Ada <ada@example.org>"))
        #expect(lines.contains("Subject: An approval waits for you"))
        #expect(lines.contains("Message-ID: <0198-aa@example.org>") && lines.contains("Auto-Submitted: auto-generated"))
        #expect(lines.contains("Content-Type: text/plain; charset=utf-8"))
        let empty = try #require(lines.firstIndex(of: ""))
        let body = try #require(Data(base64Encoded: lines[(empty + 1)...].joined()))
        #expect(String(decoding: body, as: UTF8.self) == "Grüße\r\nund\r\nmehr\r\n")
    }

    @Test(
        "nothing in a name or a subject becomes a header, an address or a line of its own",
        arguments: [
            "Ada\r\nBcc: eve@example.net", "Ada\nX: y", "Ada\r\n\r\nbody", "\"<eve@example.net>",
            "Ada <eve@example.net>",
            "a, eve@example.net", "Ada\u{2028}Bcc: eve@example.net", "=?UTF-8?B?QQ==?=", " leading", "Ünïcödé",
            String(repeating: "é", count: 400), "\u{0}nul", "Ada;group:",
        ])
    func injection(text: String) throws {
        let lines = try lines(to: text, subject: text)
        let empty = try #require(lines.firstIndex(of: ""))
        let headers = lines[..<empty]
        #expect(!headers.contains { $0.lowercased().hasPrefix("bcc") || $0.hasPrefix("X:") })
        #expect(headers.allSatisfy { !$0.contains("eve@") && $0.utf8.count <= 78 + 20 })
        #expect(headers.count { $0.hasPrefix("To: ") } == 1 && headers.count { $0.hasPrefix("Subject: ") } == 1)
        #expect(headers.contains { $0.hasSuffix("<ada@example.org>") })
        #expect(headers.allSatisfy { $0.hasPrefix(" ") || $0.contains(": ") })
    }

    @Test(
        "what is no plain address is none",
        arguments: [
            "", "ada", "ada@", "@example.org", "ada@example..org", "ada@-example.org", "ada b@example.org",
            "ada@example.org\r\nRCPT TO:<eve@example.net>", "ada@example.org>", "<ada@example.org>",
            "ad\"a@example.org",
            "ada@exämple.org", ".ada@example.org", "ada@[127.0.0.1]", "a@b@c.org",
            String(repeating: "a", count: 65) + "@example.org",
            "a@" + String(repeating: "b", count: 253),
        ])
    func addresses(text: String) {
        #expect(MailAddress(text) == nil)
    }

    @Test("addresses are read alone or with a name before them")
    func reading() {
        #expect(MailAddress("o'neil+x@mail.example.org")?.domain == "mail.example.org")
        #expect(MailAddress(reading: "Gate <g@example.org>")?.name == "Gate")
        #expect(MailAddress(reading: "\"Gate\" <g@example.org>")?.address == "g@example.org")
        #expect(MailAddress(reading: "g@example.org")?.name == nil)
        #expect(MailAddress(reading: "Gate <g@example.org> x") == nil)
    }

    @Test("a server is reached over TLS, but on loopback where that was said")
    func servers() {
        #expect(MailServer("smtps://mail.example.org")?.port == 465)
        #expect(MailServer("smtp://mail.example.org")?.protection == .startTLS)
        #expect(MailServer("smtp://127.0.0.1:2525", allowsPlain: true)?.protection == .plain)
        #expect(MailServer("smtp://127.0.0.1:2525")?.protection == .startTLS)
        #expect(MailServer("smtps://[::1]:2525", allowsPlain: true)?.protection == .tls)
        for url in [
            "http://mail.example.org", "smtp://", "smtp://a b", "smtp://u:p@mail.example.org", "smtp://mail:0",
            "smtp://mail.example.org/x", "mail.example.org", "smtp://mail.example.org:70000",
        ] {
            #expect(MailServer(url) == nil, "\(url)")
        }
        for host in ["mail.example.org", "10.0.0.1", "localhost.example.org", "127.0.0.1.example.org"] {
            #expect(MailServer("smtp://\(host)", allowsPlain: true) == nil, "\(host)")
        }
    }
}
