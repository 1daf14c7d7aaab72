import Fixtures
import Identity
import Testing
import Vocabulary

@testable import Providers

@Suite("Logins against a real slapd", .enabled(if: SlapdServer.isInstalled))
struct LDAPLoginTests {
    private func refusal(_ outcome: PrimaryOutcome) -> DirectoryRefusal? {
        if case .refused(let reason) = outcome { reason } else { nil }
    }

    private func identity(_ outcome: PrimaryOutcome) -> ExternalIdentity? {
        if case .verified(let identity, _) = outcome { identity } else { nil }
    }

    // S4-67.
    @Test("Everybody logs in with the right password, with every group of the written truth, odd names included")
    func everybody() async throws {
        let bench = try await DirectoryBench()
        let directory = try bench.directory()
        for person in bench.fixture.people where person.state == .active {
            let outcome = await directory.authenticate(login: person.login, password: SecretText(person.password))
            let identity = try #require(self.identity(outcome), "\(person.login): \(outcome)")
            #expect(identity.subjectKey == person.key)
            #expect(identity.login == person.login)
            let named = Set(bench.fixture.groups.filter { !$0.isPosix }.map(\.name))
            #expect(Set(identity.groups.map(\.name)) == person.groups.intersection(named), "\(person.login)")
        }
        let alice = try #require(
            identity(
                await directory.authenticate(
                    login: "alice", password: SecretText("the password of alice"))))
        #expect(alice.mail == bench.fixture.person("alice")?.mail)
        #expect(alice.displayName == "The alice")
        #expect(alice.attributes == ["nick": "alice"])
    }

    @Test("A bind that was admitted beforehand proves the same people with the same groups, and asks no more leave")
    func prepared() async throws {
        let bench = try await DirectoryBench()
        let directory = try bench.directory()
        for person in bench.fixture.people where person.state == .active {
            let counted = Counted()
            let account = try #require(directory.expectedAccount(login: person.login, subjectKey: person.key))
            let outcome = await directory.authenticate(
                login: person.login, password: SecretText(person.password),
                admission: counted.admission(prepared: account))
            let named = Set(bench.fixture.groups.filter { !$0.isPosix }.map(\.name))
            #expect(
                identity(outcome).map { Set($0.groups.map(\.name)) } == person.groups.intersection(named),
                "\(person.login)")
            #expect(counted.accounts.isEmpty)
            #expect(counted.acceptedCount == 1)
        }
    }

    @Test("A bind admitted beforehand for somebody else does not count, and a wrong password stays one")
    func preparedForAnother() async throws {
        let bench = try await DirectoryBench()
        let directory = try bench.directory()
        let (alice, counted) = (try #require(bench.fixture.person("alice")), Counted())
        let outcome = await directory.authenticate(
            login: "alice", password: SecretText(alice.password), admission: counted.admission(prepared: "key:other"))
        #expect(identity(outcome)?.subjectKey == alice.key)
        #expect(counted.accounts == [try #require(directory.expectedAccount(login: "alice", subjectKey: alice.key))])
        let wrong = await directory.authenticate(
            login: "alice", password: SecretText("wrong"),
            admission: Counted().admission(prepared: directory.expectedAccount(login: "alice", subjectKey: alice.key)))
        #expect(refusal(wrong) == .invalidCredentials)
    }

    @Test("A login that nobody has is expected to be counted as what it then is counted as")
    func expectedOfStrangers() async throws {
        let bench = try await DirectoryBench()
        let directory = try bench.directory()
        let counted = Counted()
        let expected = directory.expectedAccount(login: "Nobody@works.example", subjectKey: nil)
        let outcome = await directory.authenticate(
            login: "Nobody@works.example", password: SecretText("x"), admission: counted.admission(prepared: expected))
        #expect(refusal(outcome) == .unknownLogin)
        #expect(counted.accounts == [expected])
        #expect(directory.expectedAccount(login: "a\u{1}", subjectKey: nil) == nil)
    }

    @Test("A direct bind finds the same person, and refuses the same ones")
    func direct() async throws {
        let bench = try await DirectoryBench()
        let directory = try bench.directory(
            bench.settings(login: .direct(template: "uid={login},\(bench.fixture.peopleBase)")))
        for login in ["rename-me", "com,ma", "back\\slash"] {
            let person = try #require(bench.fixture.person(login))
            let outcome = await directory.authenticate(login: login, password: SecretText(person.password))
            #expect(identity(outcome)?.subjectKey == person.key, "\(outcome)")
            #expect(
                refusal(await directory.authenticate(login: login, password: SecretText("wrong")))
                    == .invalidCredentials)
        }
        let injected = await directory.authenticate(
            login: "alice,ou=people", password: SecretText("the password of alice"))
        #expect(refusal(injected) != nil)
    }

    @Test("An empty or blank password is refused and nothing is sent", arguments: ["", " ", "\t\n", "\0"])
    func emptyPassword(password: String) async throws {
        let bench = try await DirectoryBench(logsOperations: true)
        let directory = try bench.directory()
        #expect(refusal(await directory.authenticate(login: "alice", password: SecretText(password))) == .emptyPassword)
        #expect(!bench.server.log.contains("alice"))
    }

    @Test(
        "Wrong passwords, unknown names and filters typed as names are refused",
        arguments: ["*", "*)(uid=*", "al*", "alice)(objectClass=*", "nobody"])
    func refusals(login: String) async throws {
        let bench = try await DirectoryBench()
        let directory = try bench.directory()
        let outcome = await directory.authenticate(login: login, password: SecretText("the password of alice"))
        #expect(refusal(outcome) == .unknownLogin)
        let wrong = await directory.authenticate(login: "alice", password: SecretText("the password of bob"))
        #expect(refusal(wrong) == .invalidCredentials)
        #expect(refusal(await directory.authenticate(login: "a\u{1}", password: SecretText("x"))) == .malformedLogin)
    }

    @Test("Locked, expired, grace and must-change accounts are told apart")
    func states() async throws {
        let bench = try await DirectoryBench()
        let directory = try bench.directory()
        func outcome(_ login: String) async -> PrimaryOutcome {
            await directory.authenticate(login: login, password: SecretText("the password of \(login)"))
        }
        #expect(refusal(await outcome("locked")) == .accountLocked)
        #expect(refusal(await outcome("expired")) == .passwordExpired)
        guard case .verified(_, let grace) = await outcome("grace") else {
            Issue.record("A grace login was refused.")
            return
        }
        #expect(grace.graceLoginsRemaining == 2)
        guard case .verified(_, let change) = await outcome("must-change") else {
            Issue.record("A login that must change its password was refused.")
            return
        }
        #expect(change.mustChangePassword)
    }

    @Test("A password changed in the directory lets the new one in, and the old one out")
    func passwordChange() async throws {
        let bench = try await DirectoryBench()
        let directory = try bench.directory()
        let (old, new) = (SecretText("the password of bob"), SecretText("an entirely new one"))
        guard
            case .refused(.invalidCredentials) = await directory.changePassword(
                login: "bob", old: SecretText("wrong"), new: new)
        else {
            Issue.record("The wrong old password changed it.")
            return
        }
        guard case .changed = await directory.changePassword(login: "bob", old: old, new: new) else {
            Issue.record("The right old password did not change it.")
            return
        }
        #expect(identity(await directory.authenticate(login: "bob", password: new)) != nil)
        #expect(refusal(await directory.authenticate(login: "bob", password: old)) == .invalidCredentials)
    }

    @Test("A wrong service password and a server that is gone are unavailable, never a wrong password")
    func unavailable() async throws {
        let bench = try await DirectoryBench()
        let directory = try bench.directory(bench.settings(password: "not this"))
        let password = SecretText("the password of alice")
        guard case .unavailable(let fault) = await directory.authenticate(login: "alice", password: password) else {
            Issue.record("A refused service account let somebody in or out.")
            return
        }
        #expect(fault.code == "directory.service_refused")
        let working = try bench.directory()
        #expect(identity(await working.authenticate(login: "alice", password: password)) != nil)
        bench.server.stop()
        guard case .unavailable(let gone) = await working.authenticate(login: "alice", password: password) else {
            Issue.record("A server that is gone let somebody in or out.")
            return
        }
        #expect(gone.code == "directory.unreachable")
    }

    @Test("A second server takes over when the first is gone, and the first is returned to")
    func failover() async throws {
        let (first, second) = (try await DirectoryBench(), try await DirectoryBench())
        var settings = first.settings()
        settings.service = nil
        settings.login = .direct(template: "uid={login},\(first.fixture.peopleBase)")
        settings.groups = nil
        settings.servers += second.settings().servers
        let directory = try first.directory(settings)
        let password = SecretText("the password of alice")
        #expect(identity(await directory.authenticate(login: "alice", password: password)) != nil)
        first.server.crash()
        for _ in 0..<3 { #expect(identity(await directory.authenticate(login: "alice", password: password)) != nil) }
        try await first.server.restart()
        second.server.crash()
        try await Task.sleep(for: .milliseconds(1_200))
        #expect(identity(await directory.authenticate(login: "alice", password: password)) != nil)
    }
}
