import Gateway
import Vocabulary

extension AdminSection {
    /// Directory jobs: what each did, what a held one would do, and whether it may.
    static let directoryJobs = AdminSection(
        slug: "directory-jobs", title: "Directory jobs", chapter: .system,
        access: .permission(action: "read", type: "sync_run"),
        routes: [
            .page("/directory-jobs", .permission(action: "read", type: "sync_run"), DirectoryJobPages.list),
            .page("/directory-jobs/{run}", .permission(action: "read", type: "sync_run"), DirectoryJobPages.show),
            .form(
                "/directory-jobs/{run}/release", .permission(action: "release", type: "sync_run"),
                DirectoryJobPages.askRelease
            ) { call, _ in
                let run = try await call.gateway.releaseSyncRun(try call.id("run"), by: call.caller)
                return .moved(to: "/directory-jobs/\(run.id)", notice: "released")
            },
            .form(
                "/directory-jobs/{run}/drop", .permission(action: "drop", type: "sync_run"),
                DirectoryJobPages.askDrop
            ) { call, _ in
                let run: SyncRunID = try call.id("run")
                try await call.gateway.sync.drop(run, by: call.caller)
                return .moved(to: "/directory-jobs/\(run)", notice: "dropped")
            },
        ],
        notices: [
            "released": "The run is released, and its changes are applied.",
            "dropped": "The run is dropped; nothing of it is applied.",
        ],
        summary: { call in
            let runs = try await call.gateway.syncRuns(in: call.tenant, limit: 25)
            let held = runs.filter { $0.state == "held" }
            guard !held.isEmpty else {
                return [.table(DirectoryJobPages.table("Directory jobs", Array(runs.prefix(5))))]
            }
            return [.table(DirectoryJobPages.table("Directory jobs that wait", held))]
        })
}

enum DirectoryJobPages {
    private static let trail = [AdminPage.Step("Directory jobs", "/directory-jobs")]

    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let runs = try await call.gateway.syncRuns(
            in: call.tenant, before: page.cursor.flatMap { SyncRunID($0.after) }, limit: page.limit + 1)
        let part = try call.cut(runs, page) { $0.id.description }
        var table = table("Directory jobs", part.shown)
        table.next = part.next
        if page.cursor != nil { table.first = "/directory-jobs" }
        return AdminPage(heading: "Directory jobs", blocks: [.table(table)])
    }

    static func table(_ title: String, _ runs: [SyncRunView]) -> AdminTable {
        AdminTable(
            title, columns: ["Started", "Provider", "State", "What it did"],
            rows: runs.map { run in
                [
                    AdminValue(run.startedAt.reading, to: "/directory-jobs/\(run.id)"), AdminValue(run.provider),
                    state(run.state).hinted(run.failure.map(adminWords)), summary(of: run),
                ]
            }, empty: "No directory job has run yet.")
    }

    static func state(_ word: String) -> AdminValue {
        switch word {
        case "done": .badge("done", .good)
        case "held": .badge("held", .caution)
        case "failed": .badge("failed", .bad)
        case "running", "applying": .badge(word, .info)
        default: .badge(adminWords(word), .plain)
        }
    }

    // MARK: One run

    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let run = try await call.gateway.syncRun(try call.id("run"), in: call.tenant)
        var page = AdminPage(heading: "Directory job of \(run.provider)", trail: trail)
        page.blocks.append(.actions(try await actions(for: run, call)))
        if !run.holdSentences.isEmpty {
            page.blocks.append(
                .text(AdminText("Why it is held", run.holdSentences, tone: run.state == "held" ? .caution : .plain)))
        }
        let names = try await call.names(ofActors: [run.decidedBy].compactMap { $0 })
        var rows: [(name: String, value: AdminValue)] = [
            ("State", state(run.state).hinted(run.failure.map(adminWords))),
            ("Begun by", run.trigger == "schedule" ? "its schedule" : "hand"), ("Started", AdminValue(run.startedAt)),
            ("Finished", AdminValue(run.finishedAt)), ("What it did", summary(of: run)),
        ]
        if let decider = run.decidedBy {
            rows.append(("Decided by", names.value(actor: decider).hinted(run.decidedAt?.reading)))
        }
        page.blocks.append(.facts(AdminFacts("The run", rows)))
        // For whoever may release it, because it names people.
        if run.state == "held", try await call.may("release", "sync_run") {
            page.blocks.append(.table(try await changes(of: run, call)))
        }
        return page
    }

    private static func actions(for run: SyncRunView, _ call: AdminCall) async throws -> [AdminAction] {
        guard run.state == "held" else { return [] }
        var actions: [AdminAction] = []
        if try await call.may("release", "sync_run") {
            actions.append(AdminAction("Release…", to: "/directory-jobs/\(run.id)/release"))
        }
        if try await call.may("drop", "sync_run") {
            actions.append(AdminAction("Drop…", to: "/directory-jobs/\(run.id)/drop", isDanger: true))
        }
        return actions
    }

    /// What a held run would do, to roles first, so that whoever decides sees it.
    private static func changes(of run: SyncRunView, _ call: AdminCall) async throws -> AdminTable {
        let page = try call.page(50)
        let start = page.cursor.flatMap { Int($0.after) } ?? 0
        let (found, total) = try await call.gateway.sync.changes(
            ofHeld: run.id, in: call.tenant, from: start, limit: page.limit + 1)
        let places = Array(zip(start..., found))
        let part = try call.cut(places, page) { String($0.0 + 1) }
        return AdminTable(
            "What it would do, \(total) in all", columns: ["Change", "What", "Who"], part, call
        ) { _, change in
            let group = change.group ?? change.groupKey
            let what = change.role.map { "role \($0)" } ?? group.map { "group \($0)" } ?? change.kind.rawValue
            let who = AdminValue(change.login ?? change.name ?? change.key)
                .hinted(change.login == nil ? nil : change.name)
            return [.badge(adminWords(change.change), tone(change)), AdminValue(what), who]
        }
    }

    private static func tone(_ change: SyncChange) -> AdminTone {
        switch change.change {
        case "lost", "leave", "delete", "disable": .bad
        case "gained", "create", "restore", "enable": .good
        default: change.kind == .conflict || change.kind == .warning ? .caution : .plain
        }
    }

    @Sendable static func askRelease(_ call: AdminCall) async throws -> AdminPage {
        try await ask(
            call, "Release this run?", "Everything that it would do is done, in your name.", button: "Release")
    }

    @Sendable static func askDrop(_ call: AdminCall) async throws -> AdminPage {
        try await ask(
            call, "Drop this run?", "Its plan is thrown away; the next run makes a new one.", button: "Drop")
    }

    private static func ask(
        _ call: AdminCall, _ heading: String, _ lead: String, button: String
    ) async throws -> AdminPage {
        let run = try await call.gateway.syncRun(try call.id("run"), in: call.tenant)
        let home = "/directory-jobs/\(run.id)"
        var page = AdminPage.question(
            heading, lead, trail: trail + [.init("Directory job of \(run.provider)", home)], at: call.place,
            button: button, back: home)
        if !run.holdSentences.isEmpty {
            page.blocks.insert(.text(AdminText("Why it is held", run.holdSentences, tone: .caution)), at: 0)
        }
        return page
    }

    // MARK: In words

    /// In the order in which a job goes about it.
    private static let summaryWords = [
        ("answered_people", "people read"), ("answered_groups", "groups read"), ("applied", "changes written"),
        ("memberships_gained", "memberships gained"), ("memberships_lost", "memberships lost"),
        ("nestings_gained", "nestings gained"), ("nestings_lost", "nestings lost"), ("roles_gained", "roles gained"),
        ("roles_lost", "roles lost"), ("conflicts", "conflicts"), ("warnings", "warnings"), ("skipped", "left out"),
    ]

    private static func summary(of run: SyncRunView) -> AdminValue {
        let counts = run.summary.object ?? [:]
        let parts = summaryWords.compactMap { name, words in
            counts[name]?.integer.flatMap { $0 == 0 ? nil : "\(words): \($0)" }
        }
        let did = AdminValue(parts.isEmpty ? "nothing" : parts.joined(separator: ", "))
        return .list([did] + run.holdSentences.map { AdminValue("held: \($0)") })
    }
}
