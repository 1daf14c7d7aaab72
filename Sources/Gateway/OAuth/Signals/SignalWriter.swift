import OAuth
import Storage
import Vocabulary

/// What streams go through, in rows and journal.
enum SignalWriter {
    /// Why events were not told.
    enum Loss: String {
        /// The receiver will never take it.
        case refused
        /// It waited too long.
        case expired
    }

    /// Gives a stream another status. What happens on a stream that is disabled is not held.
    ///
    /// - Parameters:
    ///   - tells: whether the receiver is told: of whatever it did not ask for itself (SSF 1.0 §8.1.5).
    ///   - holds: whether it is an administrator's word, which the receiver does not take back.
    static func set(
        _ status: SignalStream.Status, _ reason: String?, on stream: SignalStream, tells: Bool, holds: Bool = false,
        by caller: Caller,
        _ tx: Transaction
    ) throws {
        var changed = stream
        (changed.status, changed.reason) = (status, reason)
        changed.isHeld = holds && status != .enabled
        guard try tx.sql.update(changed, at: tx.now) else { throw Fault.stale("stream") }
        if status == .disabled { _ = try tx.sql.removeSignals(on: stream.id) }
        guard status != stream.status else { return }
        if tells {
            var record = SignalRecord(
                .streamUpdated, transaction: SignalQueue.transaction(of: caller.command.bytes, on: stream.id),
                happenedAt: tx.now.seconds)
            (record.status, record.reason) = (status.rawValue, reason)
            try tx.sql.leave(record, on: stream.id, at: tx.now)
        }
        let journal = Stream("signal_stream", stream.id)
        let facts = [Fact("client", .id(stream.client, "client"))]
        switch status {
        case .enabled: try tx.append(caller.event("signal_stream.enabled", journal, facts: facts))
        case .paused: try tx.append(caller.event("signal_stream.paused", journal, facts: facts))
        case .disabled: try tx.append(caller.event("signal_stream.disabled", journal, facts: facts))
        }
    }

    /// Lets a receiver see that its stream works (SSF 1.0 §8.1.4.1).
    static func verify(_ stream: SignalStream, state: String?, by caller: Caller, _ tx: Transaction) throws {
        var record = SignalRecord(
            .verification, transaction: SignalQueue.transaction(of: caller.command.bytes, on: stream.id),
            happenedAt: tx.now.seconds)
        record.state = state
        try tx.sql.leave(record, on: stream.id, at: tx.now)
    }

    /// Notes in the journal that events will not be told.
    static func giveUp(
        _ count: Int, _ loss: Loss, on stream: SignalStreamID, by caller: Caller, _ tx: Transaction
    ) throws {
        try tx.append(
            caller.event(
                "signal_stream.given_up", Stream("signal_stream", stream),
                facts: [Fact("reason", .word(loss.rawValue)), Fact("count", .integer(Int64(count)))]))
    }
}
