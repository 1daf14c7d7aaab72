import Identity
import Storage
import Synchronization
import Vocabulary

/// What the events of logins say, and the fold that keeps a flood of failures out of the journal: of logins, and of messages of
/// SAML, each by itself.
final class LoginJournal: Sendable {
    /// What failed.
    enum Failure: Sendable {
        case login
        case samlMessage
    }

    struct Source: Hashable, Sendable {
        let failure: Failure
        let tenant: TenantID
        /// Keyed digest of the address; empty on a local socket.
        let digest: [UInt8]
    }

    private let fold = Mutex(FailureFold<Source>())

    /// Appends what the fold lets through of one failure.
    func refused(
        _ facts: [Fact], of flow: FlowID, from source: [UInt8]?, by caller: Caller, _ tx: Transaction
    ) throws {
        let origin = Source(failure: .login, tenant: caller.tenant, digest: source ?? [])
        for record in fold.withLock({ $0.record(origin, at: tx.now) }) {
            switch record {
            case .single:
                try tx.append(
                    caller.event("login.refused", Stream("login_flow", flow), facts: facts + Self.source(origin)))
            case .folded: try append(record, caller.command, tx)
            }
        }
    }

    /// What is to be appended of a message of SAML that was not believed; nil where it is folded: such a one takes no turn at
    /// the writer.
    func refusedMessage(
        _ facts: [Fact], from source: [UInt8]?, by caller: Caller, at now: Timestamp
    ) -> (@Sendable (Transaction) throws -> Void)? {
        let origin = Source(failure: .samlMessage, tenant: caller.tenant, digest: source ?? [])
        let records = fold.withLock { $0.record(origin, at: now) }
        guard !records.isEmpty else { return nil }
        return { [self] tx in
            for record in records {
                guard case .single = record else {
                    try append(record, caller.command, tx)
                    continue
                }
                try tx.append(
                    caller.event(
                        "saml.message_refused", Stream("tenant", caller.tenant), facts: facts + Self.source(origin)))
            }
        }
    }

    /// Appends the sums of windows that have ended, or of all at shutdown; the scheduler calls this.
    func drain(all: Bool, _ store: Store, now: Timestamp) async throws {
        let records = fold.withLock { all ? $0.drainAll() : $0.drain(at: now) }
        guard !records.isEmpty else { return }
        try await store.write(.spool) { [self] tx in
            for record in records { try append(record, CommandID.random(at: now), tx) }
        }
    }

    private func append(_ record: FailureFold<Source>.Record, _ command: CommandID, _ tx: Transaction) throws {
        guard case .folded(let source, let count, let first, let last) = record else { return }
        let caller = Caller(tenant: source.tenant, actor: .anonymous, command: command)
        try tx.append(
            caller.event(
                source.failure == .login ? "login.refusals_folded" : "saml.refusals_folded",
                Stream("tenant", source.tenant),
                facts: Self.source(source) + [
                    Fact("count", .integer(Int64(count))), Fact("first", .time(first)), Fact("last", .time(last)),
                ]))
    }

    private static func source(_ source: Source) -> [Fact] {
        source.digest.isEmpty ? [] : [Fact("source", .digest(source.digest))]
    }
}
