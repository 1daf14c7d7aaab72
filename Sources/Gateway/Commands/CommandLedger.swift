import Crypto
import Foundation
import Storage
import Vocabulary

/// Remembers which commands were carried out and what they answered, so that a repetition has no second effect
/// (draft-ietf-httpapi-idempotency-key-header).
///
/// A command is claimed before it runs. What a process that died in between has done is not known, so its claim stands
/// until it is forgotten: at most one effect, always. Answers are sealed; one that speaks of a person, under that
/// person's key, so that erasure reaches it.
public struct CommandLedger: Sendable {
    let store: Store

    /// How long a command is remembered.
    public static let retention: Duration = .seconds(24 * 3_600)
    /// A larger answer is not kept; the claim is.
    public static let answerLimit = 48 << 10

    /// How a command stands when it is about to run.
    public enum Standing: Sendable, Equatable {
        /// It is new and now the caller's to carry out.
        case claimed
        /// It was carried out, and answered this.
        case answered([UInt8])
        /// It is being carried out, or was, and its answer is not kept.
        case withoutAnswer
        /// The id was used for another request.
        case anotherRequest
    }

    /// Claims a command for a request. `request` is everything that tells two requests apart, the caller included.
    public func claim(_ command: CommandID, request: [UInt8], in tenant: TenantID) async throws -> Standing {
        let digest = Data(SHA256.hash(data: request))
        return try await store.write(.administration) { [store] tx in
            guard let known = try tx.commandResult(command, tenant: tenant) else {
                let claim = Record(digest: digest, person: nil, answer: nil)
                try tx.record(try seal(claim, command, tenant), of: command, tenant: tenant)
                return .claimed
            }
            let record = try open(known, command, tenant)
            guard record.digest == digest else { return .anotherRequest }
            guard let sealed = record.answer else { return .withoutAnswer }
            // Whatever keeps it from opening (the person was erased), the command was carried out.
            let answer = try? store.openInputs(tenant, record.subject, command.bytes, Array(sealed))
            return answer.map(Standing.answered) ?? .withoutAnswer
        }
    }

    /// Keeps what a claimed command answered.
    /// - Parameter person: whom the answer speaks of; nil when it holds no personal data.
    public func keep(
        _ answer: [UInt8], of command: CommandID, about person: PersonID?, in tenant: TenantID
    ) async throws {
        guard answer.count <= Self.answerLimit else { return }
        try await store.write(.administration) { [store] tx in
            guard let known = try tx.commandResult(command, tenant: tenant) else { return }
            var record = try open(known, command, tenant)
            record.person = person
            record.answer = Data(try store.sealInputs(tenant, record.subject, command.bytes, answer))
            try tx.record(try seal(record, command, tenant), of: command, tenant: tenant)
        }
    }

    /// Gives a claim back: the command was refused and changed nothing.
    public func release(_ command: CommandID, in tenant: TenantID) async throws {
        try await store.write(.administration) { try $0.forget(command, tenant: tenant) }
    }

    /// Forgets what is older than the retention, at most `limit` commands.
    public func sweep(now: Timestamp, limit: Int) async throws {
        _ = try await store.write(.spool) { try $0.forgetCommands(before: now - Self.retention, limit: limit) }
    }

    private struct Record: Codable {
        let digest: Data
        var person: PersonID?
        var answer: Data?

        /// Under whose key the answer is sealed: the person's, else the tenant's own (a service account has none).
        var subject: Subject { person.map(Subject.person) ?? .serviceAccount(ServiceAccountID(high: 0, low: 0)) }
    }

    private func seal(_ record: Record, _ command: CommandID, _ tenant: TenantID) throws -> [UInt8] {
        let encoder = PropertyListEncoder()
        encoder.outputFormat = .binary
        return try store.keys.seal(
            Array(try encoder.encode(record)), purpose: .record, tenant: tenant, context: command.bytes)
    }

    private func open(_ sealed: [UInt8], _ command: CommandID, _ tenant: TenantID) throws -> Record {
        let bytes = try store.keys.open(sealed, purpose: .record, tenant: tenant, context: command.bytes)
        return try PropertyListDecoder().decode(Record.self, from: Data(bytes))
    }
}

extension Gateway {
    /// What remembers commands that carried an `Idempotency-Key`.
    public var commands: CommandLedger { CommandLedger(store: store) }
}
