import Foundation
import Identity
import OAuth
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// What waits for receivers, and what wakes whoever tells them.
@Suite("Queues of security events", .timeLimit(.minutes(2)))
struct SignalQueueTests {
    private static func record(_ number: Int) -> SignalRecord {
        var record = SignalRecord(.sessionRevoked, transaction: "t", happenedAt: Int64(number))
        record.subject = "ada"
        return record
    }

    @Test("one event more than may wait costs the oldest, and is counted; each stream has a limit of its own")
    func bounded() async throws {
        let stage = try await GrantStage()
        var ids: [SignalStreamID] = []
        for _ in 0..<2 {
            ids.append(
                try await stage.gateway.signals.create(
                    [:], for: "app", isAboutEverybody: false, by: stage.gateway.root
                ).id)
        }
        let (full, other) = (ids[0], ids[1])
        try await stage.gateway.store.write(.administration) { tx in
            try tx.sql.leave(Self.record(0), on: other, at: tx.now)
            // As `leave` would, but for looking ten thousand times at how many there are.
            try tx.sql.execute(
                """
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
                INSERT INTO signal (stream, jti, kind, record, made_at, expires_at)
                SELECT ?1, 'jti-' || i, 'session-revoked', ?3, 0, ?4 FROM n
                """,
                [
                    .id(full), .integer(Int64(SignalQueue.limit - 1)), try JSONColumn.encode(Self.record(1)),
                    .time(tx.now + SignalQueue.lifetime),
                ])
            try tx.sql.leave(Self.record(2), on: full, at: tx.now)
        }
        var listed = try await stage.gateway.signals.stream(full, in: stage.tenant)
        #expect(listed.waiting == SignalQueue.limit && listed.dropped == 0)
        try await stage.gateway.store.write(.administration) { tx in
            try tx.sql.leave(Self.record(3), on: full, at: tx.now)
        }
        listed = try await stage.gateway.signals.stream(full, in: stage.tenant)
        #expect(listed.waiting == SignalQueue.limit && listed.dropped == 1)
        let oldest = try await stage.gateway.store.read { try $0.signals(on: full, limit: 1) }
        #expect(oldest.first?.jti == "jti-2")
        #expect(try await stage.gateway.signals.stream(other, in: stage.tenant).waiting == 1)
        // What has waited for seven days is given up, in pieces, and the journal says how much that was.
        stage.clock.advance(SignalQueue.lifetime)
        try await stage.gateway.signalCourier.giveUpExpired()
        #expect(try await stage.gateway.signals.stream(full, in: stage.tenant).waiting == 0)
        #expect(await stage.gateway.signalCourier.tally.givenUp == SignalQueue.limit + 1)
        try await stage.gateway.close()
    }

    @Test("a client has so many streams, and not one more; what an administrator says is read as strictly")
    func limits() async throws {
        let stage = try await GrantStage()
        let signals = stage.gateway.signals
        func make(_ json: [String: AttributeValue]) async throws -> ListedSignalStream {
            try await signals.create(json, for: "app", isAboutEverybody: false, by: stage.gateway.root)
        }
        for address in ["http://rp.example.org/", "https://u:p@rp.example.org/", "https://"] {
            await #expect(throws: Fault.self) {
                _ = try await make([
                    "delivery": ["method": "urn:ietf:rfc:8935", "endpoint_url": .string(address)]
                ])
            }
        }
        var ids: [SignalStreamID] = []
        for _ in 0..<SignalService.clientLimit { ids.append(try await make([:]).id) }
        await #expect(throws: Fault.self) { _ = try await make([:]) }
        try await signals.delete(ids[0], by: stage.gateway.root)
        _ = try await make([:])
        let long = String(repeating: "r", count: SignalService.reasonByteLimit + 1)
        await #expect(throws: Fault.self) {
            try await signals.set("paused", long, on: ids[1], by: stage.gateway.root)
        }
        await #expect(throws: Fault.self) {
            try await signals.set("off", nil, on: ids[1], by: stage.gateway.root)
        }
        try await stage.gateway.close()
    }

    @Test("a ring wakes whoever waits, and one that came during the work is not lost")
    func rung() async throws {
        let bell = Bell()
        let heard = bell.rings
        bell.ring()
        let began = ContinuousClock.now
        await bell.wait(past: heard, for: .seconds(30))
        let waiting = Task { await bell.wait(past: bell.rings, for: .seconds(30)) }
        try await Task.sleep(for: .milliseconds(50))
        bell.ring()
        await waiting.value
        let cancelled = Task { await bell.wait(past: bell.rings, for: .seconds(30)) }
        cancelled.cancel()
        await cancelled.value
        #expect(ContinuousClock.now - began < .seconds(10))
        let limited = ContinuousClock.now
        await bell.wait(past: bell.rings, for: .milliseconds(50))
        #expect(ContinuousClock.now - limited >= .milliseconds(50))
    }

    @Test("while nothing waits nobody looks; what is due later is looked at then, and no sooner than half a second")
    func followed() async throws {
        let bell = Bell()
        let counts = Counter()
        let work = Task {
            await bell.follow(clock: SystemClock.now) {
                await counts.add()
                return await counts.value == 1 ? nil : SystemClock.now()
            }
        }
        try await Task.sleep(for: .milliseconds(700))
        #expect(await counts.value == 1)
        bell.ring()
        try await Task.sleep(for: .milliseconds(200))
        #expect(await counts.value == 2)
        // Due at once, and again: at most every half second.
        try await Task.sleep(for: .milliseconds(1_200))
        let value = await counts.value
        #expect((3...5).contains(value))
        work.cancel()
        await work.value
    }

    private actor Counter {
        var value = 0
        func add() { value += 1 }
    }
}
