import Foundation
import Vocabulary

/// A message of plain text to one person (RFC 5322, MIME of RFC 2045 and 2047). Whatever a subject or a name holds, the
/// message has the headers it was given and no others: everything that is not plain ASCII is encoded, line ends included.
public struct MailMessage: Sendable, Hashable {
    /// Bytes of a subject, and of the text, at most; what is longer is cut.
    public static let subjectLimit = 512
    public static let textLimit = 64 << 10

    public let sender: MailAddress
    public let recipient: MailAddress
    public let subject: String
    public let text: String
    /// What a receiver knows a repetition by: letters, digits and hyphens.
    public let id: String
    public let date: Timestamp

    /// A message. `id` becomes the left half of its `Message-ID`; other bytes than letters, digits and hyphens leave it.
    public init(
        from sender: MailAddress, to recipient: MailAddress, subject: String, text: String, id: String, date: Timestamp
    ) {
        (self.sender, self.recipient, self.date) = (sender, recipient, date)
        self.subject = Self.cut(subject, Self.subjectLimit)
        self.text = Self.cut(text, Self.textLimit)
        self.id = String(decoding: id.utf8.filter(Self.isWordByte), as: UTF8.self)
    }

    /// The message as it goes over the wire, lines ended by CR LF.
    public var bytes: [UInt8] {
        let body = Data(Self.lines(of: text).utf8).base64EncodedString()
        let headers = [
            "Date: \(Self.date(date))", "From: \(Self.mailbox(sender))", "To: \(Self.mailbox(recipient))",
            "Subject: \(Self.encoded(subject))", "Message-ID: <\(id)@\(sender.domain)>", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
            // RFC 3834 §5: nobody's holiday notice answers it.
            "Auto-Submitted: auto-generated",
        ]
        return Array((headers.joined(separator: "\r\n") + "\r\n\r\n" + Self.folded(body)).utf8)
    }

    // MARK: Headers

    private static func mailbox(_ address: MailAddress) -> String {
        guard let name = address.name, !name.isEmpty else { return "<\(address.address)>" }
        return encoded(cut(name, subjectLimit)) + " <\(address.address)>"
    }

    /// RFC 2047: plain words stay, everything else is words of base64, each on a line of its own and within 75 bytes. A
    /// name with anything but letters, digits and spaces is encoded too: an encoded word cannot be mistaken for syntax.
    private static func encoded(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { isWordByte($0) || $0 == 0x20 || $0 == 0x2E } && text.utf8.count <= 60
        if isPlain, !text.hasPrefix(" "), !text.hasSuffix(" ") { return text }
        var words: [String] = []
        var part: [UInt8] = []
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if part.count + bytes.count > 42 {
                words.append(word(part))
                part = []
            }
            part += bytes
        }
        return (words + [word(part)]).joined(separator: "\r\n ")
    }

    private static func word(_ bytes: [UInt8]) -> String { "=?UTF-8?B?\(Data(bytes).base64EncodedString())?=" }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
    }

    /// RFC 5322 §3.3, in UTC.
    private static func date(_ time: Timestamp) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss +0000"
        return formatter.string(from: Date(timeIntervalSince1970: Double(time.seconds)))
    }

    // MARK: The body

    private static func lines(of text: String) -> String {
        text.split(omittingEmptySubsequences: false) { $0.isNewline }.joined(separator: "\r\n") + "\r\n"
    }

    /// RFC 2045 §6.8: 76 characters a line.
    private static func folded(_ text: String) -> String {
        var (rest, folded) = (text[...], "")
        while !rest.isEmpty {
            folded += rest.prefix(76) + "\r\n"
            rest = rest.dropFirst(76)
        }
        return folded
    }

    private static func cut(_ text: String, _ limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var (kept, size) = ("", 0)
        for character in text {
            size += character.utf8.count
            guard size <= limit else { break }
            kept.append(character)
        }
        return kept
    }
}
