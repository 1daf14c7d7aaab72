import Fetch
import Fixtures
import Foundation
import Gateway
import HTTPAPI
import Vocabulary

/// The tour without a browser: each step does what a person, an attacker or an administrator would do, over the same
/// sockets, and holds the answer to what was promised.
struct DemoTour {
    let stage: DemoStage
    private let startedAt: ContinuousClock.Instant

    init(_ stage: DemoStage, startedAt: ContinuousClock.Instant) {
        self.stage = stage
        self.startedAt = startedAt
    }

    /// Walks all steps, printing each; true when every one of them held.
    func walk() async -> Bool {
        Console.line("  ✓ directory, gateway, application and nginx started  \(Self.milliseconds(since: startedAt))")
        for (name, step) in steps {
            let start = ContinuousClock.now
            do {
                try await step()
                Console.line("  ✓ \(name)  \(Self.milliseconds(since: start))")
            } catch {
                let reason = (error as? CommandRefusal).map { $0.message ?? "" } ?? "\(error)"
                Console.error("  ✗ \(name)  \(Self.milliseconds(since: start))\n    \(Console.plain(reason))")
                return false
            }
        }
        Console.line("All of it in \(Self.milliseconds(since: startedAt)).")
        let isInTime = ContinuousClock.now - startedAt <= Self.limit
        if !isInTime { Console.error("  ✗ all of it may take \(Self.limit.components.seconds) s") }
        return isInTime
    }

    /// What the whole tour may take, the start of everything included; beyond it, the tour fails.
    private static let limit: Duration = .seconds(30)

    private static func milliseconds(since start: ContinuousClock.Instant) -> String {
        "\(Int((ContinuousClock.now - start) / .milliseconds(1))) ms"
    }

    private var steps: [(String, () async throws -> Void)] {
        [
            ("a stranger is sent to the login", strangerIsSentToLogin),
            ("ada signs in with her directory password and reaches the page she asked for", adaSignsIn),
            ("identity headers that the browser made up are not believed", spoofedHeaders),
            ("ada's application cookie is worth nothing at another application", replayedCookie),
            ("grace is denied, and the page says what is missing", graceIsDenied),
            ("a wrong password is refused", wrongPassword),
            ("after signing out the session is over", signOut),
        ] + secondFactorSteps + [
            ("a decision is explained", decideAndExplain)
        ] + serviceSteps + governanceSteps + [
            ("a directory job is planned, applied, and finds nothing more to do", directoryJob)
        ] + revocationSteps + [
            ("the journal lists what happened", listJournal),
            ("the journal verifies offline, up to the head kept outside", verifyJournal),
        ]
    }

    // MARK: In a browser

    private var protectedPage: String { stage.settings.url(DemoSettings.applicationHost, "/restricted") }
    var openPage: String { stage.settings.url(DemoSettings.applicationHost, "/") }

    func browser() throws -> TourBrowser { try TourBrowser(authorityFile: stage.authorityFile) }

    func signedIn(_ login: String, opening page: String) async throws -> TourBrowser {
        let browser = try browser()
        try await browser.open(page)
        try await signIn(browser, login, DemoSettings.password(of: login))
        return browser
    }

    func signIn(_ browser: TourBrowser, _ login: String, _ password: String) async throws {
        // The page offers two providers; the directory is the one of these people.
        let choice = browser.page.firstMatch(of: /name="provider" value="([^"]+)"[^>]*><span>Demo directory/)
        let provider = choice.map { ["provider": String($0.output.1)] } ?? [:]
        try await browser.submit(formWith: "identifier", provider.merging(["identifier": login]) { $1 })
        try await browser.submit(formWith: "password", ["password": password])
    }

    func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws {
        if !condition { throw CommandRefusal(what()) }
    }

    private func strangerIsSentToLogin() async throws {
        let browser = try browser()
        try await browser.open(protectedPage)
        let gate = stage.settings.url(DemoSettings.gatewayHost)
        try expect(browser.url.hasPrefix(gate), "\(protectedPage) led to \(browser.url) instead of \(gate).")
        try expect(
            browser.page.contains("name=\"identifier\""),
            "\(browser.url) answered \(browser.status) without a login form.")
    }

    private func adaSignsIn() async throws {
        let browser = try await signedIn("ada", opening: protectedPage)
        try expect(browser.url == protectedPage, "ada ended at \(browser.url) (\(browser.status)).")
        try expect(browser.status == 200, "The restricted page answered ada with \(browser.status).")
        try expect(browser.page.contains("<h1>Restricted</h1>"), "ada got another page than the restricted one.")
    }

    private func spoofedHeaders() async throws {
        let headers = stage.settings.url(DemoSettings.applicationHost, "/headers")
        let browser = try await signedIn("ada", opening: headers)
        try await browser.request(
            .get, headers,
            headers: [FetchHeader("X-Gatehouse-User", "root"), FetchHeader("X-Gatehouse-Roles", "Admin")])
        try expect(browser.status == 200, "The headers page answered \(browser.status).")
        try expect(
            !browser.page.contains("\"root\"") && !browser.page.contains("\"Admin\""),
            "A made-up identity header reached the application.")
        try expect(browser.page.contains("\"ada"), "The application was not told that ada is signed in.")
        browser.forgetCookies()
        try await browser.request(.get, headers, headers: [FetchHeader("X-Gatehouse-User", "root")])
        try expect(browser.status != 200, "A made-up identity header opened the application without a session.")
    }

    private func replayedCookie() async throws {
        let browser = try await signedIn("ada", opening: openPage)
        let other = stage.settings.url(DemoSettings.otherHost)
        browser.replay(cookiesOf: stage.settings.url(DemoSettings.applicationHost), at: other)
        try await browser.request(.get, other + "/")
        try expect(browser.status != 200, "Another application accepted a cookie that was not its own.")
    }

    private func graceIsDenied() async throws {
        let browser = try await signedIn("grace", opening: openPage)
        try expect(browser.status == 200, "grace cannot open the open page (\(browser.status) at \(browser.url)).")
        try await browser.open(protectedPage)
        try expect(browser.status == 403, "The restricted page answered grace with \(browser.status).")
        try expect(
            browser.page.contains("What would change it") && browser.page.contains("VaultKeeper"),
            "The page does not say what grace lacks:\n\(browser.page.suffix(900))")
        let sheet = browser.page.firstMatch(of: /href="(\/assets\/[^"]+)"/).map { String($0.output.1) } ?? "/"
        try await browser.request(.get, stage.settings.url(DemoSettings.applicationHost, sheet))
        try expect(browser.status == 200, "The stylesheet of that page answered \(browser.status).")
    }

    private func wrongPassword() async throws {
        let browser = try browser()
        try await browser.open(openPage)
        try await signIn(browser, "alan", "not the password of alan")
        try expect(
            browser.page.contains("role=\"alert\""),
            "A wrong password was not refused: \(browser.status) at \(browser.url).")
        try await browser.request(.get, openPage)
        try expect(browser.status != 200, "A wrong password opened the application.")
    }

    private func signOut() async throws {
        let browser = try await signedIn("ada", opening: protectedPage)
        try await browser.open(stage.settings.url(DemoSettings.applicationHost, "/.gatehouse/logout"))
        if HTMLForm.all(in: browser.page).contains(where: { $0.action.hasSuffix("/logout") }) {
            try await browser.submit(formWith: "csrf", [:])
        }
        try await browser.open(protectedPage)
        try expect(
            browser.page.contains("name=\"identifier\""),
            "After signing out, \(browser.url) answered \(browser.status).")
    }

    // MARK: As an administrator

    private func decideAndExplain() async throws {
        let client = ControlClient(socket: ControlSocket(stage.gateway.configuration).path)
        for (login, isPermitted) in [("ada", true), ("grace", false)] {
            let question: AttributeValue = [
                "subject": .string(login), "action": "read", "resource_type": "page", "resource": "/restricted",
            ]
            let decided = try await client.call(.post, "/api/v1/decide", question)
            try expect(decided["decision"]?.bool == isPermitted, "The decision about \(login) is wrong.")
            let explained = try await client.call(.post, "/api/v1/explain", question)
            try expect(explained["decision"]?.bool == isPermitted, "The explanation about \(login) disagrees.")
            let missing = explained["missing"]?.list ?? []
            try expect(isPermitted || !missing.isEmpty, "The explanation does not say what \(login) lacks.")
        }
    }

    private func directoryJob() async throws {
        let client = ControlClient(socket: ControlSocket(stage.gateway.configuration).path)
        func run(dryRun: Bool) async throws -> (people: Int, applied: Int64) {
            let report = try await client.call(
                .post, "/api/v1/sync-runs", ["provider": "directory", "dry_run": .bool(dryRun)])
            return (
                report["changes"]?.list?.count { $0["kind"] == "person" } ?? 0,
                report["counts"]?["applied"]?.integer ?? 0
            )
        }
        let planned = try await run(dryRun: true)
        try expect(planned.people > 0 && planned.applied == 0, "The plan is empty, or was applied: \(planned).")
        let applied = try await run(dryRun: false)
        try expect(applied.applied > 0, "The run applied nothing: \(applied).")
        let again = try await run(dryRun: false)
        try expect(again.people == 0 && again.applied == 0, "A second run found something to do: \(again).")
        let people = try await client.all("/api/v1/people")
        try expect(people.count == 12, "The directory has twelve people, the gateway \(people.count).")
    }

    private func listJournal() async throws {
        let client = ControlClient(socket: ControlSocket(stage.gateway.configuration).path)
        var types: Set<String> = []
        var position: Int64 = 0
        while true {
            let page = try await client.call(.get, "/api/v1/audit/events?limit=200&after=\(position)")
            let items = page["items"]?.list ?? []
            types.formUnion(items.compactMap { $0["type"]?.string })
            guard let last = items.last?["position"]?.integer else { break }
            position = last
        }
        for type in ["configuration.applied", "person.created", "session.started"] {
            try expect(
                types.contains(type),
                "The journal has no event \(type), only \(types.sorted().joined(separator: ", ")).")
        }
    }

    private func verifyJournal() async throws {
        let file = stage.folder.path + "/journal.jsonl"
        try await stage.gateway.exportJournal(of: nil, to: file)
        let heads = stage.folder.path + "/heads/heads.jsonl"
        let report = try JournalCheck.verify(file, checkpoint: heads)
        try expect(
            report.isSound && report.hasCheckpoint,
            "The journal does not verify: \(report.findings.joined(separator: "; "))")
    }
}
