import Foundation
import Storage
import Vocabulary

extension Doctor {
    /// 2026-01-01: no build of this program is older.
    private static let earliest = Timestamp(seconds: 1_767_225_600)
    /// A one-time code is good for a step of 30 seconds before and after (RFC 6238 §5.2).
    private static let skewLimit: Duration = .seconds(30)

    /// The clock by itself, and against the newest event of the journal.
    func examineClock() async -> [Finding] {
        let now = clock()
        let alone = finding("clock", now.rfc3339) {
            guard now > Self.earliest else {
                throw Fault(
                    "doctor.clock", .ourselves, "The clock says \(now.rfc3339), which is before this program existed.",
                    remedy: "Set the clock and run a time service.")
            }
        }
        guard let last = await newestEvent() else { return [alone] }
        let detail = "the journal's newest event is of \(last.rfc3339), \(Self.words(now - last)) ago"
        let journal = finding("clock", detail) {
            guard last - now <= Self.skewLimit else {
                throw Fault(
                    "doctor.clock_back", .ourselves,
                    "The clock says \(now.rfc3339), and the journal's newest event is of \(last.rfc3339), "
                        + "\(Self.words(last - now)) later: the clock went back, or was ahead then.",
                    remedy: "Set the clock and run a time service; sessions and locks end by it.")
            }
        }
        return [alone, journal]
    }

    /// Nil before the first start, and where the store cannot be read, which other findings say.
    private func newestEvent() async -> Timestamp? {
        try? await withReader { reader in
            try await reader.read { try $0.queryOne("SELECT max(at) FROM journal_event")?.optionalTime(0) }
        }
    }

    /// Opens the store beside whoever runs on it.
    func withReader<Answer: Sendable>(_ body: (StoreReader) async throws -> Answer) async throws -> Answer {
        let storage = Gateway.storeConfiguration(configuration, logger: logger, now: clock())
        let reader = try await configuration.withMasterKey(logger) {
            try await StoreReader.open(storage, masterKey: $0)
        }
        defer { try? reader.close() }
        return try await body(reader)
    }

    /// The clock against that of somebody who has just answered.
    ///
    /// - Parameters:
    ///   - theirs: the moment they named, to the second.
    ///   - sent: when they were asked, by our clock.
    func compareClock(with name: String, _ theirs: Timestamp, sent: Timestamp) -> Finding {
        let now = clock()
        // They read their clock at some moment while we waited.
        let skew = max(sent - theirs - .seconds(1), theirs - now, .zero)
        let side = theirs > now ? "behind" : "ahead of"
        return finding("clock", "agrees with that of \(name)\(skew > .zero ? " within \(Self.words(skew))" : "")") {
            guard skew <= Self.skewLimit else {
                throw Fault(
                    "doctor.clock_skew", .ourselves,
                    "The clock is \(Self.words(skew)) \(side) that of \(name), which says \(theirs.rfc3339).",
                    remedy: "Run a time service on both: one-time codes and signatures are good for seconds only.")
            }
        }
    }

    /// A span for people, in its largest whole unit or two.
    static func words(_ span: Duration) -> String {
        let seconds = max(0, span.components.seconds)
        if seconds < 120 { return "\(seconds) s" }
        if seconds < 7_200 { return "\(seconds / 60) min" }
        if seconds < 172_800 { return "\(seconds / 3_600) h" }
        return "\(seconds / 86_400) days"
    }

    /// The moment of a `Date` field (RFC 9110 §5.6.7, the form that is sent today).
    static func date(_ text: String) -> Timestamp? {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.date(from: text).map { Timestamp(seconds: Int64($0.timeIntervalSince1970)) }
    }
}
