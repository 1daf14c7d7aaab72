import Fixtures
import Identity
import LDAP
import Testing
import Vocabulary

@testable import Providers

@Suite("What a typed login means")
struct LoginNameTests {
    private func filter(
        _ login: String, template: String? = nil, domains: Set<String> = ["example.org", "corp"],
        key: LDAPDirectorySettings.KeyAttribute = .entryUUID, mail: String? = "mail"
    ) throws -> String? {
        let people = LDAPDirectorySettings.People(base: "dc=x", filter: "(o=p)", keyAttribute: key)
        let name = LoginName(login, domains: domains, splitsAnyBackslash: key == .objectGUID)
        return try LoginFilter(people, template: template, mailAttribute: mail).filter(for: name)
    }

    @Test("A login is the login attribute, or with an @ the mail address as well")
    func plain() throws {
        #expect(try filter("ada") == "(&(o=p)(uid=ada))")
        #expect(try filter("ada@example.org") == "(&(o=p)(|(uid=ada@example.org)(mail=ada@example.org)))")
        #expect(try filter("ada@example.org", mail: nil) == "(&(o=p)(uid=ada@example.org))")
        #expect(
            try filter("a@b", key: .objectGUID) == "(&(o=p)(|(uid=a@b)(mail=a@b)(userPrincipalName=a@b)))")
        #expect(try filter("@ada") == "(&(o=p)(uid=@ada))")
    }

    @Test("A backslash parts a domain only where it can be one")
    func backslash() throws {
        #expect(try filter(#"CORP\ada"#) == "(&(o=p)(uid=ada))")
        #expect(try filter(#"back\slash"#) == #"(&(o=p)(uid=back\5cslash))"#)
        #expect(try filter(#"OTHER\ada"#, key: .objectGUID) == "(&(o=p)(uid=ada))")
        #expect(try filter(#"\ada"#, key: .objectGUID) == #"(&(o=p)(uid=\5cada))"#)
    }

    @Test("A template decides what is looked for, and what it needs has to be there")
    func templates() throws {
        #expect(try filter("ada@example.org", template: "(uid={localpart})") == "(&(o=p)(uid=ada))")
        #expect(try filter("ada", template: "(uid={localpart})") == "(&(o=p)(uid=ada))")
        let both = "(&(uid={localpart})(associatedDomain={domain}))"
        #expect(
            try filter("ada@example.org", template: both)
                == "(&(o=p)(&(uid=ada)(associatedDomain=example.org)))")
        #expect(try filter("ada", template: both) == nil)
        #expect(
            try filter("*)(uid=*@x)(y", template: both)
                == #"(&(o=p)(&(uid=\2a\29\28uid=\2a)(associatedDomain=x\29\28y)))"#)
    }

    @Test(
        "People sign in by mail where the directory has it, and two who share one are never chosen between",
        .enabled(if: SlapdServer.isInstalled))
    func mail() async throws {
        let bench = try await DirectoryBench()
        let directory = try bench.directory()
        let bob = try #require(bench.fixture.person("bob"))
        guard
            case .verified(let identity, _) = await directory.authenticate(
                login: bob.mail.uppercased(), password: SecretText(bob.password))
        else {
            Issue.record("A mail address did not sign in.")
            return
        }
        #expect(identity.subjectKey == bob.key)
        guard
            case .refused(.ambiguousLogin) = await directory.authenticate(
                login: "same.mail@example.org", password: SecretText("the password of same-one"))
        else {
            Issue.record("One of two with the same mail address was chosen.")
            return
        }
        let byTemplate = try bench.directory(bench.settings(login: .search(filter: "(uid={localpart})")))
        guard
            case .verified(let same, _) = await byTemplate.authenticate(
                login: "bob@anything.example", password: SecretText(bob.password))
        else {
            Issue.record("The template's login did not sign in.")
            return
        }
        #expect(same.subjectKey == bob.key)
    }

    // Matrix row 31, as the server reads it.
    @Test("What people type reaches the server escaped", .enabled(if: SlapdServer.isInstalled))
    func escaping() async throws {
        let bench = try await DirectoryBench(logsOperations: true)
        let directory = try bench.directory()
        for login in ["*)(uid=*", "par(en)*star", #"back\slash"#] {
            let outcome = await directory.authenticate(
                login: login, password: SecretText("the password of \(login)"))
            if case .verified(let identity, _) = outcome { #expect(identity.login == login) }
        }
        let log = bench.server.log
        #expect(log.contains(#"(uid=\2A\29\28uid=\2A)"#) || log.contains(#"(uid=\2a\29\28uid=\2a)"#))
        #expect(!log.contains("(uid=*)"))
        for login in ["par(en)*star", #"back\5Cslash"#] { #expect(log.contains("BIND dn=\"uid=\(login)")) }
    }
}

@Suite("What is remembered of groups in groups")
struct NestingMemoryTests {
    @Test("An answer is used for its short life and not longer")
    func lifetime() {
        let (memory, start) = (NestingMemory(), ContinuousClock.now)
        let container = NestingMemory.Container(group: .init(key: "k", name: "n"), dn: "cn=n")
        memory.remember([container], of: "cn=g", at: start)
        memory.remember([], of: "cn=none", at: start)
        #expect(memory.containers(of: "cn=g", at: start + .seconds(9)) == [container])
        #expect(memory.containers(of: "cn=none", at: start) == [])
        #expect(memory.containers(of: "cn=other", at: start) == nil)
        #expect(memory.containers(of: "cn=g", at: start + NestingMemory.lifetime) == nil)
    }

    @Test("What is past the limit is forgotten rather than kept")
    func limit() {
        let (memory, start) = (NestingMemory(), ContinuousClock.now)
        for number in 0..<NestingMemory.limit { memory.remember([], of: "g\(number)", at: start) }
        #expect(memory.containers(of: "g0", at: start) == [])
        memory.remember([], of: "one more", at: start)
        #expect(memory.containers(of: "g0", at: start) == nil)
        #expect(memory.containers(of: "one more", at: start) == [])
    }
}
