import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite struct DirectoryLoginTests {
    private func identity(
        _ bench: LoginBench, key: String = "1111", login: String = "carla", mail: String? = "carla@works.example",
        groups: [String] = []
    ) -> ExternalIdentity {
        ExternalIdentity(
            provider: bench.upstream, subjectKey: key, login: login, displayName: "Carla", mail: mail,
            groups: groups.map { UpstreamGroup(key: $0, name: "cn=\($0)") })
    }

    private func signIn(_ bench: LoginBench, _ name: String = "carla@works.example") async throws -> LoginResult {
        try await bench.signIn(name, SecretText("pw"), provider: bench.upstream)
    }

    private func groups(_ bench: LoginBench, _ person: PersonID) async throws -> [String] {
        try await bench.store.read { sql in
            try sql.directGroups(of: person).compactMap { try sql.group($0, in: bench.tenant)?.upstream?.key }.sorted()
        }
    }

    @Test func `a first login makes the person, later ones bring name and groups up to date`() async throws {
        let bench = try await LoginBench()
        bench.answer.current = .verified(identity(bench, groups: ["g1", "g2"]), mustChange: false)
        let person = try #require(try await signIn(bench).completed).started.session.person
        #expect(try await groups(bench, person) == ["g1", "g2"])
        bench.answer.current = .verified(
            identity(bench, login: "carla.renamed", groups: ["g2", "g3"]), mustChange: false)
        #expect(try await signIn(bench).completed?.started.session.person == person)
        #expect(try await groups(bench, person) == ["g2", "g3"])
        #expect(try await bench.people.person(person, in: bench.tenant).login == "carla.renamed")
        #expect(try await bench.events("person.groups_refreshed") == 2)
        #expect(try await signIn(bench).completed != nil)
        #expect(try await bench.events("person.groups_refreshed") == 2, "nothing changed, nothing is written")
    }

    @Test func `a login that changes nothing is noted, and lets go of what a directory job withheld`() async throws {
        let bench = try await LoginBench()
        bench.answer.current = .verified(identity(bench, groups: ["g1"]), mustChange: false)
        let person = try #require(try await signIn(bench).completed).started.session.person
        bench.advance(.hours(1))
        #expect(try await signIn(bench).completed != nil)
        let link = try #require(try await bench.store.read { try $0.identities(of: person).first })
        #expect(link.lastSeenAt == bench.now)
        #expect(try await bench.events("person.refreshed") == 0)
        let provider = bench.upstream
        try await bench.store.write(.sync) {
            try $0.sql.withholdGrants(of: person, through: provider, pending: 1 << 40)
        }
        #expect(try await bench.store.read { try $0.isWithheld(link.id) })
        #expect(try await signIn(bench).completed != nil)
        #expect(try await !bench.store.read { try $0.isWithheld(link.id) })
    }

    @Test func `only the newest sessions stay where a person has too many`() async throws {
        let bench = try await LoginBench()
        bench.answer.current = .verified(identity(bench), mustChange: false)
        var started: [SessionID] = []
        for _ in 0..<5 {
            started.append(try #require(try await signIn(bench).completed).started.session.id)
            bench.advance(.seconds(1))
        }
        let person = try #require(try await signIn(bench).completed).started.session.person
        let open = try await bench.store.read { [now = bench.now] in try $0.sessions(of: person, at: now).map(\.id) }
        #expect(open.count == 3)
        #expect(Set(open).isSuperset(of: started.suffix(2)))
        #expect(try await bench.events("session.ended") == 3)
        let now = bench.now
        #expect(try await bench.store.read { try $0.oldestSessions(of: person, beyond: 3, at: now) } == [])
        #expect(try await bench.store.read { try $0.oldestSessions(of: person, beyond: 2, at: now) } == [started[3]])
        #expect(
            try await bench.store.read { try $0.oldestSessions(of: person, beyond: 0, at: now + .days(9)) } == [])
    }

    @Test func `groups reached through nesting are not doubled as direct memberships`() async throws {
        let bench = try await LoginBench()
        bench.answer.current = .verified(identity(bench, groups: ["inner", "outer"]), mustChange: false)
        let tenant = bench.tenant
        let inner = Group(
            id: .random(at: bench.now), tenant: tenant, name: "inner",
            upstream: UpstreamSubject(provider: bench.upstream, key: "inner"), managedBy: .sync, createdAt: bench.now)
        let outer = Group(
            id: .random(at: bench.now), tenant: tenant, name: "outer",
            upstream: UpstreamSubject(provider: bench.upstream, key: "outer"), managedBy: .sync, createdAt: bench.now)
        try await bench.store.write(.sync) { tx in
            try tx.sql.insert(inner)
            try tx.sql.insert(outer)
            try tx.sql.openNesting(GroupNesting(parent: outer.id, child: inner.id), in: tenant, at: 1)
        }
        let person = try #require(try await signIn(bench).completed).started.session.person
        #expect(try await groups(bench, person) == ["inner"])
    }

    @Test func `a directory cannot take over an account by its name or mail`() async throws {
        let bench = try await LoginBench()
        bench.answer.current = .verified(identity(bench, login: "anna", mail: nil), mustChange: false)
        #expect(try await signIn(bench).notice == .refused(.notLinked))
        bench.advance(.seconds(5))
        bench.answer.current = .verified(identity(bench, mail: "anna@example.org"), mustChange: false)
        #expect(try await signIn(bench).notice == .refused(.notLinked))
        #expect(try await bench.store.read { try $0.identities(of: bench.anna) }.isEmpty)
    }

    @Test func `a password goes to the directory its login's domain names and to no other`() async throws {
        let bench = try await LoginBench()
        let begun = try await bench.begin()
        _ = try await bench.submit(.identifier("anna", provider: bench.local), to: begun)
        let moved = try await bench.submit(.password(login: "carla@works.example", LoginBench.password), to: begun)
        #expect(moved.notice == .refused(.unknownProvider))
        #expect(bench.asked.current == 0)
        bench.answer.current = .refused(.badCredentials)
        _ = try await bench.signIn("anna", LoginBench.password, provider: bench.upstream)
        #expect(bench.asked.current == 1)
        #expect(try await bench.events("login.succeeded") == 0, "a refused password does not fall through")
    }

    @Test func `binds stop before the directory's own lockout`() async throws {
        let bench = try await LoginBench()
        bench.answer.current = .refused(.badCredentials)
        for _ in 0..<3 {
            #expect(try await signIn(bench).notice == .refused(.badCredentials))
            bench.advance(.seconds(10))
        }
        guard case .throttled? = try await signIn(bench).notice else {
            throw Fault("test", .ourselves, "not throttled")
        }
        #expect(bench.asked.current == 3)
    }

    @Test func `a directory that is away costs nobody a try and lets nobody in`() async throws {
        let bench = try await LoginBench()
        bench.answer.current = .unavailable
        for _ in 0..<10 {
            #expect(try await signIn(bench).notice == .refused(.providerUnavailable))
            bench.advance(.minutes(1))
        }
        bench.answer.current = .verified(identity(bench), mustChange: false)
        #expect(try await signIn(bench).completed != nil)
    }

    @Test func `more groups than the limit let nobody in`() async throws {
        let bench = try await LoginBench()
        bench.answer.current = .verified(identity(bench, groups: (0...100).map { "g\($0)" }), mustChange: false)
        await #expect(throws: Fault("login.too_large", .peer, "")) { try await signIn(bench) }
        bench.advance(.seconds(5))
        bench.answer.current = .verified(identity(bench, groups: (0..<100).map { "g\($0)" }), mustChange: false)
        #expect(try await signIn(bench).completed != nil)
    }

    private func runBehind(_ bench: LoginBench) async throws -> FactValue? {
        try await bench.store.events(
            of: bench.tenant, after: 0, filter: EventFilter(typePrefix: "login.succeeded"), limit: 10
        ).last?.envelope.facts.first { $0.name == "sync_run" }?.value
    }

    @Test func `a login tells the directory job behind its roles, once one was applied`() async throws {
        let bench = try await LoginBench()
        bench.answer.current = .verified(identity(bench), mustChange: false)
        #expect(try await signIn(bench).completed != nil)
        #expect(try await runBehind(bench) == nil)
        let (provider, tenant) = (bench.upstream, bench.tenant)
        var ids: [SyncRunID] = []
        for state in [SyncRunState.done, .done, .failed, .held] {
            bench.advance(.seconds(60))
            var run = StoredSyncRun(
                id: .random(at: bench.now), tenant: tenant, provider: provider, trigger: "manual", startedAt: bench.now)
            run.state = state
            let made = run
            try await bench.store.write(.sync) { try $0.sql.insert(made) }
            ids.append(run.id)
        }
        #expect(try await signIn(bench).completed != nil)
        #expect(try await runBehind(bench) == .id(bytes: ids[1].bytes, kind: "sync_run"))
    }
}
