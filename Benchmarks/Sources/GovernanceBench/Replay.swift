import Authorization
import BenchTable
import Foundation
import Gateway
import Governance
import Storage
import Vocabulary

/// What is governed, loaded from a real store: 200 streams of 5,050 events each, written a few at a time over a year as
/// the gateway writes them, with snapshots every hundred events. Three in four are the counters of a rule under limits,
/// the others policies whose texts are sealed.
final class Replay: Sendable {
    private static let streams = 200
    private static let eventsInStream = 5_050
    private static let eventsAtOnce = 50
    private static let hoursBetween = 2

    private let folder = NSTemporaryDirectory() + "gatehouse-replay-" + UUID().uuidString
    private let clock = Clock()
    private let tenant = TenantID(high: 7, low: 7)
    private let store: Store
    private let ledgers: [Replayed<LimitLedger, LimitEvent>]
    private let policies: [Replayed<GovernedPolicy, PolicyEvent>]

    private init() async throws {
        store = try await Store.open(
            StoreConfiguration(directory: folder, node: NodeID(high: 1, low: 1)), masterKey: .generate(),
            clock: clock.now)
        let numbers = (0..<Self.streams).map(UInt64.init)
        ledgers = numbers.filter { $0 % 4 != 0 }.map { number in
            let rule = RuleID(high: 3, low: number)
            return Replayed(GovernedStream(LimitLedger.aggregate, rule)) { state, place, now in
                let usage = Usage(
                    at: now, zone: .utc, user: .person(PersonID(high: 5, low: UInt64(place % 10))), resource: nil,
                    amounts: ["qty": Amount(1)])
                return try (state ?? LimitLedger(rule: rule)).decide(.execute(usage), under: [], now: now)
            }
        }
        policies = numbers.filter { $0 % 4 == 0 }.map { number in
            let id = PolicyID(high: 4, low: number)
            return Replayed(GovernedStream(GovernedPolicy.aggregate, id)) { state, place, _ in
                let details = PolicyDetails(
                    name: "Data Retention Policy", description: "All customer data must be retained, note \(place).",
                    type: .regulatory, enforcement: .mandatory, scope: .organization)
                return try GovernedPolicy.decide(state == nil ? .create(id, details) : .update(details), on: state)
            }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func measure(_ table: BenchTable) async throws {
        let replay = try await Replay()
        let count = streams * eventsInStream
        let writing = ContinuousClock.now
        try await replay.write()
        let written = (ContinuousClock.now - writing) / .seconds(1)
        let floor = try await replay.floor()
        let zero = try await replay.load(fromSnapshot: false)
        let short = try await replay.load(fromSnapshot: true)
        say(
            String(
                format: "\(BenchTable.grouped(count)) events of \(streams) streams, written in %.1f s; "
                    + "SQLite alone hands over their records in %.2f s, so that is the floor", written, floor))
        table.most("Governance: 1,010,000 stored events loaded from zero", zero.seconds, 30, "s")
        table.most("Governance: the same loaded from snapshots", short.seconds, 1, "s")
        let live = try replay.ledgers.map { try bytes($0.state) } + replay.policies.map { try bytes($0.state) }
        table.exact("Governance: bytes of state that differ from zero", differing(live, zero.states), 0)
        table.exact("Governance: bytes of state that differ from snapshots", differing(live, short.states), 0)
        try await replay.store.close()
    }

    /// Bytes that are not the same, place by place, a missing one counted too.
    private static func differing(_ left: [[UInt8]], _ right: [[UInt8]]) -> Int {
        guard left.count == right.count, left.allSatisfy({ !$0.isEmpty }) else { return Int.max }
        return zip(left, right).reduce(0) { sum, pair in
            sum + zip(pair.0, pair.1).count { $0 != $1 } + abs(pair.0.count - pair.1.count)
        }
    }

    private func write() async throws {
        var place = 0
        while place < Self.eventsInStream {
            try await withThrowingTaskGroup(of: Void.self) { [place, store, tenant] group in
                for one in ledgers {
                    group.addTask { try await one.append(Self.eventsAtOnce, from: place, store, tenant) }
                }
                for one in policies {
                    group.addTask { try await one.append(Self.eventsAtOnce, from: place, store, tenant) }
                }
                try await group.waitForAll()
            }
            place += Self.eventsAtOnce
            clock.advance(.hours(Self.hoursBetween * Self.eventsAtOnce))
        }
    }

    /// Seconds in which the same rows come out of the same file, with nothing done about them.
    private func floor() async throws -> Double {
        let start = ContinuousClock.now
        var bytes = 0
        for one in ledgers.map(\.stream.stream) + policies.map(\.stream.stream) {
            bytes += try await store.read { [tenant] sql in
                var read = 0
                try sql.forEach(
                    "SELECT position, record FROM journal_event WHERE tenant = ?1 AND stream_kind = ?2"
                        + " AND stream = ?3 ORDER BY version",
                    [.id(tenant), .text(one.kind.rawValue), .blob(one.id)]
                ) { read += try $0.blob(1).count }
                return read
            }
        }
        guard bytes > 0 else { throw Unusable(what: "journal") }
        return (ContinuousClock.now - start) / .seconds(1)
    }

    private func load(fromSnapshot: Bool) async throws -> (seconds: Double, states: [[UInt8]]) {
        let start = ContinuousClock.now
        let ledgers = try await all(ledgers, fromSnapshot)
        let policies = try await all(policies, fromSnapshot)
        let taken = (ContinuousClock.now - start) / .seconds(1)
        return (taken, try ledgers.map(Self.bytes) + policies.map(Self.bytes))
    }

    /// One after another, on one thread.
    private func all<State, Event>(
        _ list: [Replayed<State, Event>], _ fromSnapshot: Bool
    ) async throws -> [State] {
        try await store.read { [tenant, keys = store.keys] sql in
            try list.map { one in
                let loaded = try one.stream.load(sql, in: tenant, keys: keys, fromSnapshot: fromSnapshot)
                guard let state = loaded.state, loaded.version >= Self.eventsInStream else {
                    throw Unusable(what: "stream")
                }
                return state
            }
        }
    }

    fileprivate static func bytes(_ state: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return Array(try encoder.encode(state))
    }
}
