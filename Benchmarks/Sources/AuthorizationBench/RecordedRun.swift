import Authorization
import BenchTable
import Foundation
import Storage
import Vocabulary

/// The same decisions, each handed to a real recorder: sealed inputs, segments on disk, synced every 50 milliseconds.
final class RecordedRun {
    private let run: DecisionRun
    private let folder = NSTemporaryDirectory() + "gatehouse-decisions-" + UUID().uuidString
    private let tenant = TenantID(high: 1, low: 1)
    private let askers: [RecordedAsker]
    private let basis: RecordedBasis
    private let origin = RecordedOrigin(
        caller: .serviceAccount(ServiceAccountID(high: 7, low: 7)), protocol: "bench", request: "bench-request",
        trace: "bench-request")

    init(_ run: DecisionRun) {
        self.run = run
        basis = RecordedBasis(
            .init(
                policies: Array(repeating: 1, count: 32), roles: Array(repeating: 2, count: 32),
                mappings: Array(repeating: 3, count: 32), configuration: Array(repeating: 4, count: 32),
                engine: "bench", timeZones: "none"), index: run.index)
        let tenant = tenant
        var known: [String: RecordedAsker] = [:]
        askers = run.names.map { name in
            if let asker = known[name] { return asker }
            let asker = RecordedAsker(
                tenant: tenant,
                facts: .init(
                    subject: .person(PersonID(high: 3, low: UInt64(known.count))), subjectVersion: 1,
                    credential: .session(SessionID(high: 4, low: UInt64(known.count))), provider: nil,
                    strength: .aal1, methods: [.password], authenticatedAt: run.now))
            known[name] = asker
            return asker
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func measure(_ name: String, bar: Double, _ table: BenchTable) async throws {
        let clock: @Sendable () -> Timestamp = {
            Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        }
        let store = try await Store.open(
            StoreConfiguration(directory: folder + "/store", node: NodeID(high: 1, low: 1)), masterKey: .generate(),
            clock: clock)
        let tenant = tenant
        // The tenant's keys are made with its first event.
        _ = try await store.write(.administration) { tx in
            try tx.append(
                NewEvent(
                    context: EventContext(tenant: tenant, actor: .system("bench"), command: .random(at: tx.now)),
                    stream: Storage.Stream("tenant", tenant), type: "tenant.created"))
        }
        let recorder = try DecisionRecorder.open(
            DecisionRecorderConfiguration(directory: folder + "/decisions"), clock: clock,
            // The people of this world are in no store, so their inputs are sealed under the tenant's key.
            seal: { try store.sealInputs($0, nil, $2, $3) }, onClosed: { _ in })
        let outcome = pace(recorder, rate: bar * 1.05, seconds: 6)
        let drained = Processor.processSeconds
        await recorder.stop()
        let statistics = recorder.statistics
        let tail = Processor.processSeconds - drained
        let other = outcome.recorderSeconds + tail
        say(
            "\(name): \(BenchTable.grouped(outcome.count)) decisions in \(String(format: "%.1f", outcome.wall)) s: "
                + "\(BenchTable.grouped(Int(statistics.recorded))) recorded, of which "
                + "\(BenchTable.grouped(Int(statistics.folded))) folded into the count of another; "
                + "\(BenchTable.grouped(try bytes() >> 20)) MiB of segments; the recorder's thread took "
                + "\(Int(other * 1e9 / Double(outcome.count))) ns per decision, "
                + "slowest flush \(Int(statistics.slowestFlush / .milliseconds(1))) ms")
        table.least(
            "\(name): decisions recorded, on one core", Double(outcome.count) / outcome.thread, bar, "per second")
        table.exact("\(name): decisions dropped at the bar's rate", Int(statistics.lost + statistics.overflowed), 0)
        table.exact("\(name): inputs unreadable", Int(statistics.unreadableInputs), 0)
        table.exact(
            "\(name): sampled ids that lead to their record", try found(outcome.sample, store), outcome.sample.count)
        try await store.close()
    }

    private struct Outcome {
        var count = 0
        var thread = 0.0
        var recorderSeconds = 0.0
        var wall = 0.0
        var sample: [DecisionID] = []
    }

    /// Decides and hands over at this rate, sleeping in between; what counts is the processor time of this thread.
    private func pace(_ recorder: DecisionRecorder, rate: Double, seconds: Double) -> Outcome {
        var outcome = Outcome()
        let start = ContinuousClock.now, thread = Processor.threadSeconds, process = Processor.processSeconds
        // As a caller holds them, so that the loop measures decisions and not the unpacking of this object.
        let (names, requests, askers) = (run.names, run.requests, askers)
        let (index, people, resources) = (run.index, run.people, run.resources)
        let (basis, origin, begun) = (basis, origin, run.now.microseconds)
        while outcome.wall < seconds {
            for number in requests.indices {
                guard let standing = people.standing(of: names[number]) else { continue }
                let now = Timestamp(microseconds: begun + Int64(outcome.count))
                let request = requests[number]
                let decision = index.decide(request, standing: standing, resources: resources, now: now)
                let id = recorder.nextID(at: now)
                _ = recorder.record(
                    decision, id: id, at: now, request: request, standing: standing, resources: resources,
                    asker: askers[number], basis: basis, factsPosition: 42, origin: origin)
                outcome.count += 1
                if outcome.count % 400_003 == 0 { outcome.sample.append(id) }
                if outcome.count % 1_000 == 0 { wait(until: start + .seconds(Double(outcome.count) / rate)) }
            }
            outcome.wall = (ContinuousClock.now - start) / .seconds(1)
        }
        outcome.thread = Processor.threadSeconds - thread
        outcome.recorderSeconds = Processor.processSeconds - process - outcome.thread
        return outcome
    }

    private func wait(until moment: ContinuousClock.Instant) {
        let left = (moment - .now) / .microseconds(1)
        if left > 0 { usleep(UInt32(left)) }
    }

    private func found(_ ids: [DecisionID], _ store: Store) throws -> Int {
        let log = DecisionLog(directory: folder + "/decisions") { try store.openInputs($0, nil, $2, $3) }
        return try ids.count { id in
            guard let record = try log.find(id, tenant: tenant), case .read = record.inputs else { return false }
            return true
        }
    }

    private func bytes() throws -> Int {
        let segments = folder + "/decisions/" + tenant.description
        return try FileManager.default.contentsOfDirectory(atPath: segments).reduce(0) { sum, name in
            let attributes = try FileManager.default.attributesOfItem(atPath: segments + "/" + name)
            return sum + (attributes[.size] as? Int ?? 0)
        }
    }
}
