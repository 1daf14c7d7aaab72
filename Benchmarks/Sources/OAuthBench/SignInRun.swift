import BenchTable
import Foundation
import Gateway
import Passwords

/// Whole sign-ins to an application by many people at the same time, from its request over the login to its tokens, beside
/// the hash alone on as many threads: argon2id with what is set by default.
struct SignInRun {
    let stage: OAuthStage
    // As many as there are people, so that the hashing threads have work while others wait for the disk.
    private let workers = OAuthStage.peopleCount
    private let turns = 4
    private let seconds = 4.0

    func measure(_ table: BenchTable) async throws {
        let open = try await stage.open()
        let hasher = try PasswordHasher(configuration: PasswordHasherConfiguration())
        let hash = try await hasher.hash(OAuthStage.password)
        _ = try await open.signIn(OpenGateway.login(0), to: "app")
        var (bare, whole) = (Sum(), Sum())
        // In turns, of which the best of each counts: the hash keeps one core busy and a sign-in needs a little of
        // another, so that a busy neighbour would disturb only one of the two.
        for _ in 0..<turns {
            try await bare.add(workers, seconds) { _, _ in
                _ = try await hasher.verify(OAuthStage.password, against: hash)
            }
            try await whole.add(workers, seconds) { worker, _ in
                let tokens = try await open.signIn(OpenGateway.login(worker), to: "app")
                _ = try OpenGateway.text("id_token", of: tokens)
            }
        }
        hasher.shutDown()
        try await open.gateway.close()
        say("sign-ins to an application, tokens and all: \(whole.text); the hash alone: \(bare.text)")
        let share = 100 * whole.best / bare.best
        table.least("sign-ins to an application, of the hash's own limit", share, 90, "%")
    }

    /// Sign-ins alone, for a profiler: nothing of the bare hash in the picture.
    func signInsAlone() async throws {
        let open = try await stage.open()
        var whole = Sum()
        try await whole.add(workers, 10) { worker, _ in
            _ = try await open.signIn(OpenGateway.login(worker), to: "app")
        }
        try await open.gateway.close()
        say("sign-ins to an application, tokens and all: \(whole.text)")
    }

    /// How often something was done, and what of the processor it took.
    private struct Sum {
        private(set) var best = 0.0
        private var count = 0.0
        private var processor = 0.0

        var text: String {
            String(format: "at best %.1f/s, %.1f ms of processor time each", best, 1_000 * processor / max(1, count))
        }

        mutating func add(
            _ workers: Int, _ seconds: Double, _ work: @escaping @Sendable (Int, Int) async throws -> Void
        ) async throws {
            let (start, before) = (ContinuousClock.now, Processor.processSeconds)
            let measured = try await rate(workers: workers, seconds: seconds, work)
            best = max(best, measured)
            count += measured * ((ContinuousClock.now - start) / .seconds(1))
            processor += Processor.processSeconds - before
        }
    }
}
