import Fixtures
import Identity
import LDAP
import Testing
import Vocabulary

@testable import Providers

@Suite("Logins against a scripted Active Directory", .timeLimit(.minutes(1)))
struct ActiveDirectoryLoginTests {
    private static let ada = DomainController.Account(name: "ada", principal: "ada.lovelace@corp.example")
    private static let eve = DomainController.Account(
        name: "eve", principal: "eve@corp.example", password: "right", tokens: [13])

    private func refusal(_ outcome: PrimaryOutcome) -> DirectoryRefusal? {
        if case .refused(let reason) = outcome { reason } else { nil }
    }

    private func identity(_ outcome: PrimaryOutcome) -> ExternalIdentity? {
        if case .verified(let identity, _) = outcome { identity } else { nil }
    }

    @Test(
        "Every way people write their name finds the one entry",
        arguments: [
            "ada", "ADA", #"CORP\ada"#, "ada.lovelace@corp.example", "ada@mail.example",
        ])
    func spellings(login: String) async throws {
        let controller = try DomainController([Self.eve, Self.ada])
        defer { controller.server.stop() }
        let outcome = await (try controller.directory()).authenticate(login: login, password: SecretText("right"))
        let found = try #require(identity(outcome), "\(outcome)")
        #expect(found.login == "ada")
        #expect(found.subjectKey == DomainController.guidText("01"), "objectGUID, its first fields turned around")
        #expect(controller.binds == [Self.ada.dn])
    }

    @Test("A check tells what the server's own clock said")
    func serverTime() async throws {
        let controller = try DomainController([Self.ada])
        defer { controller.server.stop() }
        let checks = await (try controller.directory()).probe()
        #expect(checks.compactMap(\.serverTime) == [Timestamp(rfc3339: "2026-11-21T09:30:00Z")])
        #expect(checks.first { $0.serverTime != nil }?.step == .connection)
    }

    @Test("Only moments in UTC are read as times of a directory")
    func generalizedTimes() {
        let moment = Timestamp(rfc3339: "2026-11-21T09:30:00Z")
        for text in ["20261121093000Z", "20261121093000.0Z", "20261121093000.123456Z"] {
            #expect(Timestamp(generalizedTime: text) == moment, "\(text)")
        }
        for text in [
            "", "Z", "202611210930Z", "20261121093000", "20261121093000+0100", "20261321093000Z",
            "20261121093000.Zx", "2026112109300aZ", "20261121093000.12345678901Z", "20261121093000,0Z",
        ] {
            #expect(Timestamp(generalizedTime: text) == nil, "\(text)")
        }
    }

    @Test("What stands in a filter is escaped, and no wildcard reaches the server")
    func injection() async throws {
        let controller = try DomainController([Self.ada])
        defer { controller.server.stop() }
        let directory = try controller.directory()
        for login in ["*", "a*", "ada)(objectClass=*", #"CORP\*"#, "*@mail.example"] {
            let outcome = await directory.authenticate(login: login, password: SecretText("right"))
            #expect(refusal(outcome) == .unknownLogin, "\(login): \(outcome)")
        }
        let filters = controller.server.requests.compactMap { request -> String? in
            if case .search(let search) = request { search.filter } else { nil }
        }
        #expect(!filters.isEmpty)
        #expect(filters.allSatisfy { !$0.contains("*") }, "\(filters)")
    }

    @Test("tokenGroups bring every security group by its key, and an entry that shows none lets nobody in")
    func tokenGroups() async throws {
        var blind = DomainController.Account(name: "blind", principal: "blind@corp.example")
        blind.tokens = []
        let controller = try DomainController([Self.ada, blind])
        defer { controller.server.stop() }
        let directory = try controller.directory()
        let found = try #require(
            identity(await directory.authenticate(login: "ada", password: SecretText("right"))))
        #expect(
            found.groups == [
                UpstreamGroup(key: DomainController.guidText("87"), name: "Engineers"),
                UpstreamGroup(key: DomainController.guidText("89"), name: "Staff"),
            ])
        let filters = controller.server.requests.compactMap { request -> String? in
            if case .search(let search) = request, search.filter.contains("objectSid") { search.filter } else { nil }
        }
        #expect(filters.count == 1)
        #expect(filters[0].contains("(groupType:1.2.840.113556.1.4.803:=2147483648)"))
        guard case .unavailable(let fault) = await directory.authenticate(login: "blind", password: SecretText("right"))
        else {
            Issue.record("Groups that cannot be read let somebody in.")
            return
        }
        #expect(fault.code == "directory.malformed")
    }

    @Test("Where groups are followed by members, the primary group is found by its SID")
    func primaryGroup() async throws {
        let controller = try DomainController([Self.ada])
        defer { controller.server.stop() }
        let directory = try controller.directory(lookup: .members)
        _ = await directory.authenticate(login: "ada", password: SecretText("right"))
        // 525 is 0x020D: the person's own domain, and 13, 2, 0, 0 at the end.
        let sid = LDAPFilter.escape(bytes: DomainController.sid(13))
        #expect(
            controller.server.requests.contains { request in
                if case .search(let search) = request { search.filter.contains("(objectSid=\(sid))") } else { false }
            })
    }

    // Matrix row 27.
    @Test(
        "Each refusal is named, and a person at the login page learns none of them",
        arguments: [
            ("530", DirectoryRefusal.outsideLogonHours), ("531", .workstationNotPermitted),
            ("532", .passwordExpired), ("533", .accountDisabled), ("701", .accountExpired),
            ("773", .mustChangePassword), ("775", .accountLocked),
        ])
    func refusals(data: String, expected: DirectoryRefusal) async throws {
        var account = Self.ada
        account.refusal = data
        let controller = try DomainController([account])
        defer { controller.server.stop() }
        let directory = try controller.directory()
        #expect(refusal(await directory.authenticate(login: "ada", password: SecretText("right"))) == expected)
        #expect(refusal(await directory.authenticate(login: "ada", password: SecretText("no"))) == .invalidCredentials)
    }

    @Test("A disabled account is refused by its entry even where the server lets it bind")
    func disabled() async throws {
        var account = Self.ada
        account.control = "514"
        let controller = try DomainController([account])
        defer { controller.server.stop() }
        let outcome = await (try controller.directory()).authenticate(login: "ada", password: SecretText("right"))
        #expect(refusal(outcome) == .accountDisabled)
    }

    // MARK: Direct binds

    @Test(
        "A direct bind by principal needs no service account",
        arguments: [
            ("{login}@corp.example", "ada"), (#"CORP\{localpart}"#, "ada"), (#"CORP\{localpart}"#, #"corp\ada"#),
            ("{login}", "ada.lovelace@corp.example"), ("{login}", #"CORP\ada"#),
        ])
    func direct(template: String, login: String) async throws {
        let controller = try DomainController([Self.eve, Self.ada])
        defer { controller.server.stop() }
        let directory = try controller.directory(.direct(template: template), hasService: false)
        let outcome = await directory.authenticate(login: login, password: SecretText("right"))
        #expect(identity(outcome)?.subjectKey == DomainController.guidText("01"), "\(outcome)")
        #expect(controller.binds.count == 2, "by principal, and by the entry that was found")
        #expect(controller.binds.last == Self.ada.dn)
        let wrong = await directory.authenticate(login: login, password: SecretText("wrong"))
        #expect(refusal(wrong) == .invalidCredentials)
    }

    // A principal name may lead the server to one account and a search to another: the second has to accept too.
    @Test("An entry that does not accept the same password by its own name is not believed")
    func confusedPrincipal() async throws {
        // The server binds `ada@corp.example` to ada by her logon name; the search finds who holds it as principal.
        let mallory = DomainController.Account(name: "mallory", principal: "ada@corp.example", password: "other")
        let ada = DomainController.Account(name: "ada", principal: "a.l@corp.example", password: "right")
        let controller = try DomainController([ada, mallory])
        defer { controller.server.stop() }
        let directory = try controller.directory(.direct(template: "{login}"), hasService: false)
        let outcome = await directory.authenticate(login: "ada@corp.example", password: SecretText("right"))
        #expect(identity(outcome) == nil, "\(outcome)")
        #expect(controller.binds.last == mallory.dn)
    }

    @Test(
        "What makes no principal is refused before anything is sent",
        arguments: ["a@b@corp.example", "cn=ada,dc=corp", "ada*", "a/b", "@", #"a\b\c"#])
    func malformed(login: String) async throws {
        let controller = try DomainController([Self.ada])
        defer { controller.server.stop() }
        let directory = try controller.directory(.direct(template: "{login}@corp.example"), hasService: false)
        let outcome = await directory.authenticate(login: login, password: SecretText("right"))
        #expect(refusal(outcome) == .malformedLogin)
        #expect(controller.server.accepted == 0)
    }

    // MARK: Counting

    @Test("However a login is written, its binds are counted as one account's")
    func oneAccount() async throws {
        let controller = try DomainController([Self.ada])
        defer { controller.server.stop() }
        let counted = Counted()
        let searched = try controller.directory()
        for login in ["ada", "ADA", #"CORP\ada"#, "ada.lovelace@corp.example", "ada@mail.example"] {
            _ = await searched.authenticate(
                login: login, password: SecretText("wrong"), admission: counted.admission())
        }
        #expect(counted.accounts == Array(repeating: "key:\(DomainController.guidText("00"))", count: 5))
        let direct = try controller.directory(.direct(template: #"CORP\{localpart}"#), hasService: false)
        let before = counted.accounts.count
        for login in ["ada", "ADA", " ada ", "àda", "ada@corp.example", #"corp\ada"#] {
            _ = await direct.authenticate(login: login, password: SecretText("wrong"), admission: counted.admission())
        }
        #expect(Set(counted.accounts.dropFirst(before)) == ["principal:ada"])
    }

    @Test("No bind is sent that is not admitted, and one that could not be sent is given back")
    func admission() async throws {
        let controller = try DomainController([Self.ada])
        let counted = Counted()
        let directory = try controller.directory()
        guard
            case .throttled(.seconds(9)) = await directory.authenticate(
                login: "ada", password: SecretText("right"), admission: counted.admission(wait: .seconds(9)))
        else {
            Issue.record("A bind that was not admitted was sent.")
            return
        }
        #expect(controller.binds.isEmpty)
        let direct = try controller.directory(.direct(template: "{login}@corp.example"), hasService: false)
        controller.server.stop()
        guard
            case .unavailable = await direct.authenticate(
                login: "ada", password: SecretText("right"), admission: counted.admission())
        else {
            Issue.record("A server that is gone answered.")
            return
        }
        #expect(counted.withdrawn == 1)
        #expect(counted.acceptedCount == 0)
    }
}
