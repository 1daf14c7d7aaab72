import BenchTable
import Foundation
import Passwords

/// Logins with passwords kept here, beside the hash alone on as many threads.
struct PasswordRun {
    let stage: LoginStage
    private let workers = 8

    func measure(_ table: BenchTable) async throws {
        let hasher = try PasswordHasher(configuration: PasswordHasherConfiguration())
        let hash = try await hasher.hash(LoginStage.password)
        // In turns, so that a busy neighbour disturbs both alike.
        var (bare, logins) = (0.0, 0.0)
        for _ in 0..<3 {
            bare += try await rate(workers: workers, seconds: 3) { _, _ in
                _ = try await hasher.verify(LoginStage.password, against: hash)
            }
            logins += try await rate(workers: workers, seconds: 3) { [stage] worker, round in
                let name = "local\((worker + round * 8) % LoginStage.localCount)"
                _ = try await stage.login(name, LoginStage.password, at: stage.local)
            }
        }
        hasher.shutDown()
        say(String(format: "password logins %.1f/s, the hash alone %.1f/s", logins / 3, bare / 3))
        table.least("password logins, of the hash's own limit", 100 * logins / bare, 90, "%")
    }
}
