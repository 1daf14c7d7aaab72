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
            try await administrator("adele", running.gateway)
            try await running.serve { api in
                _ = try await api.send(.post, "/api/v1/sync-runs", ["provider": "corp"])
                let web = try await signedIn("adele", api)
                try await web.open(WebPerson.gateway + "/admin")
                #expect(buttons(on: web).isEmpty, "nothing waits")

                let first = try await held(directory, without: "alice", gone: 1, api)
                try await web.open(WebPerson.gateway + "/admin")
                #expect(web.page.contains("held: More people would go (1) than may (0)."))
                #expect(web.page.contains("What the held job of corp would do"))
                #expect(web.page.contains("leave") && web.page.contains("alice ("))
                #expect(Set(buttons(on: web).keys) == ["\(first)/release", "\(first)/drop"])
                let address = WebPerson.gateway + "/admin/sync-runs/\(first)/"
                // A token of one button is not the other's.
                let forDrop = try #require(buttons(on: web)["\(first)/drop"])
                for token in ["x", forDrop] {
                    try await web.request(.post, address + "release", body: "csrf=\(token)")
                    #expect(web.status == 403)
                }
                try await web.request(.post, address + "drop", body: "csrf=\(forDrop)")
                #expect(web.status == 303 && web.location?.hasSuffix("/admin?done=drop") == true)
                try await web.open(WebPerson.gateway + "/admin?done=drop")
                #expect(web.page.contains("The run is dropped; nothing of it is applied."))
                #expect(buttons(on: web).isEmpty)
                #expect(try await status(of: "alice", api) == "active")

                let second = try await held(directory, without: "bob", gone: 2, api)
                try await web.open(WebPerson.gateway + "/admin")
                let release = try #require(buttons(on: web)["\(second)/release"])
                let path = WebPerson.gateway + "/admin/sync-runs/\(second)/release"
                try await web.request(.post, path, body: "csrf=\(release)")
                #expect(web.status == 303 && web.location?.hasSuffix("/admin?done=release") == true)
                for login in ["alice", "bob"] {
                    #expect(try await status(of: login, api) == "leaver", "\(login)")
                }
                let shown = try await api.send(.get, "/api/v1/sync-runs/\(second)").body
                #expect(shown?["state"] == "done")
                #expect(shown?["decided_by"]?.string?.hasPrefix("person:") == true, "\(String(describing: shown))")
                try await web.request(.post, path, body: "csrf=\(release)")
                #expect(web.status == 409, "it is decided once")
            }
        }
    }

    /// The page's tokens by what their buttons do: `run/action`.
    private func buttons(on web: WebPerson) -> [String: String] {
        HTMLForm.all(in: web.page).reduce(into: [:]) { found, form in
            let parts = form.action.split(separator: "/").map(String.init)
            guard parts.count == 4, parts[0] == "admin", parts[1] == "sync-runs" else { return }
            found["\(parts[2])/\(parts[3])"] = form.fields["csrf"]
        }
    }

    private func administrator(_ login: String, _ gateway: Gateway) async throws {
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        var edit = PersonEdit()
        edit.login = login
        let made = try await gateway.people.create(edit, by: caller)
        _ = try await gateway.credentials.setPassword(
            SecretText(Self.password), of: made.id, mustChange: false, by: caller)
        let admin = try await gateway.roles.role(named: "Admin", in: caller.tenant)
        _ = try await gateway.roles.assign(admin.id, to: .person(made.id), expiresAt: nil, by: caller)
    }

    private func signedIn(_ login: String, _ api: TestAPI) async throws -> WebPerson {
        let web = WebPerson(api.client)
        try await web.open(WebPerson.gateway + "/login")
        try await web.submit("identifier", ["identifier": login])
        try await web.submit("password", ["password": Self.password])
        #expect(web.status == 200 && web.url == WebPerson.gateway + "/account", "\(web.status) \(web.url)")
        return web
    }
}
