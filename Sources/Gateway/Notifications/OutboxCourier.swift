import Foundation
import Logging
import Storage
import Vocabulary

/// Carries what waits in the outbox to one receiver, in order, until it is taken. What the receiver will never take is
/// let go of and counted; whatever else fails is tried again later, and holds up what comes behind it.
public actor OutboxCourier {
    /// One notice, opened.
    struct Letter: Sendable {
        let row: NotificationRow
        let content: NoticeContent
    }

    /// What became of one letter; those behind the first that failed stay where they are.
    enum Outcome: Sendable {
        case taken
        case refused
        case failed(any Error)
    }

    typealias Carrier = @Sendable ([Letter], Timestamp) async -> [Outcome]

    static let batch = 32
    private static let pollInterval: Duration = .seconds(1)

    /// Its name in the outbox.
    public nonisolated let receiver: String
    /// How the deliveries go.
    public private(set) var status: DeliveryStatus
    /// Notices that the receiver will never take.
    public private(set) var refused = 0
    private let carry: Carrier
    private let store: Store
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private var notBefore = Timestamp(seconds: 0)

    init(
        _ receiver: String, host: String, store: Store, clock: @escaping @Sendable () -> Timestamp, logger: Logger,
        carry: @escaping Carrier
    ) {
        status = DeliveryStatus(host: host)
        (self.receiver, self.store, self.clock, self.logger, self.carry) = (receiver, store, clock, logger, carry)
    }

    /// Delivers what is due until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            if clock() >= notBefore { await deliver() }
            do { try await Task.sleep(for: Self.pollInterval) } catch { return }
        }
    }

    /// Carries everything that waits, or as far as the receiver takes it.
    public func deliver() async {
        do {
            while let letters = try await next() {
                let outcomes = await carry(letters.open, clock())
                var done = letters.lost
                for (letter, outcome) in zip(letters.open, outcomes) {
                    switch outcome {
                    case .taken: status.deliveredAt = clock()
                    case .refused: noteRefusal(letter)
                    case .failed: continue
                    }
                    done.append(letter.row.number)
                }
                try await forget(done)
                if case .failed(let error)? = outcomes.last { throw error }
                guard outcomes.count == letters.open.count else {
                    throw Fault("notifications.undecided", .ourselves, "A carrier left letters without a word.")
                }
                status.succeeded()
            }
        } catch {
            fail(error)
        }
    }

    /// What waits; a notice that is too old, or that no key opens any more, is not told.
    private func next() async throws -> (open: [Letter], lost: [Int64])? {
        let (receiver, now) = (receiver, clock())
        let rows = try await store.read { try $0.waitingNotifications(of: receiver, limit: Self.batch) }
        guard !rows.isEmpty else { return nil }
        var (open, lost): ([Letter], [Int64]) = ([], [])
        for row in rows {
            guard row.expiresAt > now, let content = try? content(of: row) else {
                lost.append(row.number)
                continue
            }
            open.append(Letter(row: row, content: content))
        }
        return (open, lost)
    }

    private func content(of row: NotificationRow) throws -> NoticeContent {
        let bytes = try store.keys.open(row.sealed, purpose: .record, tenant: row.tenant, context: row.id.bytes)
        return try JSONDecoder().decode(NoticeContent.self, from: Data(bytes))
    }

    private func forget(_ numbers: [Int64]) async throws {
        guard !numbers.isEmpty else { return }
        try await store.write(.spool) { tx in try tx.sql.markTaken(numbers) }
    }

    // Never who was to be told, and never the receiver's own words: they may repeat an address.
    private func noteRefusal(_ letter: Letter) {
        refused += 1
        logger.warning(
            "a notice was refused for good",
            metadata: ["receiver": "\(receiver)", "topic": "\(letter.row.topic)", "id": "\(letter.row.id)"])
    }

    private func fail(_ error: any Error) {
        notBefore = clock() + status.failed(error, otherwise: "notifications.failed")
        logger.warning(
            "a receiver could not be told",
            metadata: [
                "receiver": "\(receiver)", "host": "\(status.host)", "code": "\(status.failure ?? "")",
                "failures": "\(status.failures)",
            ])
    }
}

extension OutboxCourier {
    /// How many notices wait for the receiver.
    public func waiting() async throws -> Int {
        let receiver = receiver
        return Int(try await store.read { try $0.countWaitingNotifications(of: receiver) })
    }
}
