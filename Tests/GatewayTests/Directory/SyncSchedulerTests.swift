import Identity
import Logging
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("Directory jobs run when they are due")
struct SyncSchedulerTests {
    private struct Fixed: RandomNumberGenerator {
        var value: UInt64
        mutating func next() -> UInt64 { value }
    }

    private static func scheduler(_ bench: SyncBench, _ target: SyncTarget) -> SyncScheduler {
        SyncScheduler(
            bench.service, targets: [target], clock: bench.clock,
            logger: Logger(label: "sync", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// When a scheduler that was just started means to run next.
    private static func nextRun(_ bench: SyncBench, _ target: SyncTarget) async throws -> Timestamp {
        let scheduler = scheduler(bench, target)
        let running = Task { await scheduler.run() }
        defer { running.cancel() }
        for _ in 0..<400 {
            if let next = scheduler.health[target.provider]?.nextAt { return next }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Fault("test.schedule", .ourselves, "The scheduler planned nothing.")
    }

    @Test("A due provider runs, its result is kept, and a failure is counted until the next good run")
    func health() async throws {
        let bench = try await SyncBench()
        bench.fill(2)
        var target = bench.target()
        target.schedule = .every(.minutes(15))
        let scheduler = Self.scheduler(bench, target)
        let task = Task { await scheduler.run() }
        for _ in 0..<500 where scheduler.health[bench.provider]?.state != .done {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(scheduler.health[bench.provider]?.state == .done)
        #expect(try await bench.person("p0") != nil)
        for _ in 0..<200 where scheduler.health[bench.provider]?.nextAt != bench.clock() + .minutes(15) {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(scheduler.health[bench.provider]?.nextAt == bench.clock() + .minutes(15))
        task.cancel()
        await task.value

        bench.source.fault = Fault("directory.unreachable", .peer, "Gone.")
        await scheduler.perform(target)
        await scheduler.perform(target)
        #expect(scheduler.health[bench.provider]?.failures == 2)
        #expect(scheduler.health[bench.provider]?.failure == "directory.unreachable")
        bench.source.fault = nil
        await scheduler.perform(target)
        #expect(scheduler.health[bench.provider]?.failures == 0)
        #expect(scheduler.health[bench.provider]?.state == .done)
    }

    @Test("Jitter lies between nothing and its bound, both included; without a bound there is none")
    func jitterBounds() {
        let longest = Duration.seconds(90)
        var (low, high) = (Fixed(value: 1), Fixed(value: .max))
        #expect(SyncScheduler.jitter(upTo: longest, using: &low) == .zero)
        #expect(SyncScheduler.jitter(upTo: longest, using: &high) == longest)
        #expect(SyncScheduler.jitter(upTo: .zero, using: &high) == .zero)
        var system = SystemRandomNumberGenerator()
        let drawn = (0..<200).map { _ in SyncScheduler.jitter(upTo: longest, using: &system) }
        #expect(drawn.allSatisfy { $0 >= .zero && $0 <= longest })
        #expect(Set(drawn).count > 100, "jobs of many gateways must not begin together")
    }

    @Test("The next run is an interval after the last one's start, and up to the jitter later")
    func jitterOfTheNextRun() async throws {
        let bench = try await SyncBench()
        bench.fill(3)
        try await bench.run()
        var target = bench.target()
        target.schedule = .every(.hours(1))
        #expect(try await Self.nextRun(bench, target) == SyncBench.start + .hours(1))
        target.jitter = .minutes(10)
        var seen: Set<Timestamp> = []
        for _ in 0..<5 {
            let next = try await Self.nextRun(bench, target)
            #expect(next >= SyncBench.start + .hours(1) && next <= SyncBench.start + .hours(1) + .minutes(10))
            seen.insert(next)
        }
        #expect(seen.count > 1, "drawn anew each time")
    }

    @Test("Leavers are deleted by the scheduler when their grace period is over, and not a day before")
    func graceDays() async throws {
        let bench = try await SyncBench()
        bench.fill(30)
        try await bench.run()
        bench.source.remove("p0")
        try await bench.run()
        #expect(try await bench.person("p0")?.status.word == "leaver")
        bench.advance(.days(1) - .seconds(1))
        #expect(try await bench.service.deleteLeavers(in: bench.tenant) == 0)
        #expect(try await bench.person("p0") != nil)
        bench.advance(.seconds(1))
        let scheduler = Self.scheduler(bench, bench.target())
        let running = Task { await scheduler.run() }
        defer { running.cancel() }
        for _ in 0..<400 where try await bench.person("p0") != nil { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try await bench.person("p0") == nil)
        #expect(try await bench.person("p1")?.isActive == true)
    }
}
