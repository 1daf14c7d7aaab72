import Fixtures
import Testing

@testable import LDAP

@Suite(.timeLimit(.minutes(1))) struct BindOnTheWireTests {
    private static let directory = FixtureDirectory.edgeCases()

    private func bind(_ login: String, _ server: SlapdServer) async throws -> BindOutcome {
        let person = try #require(Self.directory.person(login))
        return try await LDAPConnection(server.configuration()).bind(
            dn: person.dn, password: Array(person.password.utf8))
    }

    // Matrix row 28: what slapd's password policy says arrives as a word.
    @Test func lockedExpiredGraceAndMustChangeAreReadFromTheControl() async throws {
        let server = try await SlapdServer.edgeCases()
        #expect(try await bind("locked", server) == .refused(.accountLocked))
        #expect(try await bind("expired", server) == .refused(.passwordExpired))
        #expect(try await bind("grace", server) == .accepted(BindWarnings(graceLoginsRemaining: 2)))
        #expect(try await bind("grace", server) == .accepted(BindWarnings(graceLoginsRemaining: 1)))
        #expect(try await bind("must-change", server) == .accepted(BindWarnings(mustChange: true)))
        #expect(try await bind("alice", server) == .accepted(BindWarnings()))
    }

    // Matrix row 30, as the server sees it.
    @Test func anEmptyOrBlankPasswordIsNeverSent() async throws {
        let server = try ScriptedLDAPServer { _ in [.bind(code: 0)] }
        defer { server.stop() }
        let connection = try server.connection()
        for password in ["", " ", "\t\n\r ", "\0"] {
            let outcome = try await connection.bind(dn: "uid=alice,dc=x", password: Array(password.utf8))
            #expect(outcome == .refused(.emptyPassword))
            let principal = try await connection.bind(principal: "alice@x.example", password: Array(password.utf8))
            #expect(principal == .refused(.emptyPassword))
        }
        #expect(server.accepted == 0)
        #expect(try await connection.bind(dn: "uid=alice,dc=x", password: Array("a".utf8)) == .accepted(.init()))
        #expect(server.requests == [.bind(name: "uid=alice,dc=x", password: "a")])
    }

    // Matrix row 27, on the wire.
    @Test(arguments: [
        ("52e", BindRefusal.invalidCredentials), ("525", .unknownAccount), ("530", .outsideLogonHours),
        ("531", .workstationNotPermitted), ("532", .passwordExpired), ("533", .accountDisabled),
        ("701", .accountExpired), ("773", .mustChangePassword), ("775", .accountLocked),
    ])
    func activeDirectorysRefusalsAreNamed(_ code: String, _ expected: BindRefusal) async throws {
        let text = "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data \(code), v4563\0"
        let server = try ScriptedLDAPServer { _ in [.bind(code: 49, diagnostic: text)] }
        defer { server.stop() }
        let outcome = try await server.connection().bind(principal: "ada@corp.example", password: Array("pw".utf8))
        #expect(outcome == .refused(expected))
    }

    // Matrix row 29: 389 says these whatever the password.
    @Test func inactiveAndLockedAccountsOf389AreNamed() async throws {
        for (code, expected) in [(53, BindRefusal.accountInactive), (19, .accountLocked)] {
            let server = try ScriptedLDAPServer { _ in [.bind(code: code)] }
            #expect(try await server.connection().bind(dn: "uid=a,dc=x", password: [1]) == .refused(expected))
            server.stop()
        }
    }

    // Matrix row 38: the demand is told, and nothing is tried again with less.
    @Test func aServerThatDemandsMoreIsNotAskedAgainInClear() async throws {
        for (code, expected) in [(8, BindRefusal.strongerAuthenticationRequired), (13, .confidentialityRequired)] {
            let server = try ScriptedLDAPServer { _ in [.bind(code: code)] }
            let pool = LDAPPool(LDAPServerList([server.configuration()]), identity: .perUse)
            let outcome = try await pool.use { try await $0.bind(dn: "uid=a,dc=x", password: Array("pw".utf8)) }
            #expect(outcome == .refused(expected))
            #expect(server.requests.count == 1)
            server.stop()
        }
    }

    // Matrix row 34: a server that demands protection refuses the plain bind; the same bind over TLS is accepted.
    @Test func aMinimumStrengthIsSaidAndMetByTLS() async throws {
        let authority = try await LocalCertificates()
        var options = SlapdOptions(
            ldif: .text(Self.directory.ldif), suffix: Self.directory.suffix,
            certificates: try await authority.server(names: ["127.0.0.1"]))
        options.minimumBindStrength = 128
        let server = try await SlapdServer(options)
        let (name, password) = (server.serviceDN, Array(server.servicePassword.utf8))
        let plain = try await LDAPConnection(server.configuration()).bind(dn: name, password: password)
        #expect(plain == .refused(.confidentialityRequired))
        let trust = LDAPTrust(authoritiesFile: authority.authorityFile)
        let secure = try await LDAPConnection(server.configuration(.startTLS(trust))).bind(dn: name, password: password)
        #expect(secure == .accepted(.init()))
    }

    @Test(arguments: [
        "ada", "@corp.example", "ada@", "a@b@c", #"CORP\"#, #"CORP\a\b"#, "CN=ada,DC=corp", "ada@corp\u{1}", "a*@b",
        "S-1-5-21/x@y", "host/ada@corp",
    ])
    func whatIsNoPrincipalIsNotSent(_ name: String) async throws {
        let server = try ScriptedLDAPServer { _ in [.bind(code: 0)] }
        defer { server.stop() }
        let error = await ldapError {
            _ = try await server.connection().bind(principal: name, password: Array("pw".utf8))
        }
        #expect(error == .invalidRequest("the name to bind as is not a principal's"))
        #expect(server.accepted == 0)
    }

    @Test func principalsOfBothKindsAreSentAsTheyAre() async throws {
        let server = try ScriptedLDAPServer { _ in [.bind(code: 0)] }
        defer { server.stop() }
        for name in ["ada@corp.example", #"CORP\ada"#, "ada lovelace@corp.example"] {
            _ = try await server.connection().bind(principal: name, password: Array("pw".utf8))
            #expect(server.requests.contains(.bind(name: name, password: "pw")))
        }
        #expect(LDAPPrincipal.account(of: #"CORP\ada"#) == "ada")
        #expect(LDAPPrincipal.account(of: "ada@corp.example") == "ada")
        #expect(LDAPPrincipal.account(of: "ada") == nil)
        // One character with the separator to a reader, two names and a separator to a server.
        #expect(LDAPPrincipal.account(of: "ada\u{604}@corp.example") == "ada\u{604}")
        #expect(LDAPPrincipal.account(of: "ada@\u{301}corp.example") == "ada")
        #expect(LDAPPrincipal.account(of: "CORP\\\u{301}ada") == "\u{301}ada")
    }
}
