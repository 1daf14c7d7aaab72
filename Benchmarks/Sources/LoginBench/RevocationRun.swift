import Authorization
import BenchTable
import Foundation
import Gateway
import Identity
import Synchronization
import Vocabulary

/// How long after an administrator's word a disabled person is still let in, while others are validated all the time.
struct RevocationRun {
    let stage: LoginStage

    func measure(_ table: BenchTable) async throws {
        var sessions: [(PersonID, StartedSession)] = []
        for number in 0..<LoginStage.directoryCount {
            let name = "far\(number)"
            let started = try await stage.login(
                name, SecretText(LoginStage.directoryPassword(number)), at: stage.corporate)
            sessions.append((started.session.person, started))
        }
        let others = try await stage.login("local0", LoginStage.password, at: stage.local).token.reveal()
        let validations = Validations(stage.gateway, others, stage.tenant)
        validations.start()
        var took: [Double] = []
        for (person, started) in sessions {
            _ = try await decision(about: person)
            took.append(try await revoke(person, started.token.reveal()))
            try await Task.sleep(for: .milliseconds(20))
        }
        let (perSecond, refused) = validations.stop()
        say(
            "\(BenchTable.grouped(Int(perSecond))) validations/s meanwhile; revocation p50 "
                + String(format: "%.2f ms, worst %.2f ms", percentile(took, 0.5) * 1_000, (took.max() ?? 0) * 1_000))
        table.least("validations while people are disabled", perSecond, 10_000, "per second")
        table.exact("validations of others that were refused", refused, 0)
        table.most("disabled to refused everywhere, p99", percentile(took, 0.99) * 1_000, 100, "ms")
    }

    private func revoke(_ person: PersonID, _ token: String) async throws -> Double {
        let start = ContinuousClock.now
        try await stage.gateway.people.disable(person, .administrator, by: stage.caller())
        while case .success = stage.gateway.sessions.validate(session: token, in: stage.tenant) { await Task.yield() }
        while try await !decision(about: person).reasons.contains("subject_disabled") { await Task.yield() }
        return (ContinuousClock.now - start) / .seconds(1)
    }

    private func decision(about person: PersonID) async throws -> DecisionAnswer {
        try await stage.gateway.decisions.decide(
            DecisionQuestion(
                .subject(kind: .person, id: person.description), action: "read", resourceType: "document",
                resourceID: "d-1"), in: stage.tenant, origin: DecisionOrigin(caller: nil, protocol: "bench"))
    }
}

/// A thread that validates one token, a hundred times every ten milliseconds or a little oftener.
private final class Validations: Sendable {
    private struct State {
        var isOver = false
        var count = 0
        var refused = 0
        var seconds = 0.0
    }
    private let state = Mutex(State())
    private let done = DispatchSemaphore(value: 0)
    private let gateway: Gateway
    private let token: String
    private let tenant: TenantID

    init(_ gateway: Gateway, _ token: String, _ tenant: TenantID) {
        (self.gateway, self.token, self.tenant) = (gateway, token, tenant)
    }

    func start() { Thread.detachNewThread { self.work() } }

    private func work() {
        let start = ContinuousClock.now
        var (count, refused) = (0, 0)
        while !state.withLock(\.isOver) {
            for _ in 0..<110 {
                if case .failure = gateway.sessions.validate(session: token, in: tenant) { refused += 1 }
                count += 1
            }
            let ahead = start + .milliseconds(count / 11) - .now
            if ahead > .zero { usleep(UInt32(ahead / .microseconds(1))) }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        state.withLock { ($0.count, $0.refused, $0.seconds) = (count, refused, seconds) }
        done.signal()
    }

    func stop() -> (perSecond: Double, refused: Int) {
        state.withLock { $0.isOver = true }
        done.wait()
        return state.withLock { (Double($0.count) / $0.seconds, $0.refused) }
    }
}
