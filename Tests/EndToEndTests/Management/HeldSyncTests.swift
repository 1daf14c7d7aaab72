import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite(
    "A directory job that would take too many away waits for a name", .enabled(if: SlapdServer.isInstalled),
    .timeLimit(.minutes(2)))
struct HeldSyncTests {
    private static let password = "a long enough local one"

    /// Runs the job once, takes these people away, and answers the id of the run that waits for a decision.
    private func held(
        _ directory: WatchedDirectory, without login: String, gone: Int, _ api: TestAPI
    ) async throws -> String {
        try await directory.remove(login)
        let report = try await api.send(.post, "/api/v1/sync-runs", ["provider": "corp"])
        #expect(report.status == 200)
        #expect(report.body?["state"] == "held", "\(report.text)")
        let reasons = try #require(report.body?["would_hold"]?.list)
        #expect(reasons.contains(.string("More people would go (\(gone)) than may (0).")), "\(reasons)")
        let run = try #require(report.body?["run"]?.string)
        let kept = try await api.send(.get, "/api/v1/sync-runs/\(run)").body
        #expect(
            kept?["hold_reasons"]?.list?.first == [
                "code": "too_many_people_removed", "count": .integer(Int64(gone)), "limit": 0,
                "message": .string("More people would go (\(gone)) than may (0)."),
            ])
        #expect(kept?["summary"]?["answered_people"]?.integer != nil)
        return run
    }

    private func status(of login: String, _ api: TestAPI) async throws -> AttributeValue? {
        try await api.send(.get, "/api/v1/people/\(login)").body?["status"]
    }

    @Test func itIsReleasedOrDroppedOverHTTPOnceAndByWhoMay() async throws {
        try await WatchedDirectory.serving { directory in
            let running = try await directory.gateway(
                extra: """
                    roles:
                      - { name: Looker, permissions: [ { action: read, type: sync_run }, { action: run, type: sync_run } ] }
                    """)
            let looker = try await key(of: "Looker", running.gateway)
            try await running.serve { api in
                let runs = "/api/v1/sync-runs"
                let dry = try await api.send(.post, runs, ["provider": "corp", "dry_run": true])
                #expect(dry.body?["state"] == "planned" && dry.body?["run"] == nil)
                let people = dry.body?["changes"]?.list?.filter { $0["kind"] == "person" } ?? []
                #expect(people.count == directory.fixture.people.count)
                #expect(try await api.send(.get, "/api/v1/people/alice").status == 404, "only planned")
                #expect(try await api.send(.get, runs).body?["items"] == [])
                #expect(try await api.send(.post, runs, ["provider": "nowhere"]).status == 404)
                let first = try await api.send(.post, runs, ["provider": "corp"])
                #expect(first.body?["state"] == "done")
                #expect(try await status(of: "alice", api) == "active")
                let done = try #require(first.body?["run"]?.string)
                #expect(try await api.send(.post, "\(runs)/\(done)/release").status == 409, "it is not held")

                let dropped = try await held(directory, without: "alice", gone: 1, api)
                #expect(try await status(of: "alice", api) == "active")
                for action in ["release", "drop"] {
                    let path = "\(runs)/\(dropped)/\(action)"
                    #expect(try await api.send(.post, path, token: looker).status == 403, "\(action)")
                    #expect(try await api.send(.post, path, token: .some(nil)).status == 401, "\(action)")
                }
                #expect(try await api.send(.get, "\(runs)/\(dropped)", token: looker).body?["state"] == "held")
                try await shows(dropped, api, looker)
                #expect(try await api.send(.post, "\(runs)/\(dropped)/drop").status == 204)
                let shown = try await api.send(.get, "\(runs)/\(dropped)").body
                #expect(shown?["state"] == "dropped")
                #expect(try await api.send(.get, "\(runs)/\(dropped)/changes").body?["items"] == [])
                #expect(
                    shown?["decided_by"]?.string?.hasPrefix("service_account:") == true, "\(String(describing: shown))")
                #expect(try await status(of: "alice", api) == "active", "nothing of it is applied")
                for action in ["release", "drop"] {
                    let again = try await api.send(.post, "\(runs)/\(dropped)/\(action)")
                    #expect(again.status == 409 && again.body?["code"] == "sync.not_held", "\(action): \(again.text)")
                }

                let released = try await held(directory, without: "bob", gone: 2, api)
                let answer = try await api.send(.post, "\(runs)/\(released)/release")
                #expect(answer.status == 200 && answer.body?["state"] == "done", "\(answer.text)")
                for login in ["alice", "bob"] {
                    #expect(try await status(of: login, api) == "leaver", "\(login)")
                }
                #expect(try await status(of: "carol", api) == "active")
                #expect(try await api.send(.post, "\(runs)/\(released)/release").status == 409)
                let listed = try await api.send(.get, runs).body?["items"]?.list ?? []
                #expect(listed.compactMap { $0["state"]?.string } == ["done", "dropped", "done"])
                let page = try await api.send(.get, runs + "?limit=1").body
                #expect(page?["items"]?.list?.first?["id"] == .string(released))
                let next = try #require(page?["next"]?.string)
                let second = try await api.send(.get, runs + "?limit=1&cursor=\(next)").body
                #expect(second?["items"]?.list?.first?["id"] == .string(dropped))
            }
        }
    }

    /// Whoever has to decide sees what would happen to whom, a page at a time; whoever may only read sees counts.
    private func shows(_ run: String, _ api: TestAPI, _ looker: String) async throws {
        let path = "/api/v1/sync-runs/\(run)/changes"
        #expect(try await api.send(.get, path, token: looker).status == 403)
        let changes = try await api.send(.get, path).body?["items"]?.list ?? []
        let leaver = changes.first { $0["kind"] == "person" }
        #expect(leaver?["change"] == "leave" && leaver?["login"] == "alice", "\(changes)")
        #expect(leaver?["name"]?.string?.isEmpty == false)
        let lost = changes.filter { $0["kind"] == "membership" && $0["change"] == "lost" }
        #expect(!lost.isEmpty && lost.allSatisfy { $0["login"] == "alice" && $0["group"]?.string?.isEmpty == false })
        let first = try await api.send(.get, path + "?limit=1").body
        let next = try #require(first?["next"]?.string)
        let second = try await api.send(.get, path + "?limit=1&cursor=\(next)").body
        #expect((first?["items"]?.list ?? []) + (second?["items"]?.list ?? []) == Array(changes.prefix(2)))
    }

    private func key(of role: String, _ gateway: Gateway) async throws -> String {
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        let account = try await gateway.serviceAccounts.create(name: "limited", description: nil, by: caller)
        let held = try await gateway.roles.role(named: role, in: caller.tenant)
        _ = try await gateway.roles.assign(held.id, to: .serviceAccount(account.id), expiresAt: nil, by: caller)
        return try await gateway.serviceAccounts.makeKey(
            for: account.id, name: "limited", scopes: nil, lifetime: .days(1), by: caller
        ).token.reveal()
    }

    // MARK: The page

    @Test func anAdministratorReleasesAndDropsItOnThePage() async throws {
        try await WatchedDirectory.serving { directory in
            let running = try await directory.gateway()
            try await running.serve { api in
                _ = try await api.send(.post, "/api/v1/sync-runs", ["provider": "corp"])
                let adele = try await ConsolePerson.signIn("adele", running.gateway, api)
                try await adele.open("")
                #expect(!adele.page.contains("Directory jobs that wait"), "nothing waits")
                try await drop(directory, api, adele)
                try await release(directory, api, adele)
            }
        }
    }

    private func drop(_ directory: WatchedDirectory, _ api: TestAPI, _ adele: ConsolePerson) async throws {
        let first = try await held(directory, without: "alice", gone: 1, api)
        try await adele.open("")
        #expect(adele.page.contains("Directory jobs that wait"))
        #expect(adele.page.contains("held: More people would go (1) than may (0)."))
        let place = "/directory-jobs/\(first)"
        try await adele.open(place)
        #expect(adele.page.contains("What it would do"))
        #expect(adele.page.contains("leave") && adele.page.contains("alice"))
        try await adele.open(place + "/drop")
        let forDrop = try adele.token(of: place + "/drop")
        // A token of one button is not the other's.
        for token in ["x", forDrop] {
            try await adele.post(place + "/release", "csrf=\(token)")
            #expect(adele.status == 403)
        }
        try await adele.open(place + "/drop")
        try await adele.submit(place + "/drop")
        #expect(adele.page.contains("The run is dropped; nothing of it is applied."))
        #expect(!adele.page.contains(place + "/release"), "it is decided once")
        #expect(try await status(of: "alice", api) == "active")
    }

    private func release(_ directory: WatchedDirectory, _ api: TestAPI, _ adele: ConsolePerson) async throws {
        let second = try await held(directory, without: "bob", gone: 2, api)
        let place = "/directory-jobs/\(second)"
        try await adele.open(place + "/release")
        let token = try adele.token(of: place + "/release")
        try await adele.submit(place + "/release")
        #expect(adele.page.contains("The run is released, and its changes are applied."))
        for login in ["alice", "bob"] {
            #expect(try await status(of: login, api) == "leaver", "\(login)")
        }
        let shown = try await api.send(.get, "/api/v1/sync-runs/\(second)").body
        #expect(shown?["state"] == "done")
        #expect(shown?["decided_by"]?.string?.hasPrefix("person:") == true, "\(String(describing: shown))")
        try await adele.post(place + "/release", "csrf=\(token)")
        #expect(adele.status == 409, "it is decided once")
        #expect(adele.page.contains("role=\"alert\""), "and said on the page")
    }
}
