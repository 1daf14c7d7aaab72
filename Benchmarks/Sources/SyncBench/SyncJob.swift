import Foundation
import Gateway
import Identity
import Logging
import Synchronization
import Vocabulary

/// What one run took, as the process that ran it tells its parent.
struct JobResult: Codable {
    var fetch = 0.0
    var plan = 0.0
    var apply = 0.0
    var total = 0.0
    var entries = 0
    var applied = 0
    var skipped = 0
    var planned = 0
    /// The longest of 99 in 100 waits of a login that was begun during the run, in seconds.
    var loginP99 = 0.0
    var loginWorst = 0.0
    var logins = 0
    /// Processor time of this process, all threads, in seconds.
    var processor = 0.0
    /// Peak resident memory of this process.
    var residentMiB = 0
}

/// The process under test: a gateway, as `serve` opens it, that runs one directory job while people begin logins.
enum SyncJob {
    static func run(configuration file: String, result: String) async throws {
        let configuration = try ConfigurationLoader.load(file: file, environment: [:])
        var logger = Logger(label: "bench", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .error
        let gateway = try await Gateway.open(configuration, logger: logger)
        guard let tenant = gateway.tenants.tenant(slug: "main")?.id else { throw BenchError("There is no tenant.") }
        let target = try gateway.syncTarget(named: "corporate", in: tenant)
        let caller = Caller(
            tenant: tenant, actor: .operatingSystemUser(getuid()), command: .random(at: gateway.clock()))
        let logins = Task { await beginLogins(gateway, tenant) }
        let (phases, before) = (Phases(), processorSeconds())
        let report = try await gateway.sync.run(target, trigger: "manual", by: caller) { phases.note($0) }
        var measured = phases.result(at: .now)
        measured.processor = processorSeconds() - before
        logins.cancel()
        let waits = try await logins.value.get().sorted()
        measured.logins = waits.count
        measured.loginP99 = waits.isEmpty ? 0 : waits[waits.count * 99 / 100]
        measured.loginWorst = waits.last ?? 0
        measured.entries = report.counts.answeredPeople + report.counts.answeredGroups
        measured.planned = report.plan.stepCount
        measured.applied = report.counts.applied
        measured.skipped = report.counts.skipped
        measured.residentMiB = peakKiB() / 1_024
        try await gateway.close()
        try JSONEncoder().encode(measured).write(to: URL(fileURLWithPath: result))
    }

    /// Begins a login every few milliseconds until cancelled; each is a durable write in the lane of logins.
    private static func beginLogins(_ gateway: Gateway, _ tenant: TenantID) async -> Result<[Double], any Error> {
        var waits: [Double] = []
        do {
            while !Task.isCancelled {
                let start = ContinuousClock.now
                _ = try await gateway.login.begin(
                    LoginBeginning(), from: LoginBrowser(tenant: tenant, preSession: nil))
                waits.append((ContinuousClock.now - start).seconds)
                try? await Task.sleep(for: .milliseconds(20))
            }
            return .success(waits)
        } catch {
            return .failure(error)
        }
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func peakKiB() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") } ?? ""
        return Int(line.filter(\.isNumber)) ?? 0
    }
}

/// When each phase of the run began.
private final class Phases: Sendable {
    private struct Moments {
        let start = ContinuousClock.now
        var fetched: ContinuousClock.Instant?
        var planned: ContinuousClock.Instant?
    }
    private let moments = Mutex(Moments())

    func note(_ progress: SyncProgress) {
        moments.withLock { moments in
            switch progress {
            case .fetching: break
            case .planning: moments.fetched = .now
            case .applying: moments.planned = moments.planned ?? .now
            }
        }
    }

    func result(at end: ContinuousClock.Instant) -> JobResult {
        moments.withLock { moments in
            let fetched = moments.fetched ?? end
            let planned = moments.planned ?? end
            return JobResult(
                fetch: (fetched - moments.start).seconds, plan: (planned - fetched).seconds,
                apply: (end - planned).seconds, total: (end - moments.start).seconds)
        }
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
