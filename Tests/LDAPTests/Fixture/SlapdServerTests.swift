import Fixtures
import Foundation
import Testing

@testable import LDAP

extension SlapdServer {
    func configuration(_ transport: LDAPTransport = .allowPlaintext, host: String = "127.0.0.1") -> LDAPConfiguration {
        let port = if case .ldaps = transport { ports.ldaps ?? 0 } else { ports.ldap }
        return LDAPConfiguration(
            endpoint: LDAPEndpoint(host: host, port: UInt16(port)), transport: transport, connectTimeout: .seconds(2),
            operationTimeout: .seconds(5))
    }

    func connection(_ transport: LDAPTransport = .allowPlaintext) async throws -> LDAPConnection {
        let connection = try LDAPConnection(configuration(transport))
        #expect(try await connection.bind(dn: serviceDN, password: Array(servicePassword.utf8)) == .accepted(.init()))
        return connection
    }
}

@Suite struct SlapdServerTests {
    @Test func theDemoDirectoryLoadsAndItsPeopleSignIn() async throws {
        let file = URL(fileURLWithPath: "config/demo/directory.ldif")
        let server = try await SlapdServer(ldif: file, suffix: "dc=demo,dc=localhost")
        let connection = try await server.connection()
        let people = try await connection.entries(
            SearchRequest(base: server.suffix, filter: "(objectClass=inetOrgPerson)", attributes: ["uid"]))
        #expect(people.count == 12)
        let ada = "uid=ada,ou=people,dc=demo,dc=localhost"
        let accepted = try await connection.bind(dn: ada, password: Array("ada signs in to the demo".utf8))
        #expect(accepted == .accepted(.init()))
        let refused = try await connection.bind(dn: ada, password: Array("Ada signs in to the demo".utf8))
        #expect(refused == .refused(.invalidCredentials))
    }

    @Test func aCrashedServerComesBackWithItsEntriesAndAStoppedOneDoesNot() async throws {
        let server = try await SlapdServer(ldif: FixtureDirectory.edgeCases().ldif, suffix: "dc=example,dc=org")
        server.crash()
        #expect(server.processIdentifier == nil)
        try await server.restart()
        let entries = try await server.connection().entries(
            SearchRequest(base: server.suffix, filter: "(uid=alice)", attributes: ["entryUUID"]))
        #expect(entries.map { $0["entryuuid"] } == [FixtureDirectory.edgeCases().person("alice")?.key])
        let identifier = try #require(server.processIdentifier)
        server.stop()
        #expect(kill(identifier, 0) != 0)
        await #expect(throws: FixtureError.self) { try await server.restart() }
    }

    @Test func aLargeDirectoryIsWrittenLoadedAndAsTold() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID()).ldif")
        defer { try? FileManager.default.removeItem(at: file) }
        let truth = try FixtureDirectory.large(people: 3_000, groups: 50, seed: 7, to: file)
        let server = try await SlapdServer(ldif: file, suffix: truth.suffix)
        let connection = try await server.connection()
        var (people, memberships) = (0, 0)
        try await connection.search(
            SearchRequest(base: truth.peopleBase, filter: "(uid=*)", attributes: ["uid"])
        ) { people += $0.count }
        try await connection.search(
            SearchRequest(base: truth.groupsBase, filter: "(cn=*)", attributes: ["member"])
        ) { page in memberships += page.reduce(0) { $0 + $1.values("member").count } }
        #expect(people == 3_000)
        #expect(memberships == truth.memberships)
        #expect(throws: FixtureError.self) { try FixtureDirectory.large(people: 0, to: file) }
    }
}
