import Gateway
import Identity
import Vocabulary

/// One table of `/admin`, and the permission that shows it.
enum AdminPart: CaseIterable {
    case providers, syncRuns, people, sessions, journal

    var action: String { self == .sessions ? "list" : "read" }

    var type: String {
        switch self {
        case .providers: "provider"
        case .syncRuns: "sync_run"
        case .people: "person"
        case .sessions: "session"
        case .journal: "audit"
        }
    }

    /// Whether a page offers the way to `/admin`: whoever a role gives one of its parts, be it after a second factor.
    static func isOffered(to account: AccountCall, _ gateway: Gateway) async throws -> Bool {
        try await gateway.roles.gives(
            anyOf: allCases.map { RolePermission(action: $0.action, resourceType: $0.type) },
            to: .person(account.person.id), in: account.call.tenant.id)
    }

    func add(
        to page: inout AdminPage, _ gateway: Gateway, _ call: AccountCall, mayRelease: Bool
    ) async throws {
        let tenant = call.call.tenant.id
        switch self {
        case .providers: page.tables.append(try await Self.providers(gateway, call.call.tenant))
        case .syncRuns:
            let runs = try await gateway.syncRuns(in: tenant, limit: AdminRoutes.rowLimit)
            page.tables.append(try Self.syncRuns(runs, call, mayRelease))
            guard mayRelease else { return }
            for run in runs where run.state == "held" {
                page.tables.append(try await Self.changes(of: run, gateway, tenant))
            }
        case .people: page.tables.append(try await Self.people(gateway, call))
        case .sessions:
            page.figures.append(("People signed in", String(Set(Self.alive(gateway, tenant).map(\.person)).count)))
            page.tables.append(try await Self.sessions(gateway, tenant))
        case .journal:
            let size = try await gateway.audit.size(of: tenant).size
            page.figures.append(("Journal entries", String(size)))
            page.tables.append(try await Self.journal(gateway, tenant, size))
        }
    }

    private static func providers(_ gateway: Gateway, _ tenant: Tenant) async throws -> AdminPage.Table {
        let rows = try await gateway.providerHealth().filter { $0.tenant == tenant.slug }
        return AdminPage.Table(
            caption: "Providers", columns: ["Provider", "State", "Last directory job"],
            rows: rows.map { health -> [AdminPage.Cell] in
                let sync = health.lastSync.map {
                    "\($0.state)\($0.failure.map { ", \($0)" } ?? "") at \($0.startedAt.reading)"
                }
                return [.init(health.key), .init(words(health.state)), .init(sync ?? "–")]
            })
    }

    /// What a held run would do, so that whoever decides sees it: to roles first.
    private static func changes(
        of run: SyncRunView, _ gateway: Gateway, _ tenant: TenantID
    ) async throws -> AdminPage.Table {
        let (changes, total) = try await gateway.sync.changes(
            ofHeld: run.id, in: tenant, limit: AdminRoutes.changeLimit)
        var rows = changes.map { change -> [AdminPage.Cell] in
            let group = change.group ?? change.groupKey
            let what = change.role.map { "role \($0)" } ?? group.map { "group \($0)" } ?? change.kind.rawValue
            let who = change.login.map { login in change.name.map { "\(login) (\($0))" } ?? login }
            return [.init(words(change.change)), .init(what), .init(who ?? change.name ?? change.key)]
        }
        if total > changes.count {
            rows.append(["…", .init("\(total - changes.count) more"), .init("gatehouse sync show \(run.id)")])
        }
        return AdminPage.Table(
            caption: "What the held job of \(run.provider) would do", columns: ["Change", "What", "Who"], rows: rows)
    }

    private static func syncRuns(
        _ runs: [SyncRunView], _ call: AccountCall, _ mayRelease: Bool
    ) throws -> AdminPage.Table {
        AdminPage.Table(
            caption: "Directory jobs", columns: ["Started", "Provider", "State", "What it did", "Decide"],
            rows: try runs.map { run -> [AdminPage.Cell] in
                [
                    .init(run.startedAt.reading), .init(run.provider),
                    .init(words(run.state) + (run.failure.map { ", \($0)" } ?? "")), .init(summary(of: run)),
                    run.state == "held" && mayRelease ? try decision(run, call) : "–",
                ]
            })
    }

    private static func decision(_ run: SyncRunView, _ call: AccountCall) throws -> AdminPage.Cell {
        var cell: AdminPage.Cell = ""
        cell.buttons = try ["release", "drop"].map { action in
            AdminPage.Button(
                label: action == "release" ? "Release" : "Drop",
                path: call.call.path("/admin/sync-runs/\(run.id)/\(action)"),
                csrf: try call.token(AdminRoutes.purpose(action, run.id)))
        }
        return cell
    }

    /// In the order in which a job goes about it.
    private static let summaryWords = [
        ("answered_people", "people read"), ("answered_groups", "groups read"), ("applied", "changes written"),
        ("memberships_gained", "memberships gained"), ("memberships_lost", "memberships lost"),
        ("nestings_gained", "nestings gained"), ("nestings_lost", "nestings lost"), ("roles_gained", "roles gained"),
        ("roles_lost", "roles lost"), ("conflicts", "conflicts"), ("warnings", "warnings"), ("skipped", "left out"),
    ]

    private static func summary(of run: SyncRunView) -> String {
        let counts = run.summary.object ?? [:]
        let parts = summaryWords.compactMap { name, words in
            counts[name]?.integer.flatMap { $0 == 0 ? nil : "\($0) \(words)" }
        }
        let held = run.holdSentences.map { "held: \($0)" }
        let all = parts + held
        return all.isEmpty ? "nothing" : all.joined(separator: ", ")
    }

    private static func people(_ gateway: Gateway, _ call: AccountCall) async throws -> AdminPage.Table {
        let after = call.call.query["people"].flatMap { PersonID($0) }
        let limit = AdminRoutes.rowLimit
        let found = try await gateway.people.list(
            in: call.call.tenant.id, after: after, search: nil, limit: limit + 1)
        var table = AdminPage.Table(
            caption: "People", columns: ["Name", "User name", "State", "Kept by"],
            rows: found.prefix(limit).map { person -> [AdminPage.Cell] in
                [
                    .init(person.displayName ?? person.login), .init(person.login),
                    .init(person.isActive ? "active" : "disabled"), .init(person.managedBy.rawValue),
                ]
            })
        if found.count > limit { table.nextPath = call.call.path("/admin?people=\(found[limit - 1].id)") }
        return table
    }

    private static func alive(_ gateway: Gateway, _ tenant: TenantID) -> [Session] {
        gateway.sessions.sessions(in: tenant, after: nil, limit: 10_000)
    }

    private static func sessions(_ gateway: Gateway, _ tenant: TenantID) async throws -> AdminPage.Table {
        var rows: [[AdminPage.Cell]] = []
        for session in alive(gateway, tenant).sorted(by: { $0.lastSeenAt > $1.lastSeenAt }).prefix(AdminRoutes.rowLimit)
        {
            let person = try await gateway.people.person(session.person, in: tenant)
            let strength = session.strength >= .aal2 ? "two factors" : "one factor"
            rows.append([
                .init(person.login), .init(strength), .init(session.createdAt.reading),
                .init(session.lastSeenAt.reading),
            ])
        }
        return AdminPage.Table(caption: "Sessions", columns: ["Person", "Proven by", "Since", "Last used"], rows: rows)
    }

    private static func journal(
        _ gateway: Gateway, _ tenant: TenantID, _ size: Int64
    ) async throws -> AdminPage.Table {
        let limit = AdminRoutes.rowLimit
        let entries = try await gateway.audit.events(in: tenant, after: max(0, size - Int64(limit)), limit: limit)
        return AdminPage.Table(
            caption: "Newest journal entries", columns: ["Position", "Time", "What", "By"],
            rows: entries.reversed().map { entry -> [AdminPage.Cell] in
                [.init(String(entry.position)), .init(entry.at.reading), .init(entry.type), .init(entry.actor)]
            })
    }

    /// A code as words: `roles_gained` is "roles gained".
    private static func words(_ code: String) -> String {
        String(code.map { $0 == "_" ? " " : $0 })
    }
}
