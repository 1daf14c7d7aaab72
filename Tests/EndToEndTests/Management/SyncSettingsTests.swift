import Fixtures
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// What `sync` says in the configuration holds for a real directory's job.
@Suite("Settings of directory jobs", .enabled(if: SlapdServer.isInstalled), .timeLimit(.minutes(2)))
struct SyncSettingsTests {
    private func run(_ api: TestAPI) async throws -> AttributeValue? {
        try await api.send(.post, "/api/v1/sync-runs", ["provider": "corp"]).body
    }

    @Test func aPercentageOfRemovalsPassesAndOnePastItIsHeld() async throws {
        try await WatchedDirectory.serving { directory in
            let running = try await directory.gateway(
                settings: "sync: { guard: { removals_count: 0, removals_percent: 50% } }")
            let logins = directory.fixture.people.map(\.login)
            let half = logins.count / 2
            try await running.serve { api in
                #expect(try await run(api)?["state"] == "done")
                for login in logins.prefix(2) { try await directory.remove(login) }
                let passed = try await run(api)
                #expect(passed?["state"] == "done", "two of \(logins.count): \(String(describing: passed))")
                for login in logins.dropFirst(2).prefix(half) { try await directory.remove(login) }
                let held = try await run(api)
                #expect(held?["state"] == "held", "\(half) of \(logins.count - 2)")
                #expect(held?["would_hold"]?.list?.isEmpty == false)
            }
        }
    }

    @Test func leaversAreKeptForGraceDaysAndThenDeleted() async throws {
        let clock = MovedClock()
        try await WatchedDirectory.serving { directory in
            let running = try await directory.gateway(settings: "sync: { grace_days: 7 }", clock: clock.now)
            let tenant = try #require(running.gateway.tenants.defaultTenant).id
            try await running.serve { api in
                #expect(try await run(api)?["state"] == "done")
                try await directory.remove("alice")
                #expect(try await run(api)?["state"] == "done")
                let alice = try #require(try await api.send(.get, "/api/v1/people/alice").body)
                #expect(alice["status"] == "leaver")
                clock.advance(.days(7) - .seconds(1))
                #expect(try await running.gateway.sync.deleteLeavers(in: tenant) == 0, "a second before")
                clock.advance(.seconds(1))
                #expect(try await running.gateway.sync.deleteLeavers(in: tenant) == 1)
                let key = try await TestGateway.administrator(of: running.gateway, tenant: "default", named: "later")
                #expect(try await api.send(.get, "/api/v1/people/alice", token: key).status == 404)
                #expect(try await api.send(.get, "/api/v1/people/bob", token: key).status == 200)
            }
        }
    }
}
