import Vocabulary

/// Something to tell somebody. It names no people: mail travels further than it should, and who reads it knows from the
/// page behind the link whom it is about.
public struct Notice: Sendable, Hashable {
    /// A word that systems tell notices apart by, such as `approval.waiting`.
    public let topic: String
    /// One line for people.
    public let subject: String
    /// What there is to say, a paragraph each.
    public let lines: [String]
    /// Where to go, below the tenant's public address; nil for nowhere.
    public let path: String?
    /// What systems are told: ids, words, times and numbers.
    public let members: [String: AttributeValue]

    /// A notice of a topic.
    public init(
        _ topic: String, subject: String, lines: [String], path: String? = nil,
        members: [String: AttributeValue] = [:]
    ) {
        (self.topic, self.subject, self.lines) = (topic, subject, lines)
        (self.path, self.members) = (path, members)
    }
}

/// What of a notice lies in the outbox, sealed.
struct NoticeContent: Codable, Sendable {
    let subject: String
    let lines: [String]
    let path: String?
    let members: [String: AttributeValue]
    /// Whom to write to, where that is nobody of ours.
    var address: String?

    init(_ notice: Notice, address: String? = nil) {
        (subject, lines, path, members) = (notice.subject, notice.lines, notice.path, notice.members)
        self.address = address
    }
}
