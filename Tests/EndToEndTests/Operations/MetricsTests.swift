import Fetch
import Fixtures
import Foundation
import Testing
import Vocabulary

@Suite("What is measured can be scraped", .enabled(if: SlapdServer.isInstalled), .timeLimit(.minutes(3)))
struct MetricsTests {
    private static let login = "gatehouse_logins_total{outcome=\"%\",provider_kind=\"ldap\"}"

    private static func scrape(_ installed: Installed) async throws -> (page: Exposition, text: String) {
        let answer = try await installed.ask("/metrics")
        try #require(answer.status == 200)
        return (Exposition(answer.text), answer.text)
    }

    private static func signIn(_ installed: Installed, _ login: String, _ password: String) async throws -> FormBrowser
    {
        let browser = try installed.browser()
        try await browser.open("https://localhost:\(installed.port)/login")
        try await browser.submit(formWith: "identifier", WatchedDirectory.identifier(login, on: browser.page))
        try await browser.submit(formWith: "password", ["password": password])
        return browser
    }

    private static let wrongPassword = "not the password that was chosen"

    @Test func aLoginARefusalADecisionAndAJobMoveTheirNumbers() async throws {
        try await WatchedDirectory.serving { directory in
            let installed = try await directory.installed()
            let alice = try #require(directory.fixture.person("alice"))
            try await installed.serving { _ in
                let before = try await Self.scrape(installed).page
                #expect(before.faults == [])
                try await Self.work(installed, alice)
                let (after, text) = try await Self.scrape(installed)
                #expect(after.faults == [])
                Self.expect(after, movedFrom: before)
                Self.expectLevels(after, directory)
                for secret in ["alice", alice.password, Self.wrongPassword, "mallory", "203.0.113.9"] {
                    #expect(!text.contains(secret), "\(secret)")
                }
            }
        }
    }

    /// A job, a login, a wrong password, a decision about somebody and one about nobody, and a key that is none.
    private static func work(_ installed: Installed, _ alice: FixturePerson) async throws {
        #expect(try await installed.done("sync", "run", "corp").hasPrefix("done"))
        let browser = try await signIn(installed, "alice", alice.password)
        #expect(browser.url.hasSuffix("/account"), "\(browser.page.suffix(400))")
        _ = try await signIn(installed, "alice", wrongPassword)
        _ = try await installed.run("decide", "alice", "read", "page:/desk")
        _ = try await installed.run("decide", "mallory", "read", "page:/desk")
        let stranger = try installed.browser()
        try await stranger.request(
            .get, "https://localhost:\(installed.port)/api/v1/people",
            headers: [FetchHeader("Authorization", "Bearer gh_k_" + String(repeating: "A", count: 43))])
        #expect(stranger.status == 401)
    }

    private static func expect(_ after: Exposition, movedFrom before: Exposition) {
        let moves: [(series: String, by: Double)] = [
            (login.replacingOccurrences(of: "%", with: "succeeded"), 1),
            (login.replacingOccurrences(of: "%", with: "refused"), 1),
            ("gatehouse_login_refusals_total{reason=\"bad_credentials\"}", 1),
            ("gatehouse_decisions_total{outcome=\"deny\"}", 2),
            ("gatehouse_decision_refusals_total{reason=\"unknown_subject\"}", 1),
            ("gatehouse_credential_refusals_total{credential=\"api_key\",reason=\"unknown\"}", 1),
            ("gatehouse_http_refusals_total{code=\"http.unauthenticated\"}", 1),
            ("gatehouse_sync_runs_total{provider=\"corp\",result=\"done\",tenant=\"main\"}", 1),
            ("gatehouse_sync_run_seconds_count{provider=\"corp\",tenant=\"main\"}", 1),
            ("gatehouse_sessions", 1),
        ]
        for (series, difference) in moves {
            let moved = (after[series] ?? .nan) - (before[series] ?? 0)
            #expect(moved == difference, "\(series) moved by \(moved)")
        }
        for series in [
            "gatehouse_writer_commit_seconds_count", "gatehouse_writer_batch_size_count",
            "gatehouse_writer_wait_seconds_count{lane=\"login\"}", "gatehouse_writer_wait_seconds_count{lane=\"sync\"}",
            "gatehouse_decisions_recorded_total", "process_cpu_seconds_total",
        ] {
            #expect((after[series] ?? -1) > (before[series] ?? .infinity), "\(series)")
        }
    }

    private static func expectLevels(_ page: Exposition, _ directory: WatchedDirectory) {
        let corp = "provider=\"corp\""
        let pool = "gatehouse_directory_connections{pool=\"search\",\(corp),state=\"idle\",tenant=\"main\"}"
        #expect((page[pool] ?? 0) >= 1)
        let server = directory.server.ldapsURL.map { $0.dropFirst("ldaps://".count) } ?? ""
        for (state, value) in [("closed", 1.0), ("open", 0), ("trial", 0)] {
            let series =
                "gatehouse_directory_breaker{\(corp),server=\"\(server)\",state=\"\(state)\",tenant=\"main\"}"
            #expect(page[series] == value, "\(series)")
        }
        #expect(page["gatehouse_password_hashing_threads"] ?? 0 >= 1)
        #expect(page["gatehouse_decision_recorder_up"] == 1)
        #expect(page["gatehouse_writer_waiting{lane=\"revocation\"}"] == 0)
        #expect(page["gatehouse_tenants_denying"] == 0)
        #expect((page["process_resident_memory_bytes"] ?? 0) > 10_000_000)
        let began = page["process_start_time_seconds"] ?? 0
        #expect(abs(Date().timeIntervalSince1970 - began) < 170)
        for reason in ["throttled", "second_factor_wrong", "link_refused"] {
            // A series is there before the first of its kind, so that this one counts.
            #expect(page["gatehouse_login_refusals_total{reason=\"\(reason)\"}"] == 0)
        }
    }

    /// Every metric of the page stands in the manual's table, and the other way round.
    @Test func theManualNamesEveryMetricAndNoOther() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            // The first refused request makes the last of the series.
            #expect(try await installed.ask("/nothing").status == 404)
            let page = try await Self.scrape(installed).page
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
            let manual = try String(contentsOf: root.appendingPathComponent("docs/operations.md"), encoding: .utf8)
            let named = Set(
                manual.matches(of: /`((?:gatehouse|process)_[a-z_]+)(?:\{[a-z_,]+\})?`/).map { String($0.output.1) })
            // Those of directories, sinks and their jobs have no series where there is none.
            let missing = Set(page.families.keys).subtracting(named)
            #expect(missing == [])
            let others = named.subtracting(page.families.keys)
            #expect(
                others.allSatisfy {
                    $0.contains("_directory_") || $0.contains("_sync_") || $0.contains("_head_")
                        || $0.contains("_nats_")
                },
                "\(others)")
        }
    }
}
