import BenchTable
import Foundation
import Gateway
import Passwords

/// Whole sign-ins to an application by many people at the same time, from its request over the login to its tokens, beside
/// the hash alone on as many threads: argon2id with what is set by default.
struct SignInRun {
    let stage: OAuthStage
    private let workers = 8
    private let turns = 3

    func measure(_ table: BenchTable) async throws {
        let open = try await stage.open()
        let hasher = try PasswordHasher(configuration: PasswordHasherConfiguration())
        let hash = try await hasher.hash(OAuthStage.password)
        _ = try await open.signIn(OpenGateway.login(0), to: "app")
        // In turns, so that a busy neighbour disturbs both alike.
        var (bare, whole) = (0.0, 0.0)
        for _ in 0..<turns {
            bare += try await rate(workers: workers, seconds: 3) { _, _ in
                _ = try await hasher.verify(OAuthStage.password, against: hash)
            }
            whole += try await rate(workers: workers, seconds: 3) { [workers] worker, round in
                // No two workers sign one person in at a time.
                let person = (worker + round * workers) % OAuthStage.peopleCount
                let tokens = try await open.signIn(OpenGateway.login(person), to: "app")
                _ = try OpenGateway.text("id_token", of: tokens)
            }
        }
        hasher.shutDown()
        try await open.gateway.close()
        say(
            String(
                format: "sign-ins to an application, tokens and all: %.1f/s, the hash alone %.1f/s",
                whole / Double(turns), bare / Double(turns)))
        table.least("sign-ins to an application, of the hash's own limit", 100 * whole / bare, 90, "%")
    }
}
