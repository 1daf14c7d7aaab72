import Fetch
import Logging
import OAuth
import Storage
import Vocabulary

/// Pushes security events to their receivers (RFC 8935): each stream by itself, one event after the other, until it is taken.
/// What waits is there across restarts, because it was written with what happened; it is told at least once.
public actor SignalCourier {
    /// After so long in which a receiver took nothing, its stream is paused.
    static let patience: Duration = .days(1)
    private static let look = 64

    /// How the pushes went since the start.
    public struct Tally: Sendable {
        /// Events that were taken.
        public var pushed = 0
        /// Tries that failed.
        public var failed = 0
        /// Events that receivers will never take, or that waited too long.
        public var givenUp = 0
    }

    public private(set) var tally = Tally()
    private let store: Store
    private let clients: ClientTable
    private let tokens: SignalTokens
    private let servers: ReceiverServers
    private let bell: Bell
    private let logger: Logger
    private let clock: @Sendable () -> Timestamp
    private var busy: [SignalStreamID: Task<Void, Never>] = [:]

    init(
        store: Store, clients: ClientTable, tokens: SignalTokens, servers: ReceiverServers, bell: Bell, logger: Logger,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        (self.store, self.clients, self.tokens, self.servers) = (store, clients, tokens, servers)
        (self.bell, self.logger, self.clock) = (bell, logger, clock)
    }

    /// Pushes what is due until the task is cancelled.
    func run() async {
        await bell.follow(clock: clock) {
            await begin()
            return try? await store.read { [now = clock()] in try $0.nextSignalDue(after: now) }
        }
        for task in busy.values { task.cancel() }
        for task in busy.values { await task.value }
    }

    /// Tries everything that is due once, until nothing is.
    public func deliver() async {
        while true {
            await begin()
            guard !busy.isEmpty else { return }
            for task in busy.values { await task.value }
        }
    }

    /// Sets off with every stream that is due and not under way, as far as there are threads.
    private func begin() async {
        let now = clock()
        guard let due = try? await store.read({ try $0.dueSignalStreams(at: now, limit: Self.look) }) else { return }
        for id in due where busy[id] == nil && busy.count < ReceiverServers.atOnce {
            busy[id] = Task {
                await self.push(id)
                self.finish(id)
            }
        }
    }

    private func finish(_ id: SignalStreamID) {
        busy[id] = nil
        // Another stream may have waited for the thread.
        bell.ring()
    }

    private func count(_ outcome: SecurityEvent.Delivery) {
        switch outcome {
        case .delivered: tally.pushed += 1
        case .refused: tally.givenUp += 1
        case .failed: tally.failed += 1
        }
    }

    /// Pushes what waits on one stream, until nothing does or a try fails.
    private nonisolated func push(_ id: SignalStreamID) async {
        do {
            while !Task.isCancelled {
                let now = clock()
                guard let (stream, signal) = try await store.read({ try $0.nextPush(on: id, at: now) }) else { return }
                let outcome = try await push(signal, on: stream)
                try await note(outcome, signal, on: stream)
                await count(outcome)
                if case .failed(let code) = outcome {
                    logger.warning(
                        "a receiver of signals could not be told",
                        metadata: [
                            "stream": "\(id)", "code": "\(code)", "attempts": "\(stream.delivery.attempts + 1)",
                        ])
                    return
                }
            }
        } catch is CancellationError {
            return
        } catch {
            logger.error("a push could not be written down", metadata: ["stream": "\(id)", "error": "\(error)"])
            // It is due still, and told again: not at once.
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private nonisolated func push(
        _ signal: StoredSignal, on stream: SignalStream
    ) async throws -> SecurityEvent.Delivery {
        guard let client = clients.client(stream.client), let endpoint = stream.endpoint else {
            return .failed(code: "client_gone")
        }
        do {
            let token = try await tokens.token(signal, on: stream, for: client)
            var headers = [
                FetchHeader("Content-Type", SecurityEvent.mediaType), FetchHeader("Accept", "application/json"),
            ]
            if let header = try header(of: stream) { headers.append(FetchHeader("Authorization", header)) }
            let answer = try await servers.post(
                Array(token.utf8), to: endpoint, headers, isStrange: stream.isStrange)
            return SecurityEvent.Delivery(status: answer.status, body: answer.body)
        } catch let cancelled as CancellationError {
            throw cancelled
        } catch {
            return .failed(code: (error as? Fault)?.code ?? "failed")
        }
    }

    private nonisolated func header(of stream: SignalStream) throws -> String? {
        guard let sealed = stream.sealedHeader else { return nil }
        let bytes = try store.keys.open(sealed, purpose: .record, tenant: stream.tenant, context: stream.id.bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private nonisolated func note(
        _ outcome: SecurityEvent.Delivery, _ signal: StoredSignal, on stream: SignalStream
    ) async throws {
        let caller = Caller(tenant: stream.tenant, actor: .system("signals"), command: .random(at: clock()))
        try await store.write(.spool) { tx in
            switch outcome {
            case .delivered:
                try tx.sql.remove(signal: signal.jti, on: stream.id)
                try tx.sql.noteTaken(on: stream.id, at: tx.now)
            case .refused(let code):
                try tx.sql.remove(signal: signal.jti, on: stream.id)
                try tx.sql.noteTaken(on: stream.id, failure: code, at: tx.now)
                try SignalWriter.giveUp(1, .refused, on: stream.id, by: caller, tx)
            case .failed(let code): try Self.noteFailure(code, on: stream, by: caller, tx)
            }
        }
    }

    private static func noteFailure(
        _ code: String, on stream: SignalStream, by caller: Caller, _ tx: Transaction
    ) throws {
        guard let present = try tx.sql.signalStream(stream.id, in: stream.tenant) else { return }
        // Whoever changed the stream in the meantime mended it, perhaps.
        guard present.version == stream.version else { return }
        try tx.sql.noteFailure(
            on: stream.id, code, at: tx.now,
            until: tx.now + DeliveryPause.after(Int(present.delivery.attempts) + 1))
        guard present.status == .enabled, let since = present.delivery.failingSince, since + patience <= tx.now else {
            return
        }
        try SignalWriter.set(
            .paused, "The endpoint has taken nothing for a day (\(code)).", on: present, tells: true, by: caller, tx)
    }

    /// Gives up what has waited too long, a few at a time.
    func giveUpExpired() async throws {
        let (now, chunk) = (clock(), 200)
        while true {
            let gone = try await store.write(.spool) { tx in
                let gone = try tx.sql.removeExpiredSignals(at: now, limit: chunk)
                for (stream, tenant, count) in gone {
                    let caller = Caller(tenant: tenant, actor: .system("signals"), command: .random(at: now))
                    try SignalWriter.giveUp(count, .expired, on: stream, by: caller, tx)
                }
                return gone.reduce(0) { $0 + $1.count }
            }
            tally.givenUp += gone
            guard gone == chunk else { return }
        }
    }
}
