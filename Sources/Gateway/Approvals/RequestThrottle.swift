import Governance
import Identity
import Storage
import Vocabulary

/// How much one may ask of those who approve: whoever asks for everything again and again makes them approve without
/// looking.
enum RequestThrottle {
    /// Requests of a person within an hour; one more is refused.
    static let perPerson = 30
    /// Requests of a service account within an hour.
    static let perAccount = 1_000
    static let period = Duration.hours(1)

    /// Throws `approval.too_many` with the time after which it may be tried again.
    static func admit(_ requester: Subject, _ writer: GovernedWriter) throws {
        let limit = if case .person = requester { perPerson } else { perAccount }
        let from = writer.now - period
        // Ids begin with the millisecond they were made in (RFC 9562 §5.7), and rows are found by requester and id. What
        // was made an hour ago counts no more: that is when whoever was refused is told to come back.
        let last = ApprovalID(high: UInt64(max(0, from.microseconds / 1_000)) << 16 | 0xFFFF, low: .max)
        let recent = try writer.tx.sql.governed(
            .governed(Approval.aggregate.kind), in: writer.tenant,
            GovernedFilter(scope: requester.kind, target: requester.bytes), after: last.bytes, limit: limit)
        guard recent.count >= limit, let oldest = recent.first.flatMap({ ApprovalID(bytes: $0.id) }) else { return }
        let madeAt = Timestamp(microseconds: Int64(oldest.high >> 16) * 1_000)
        throw Fault(
            "approval.too_many", .caller, "There are \(limit) requests of yours within the last hour.",
            remedy: "Wait until some of them are decided.", retryAfter: max(.seconds(1), madeAt + period - writer.now))
    }
}
