import Fixtures
import Foundation
import Synchronization
import Testing

@testable import LDAP

@Suite(.timeLimit(.minutes(1))) struct LDAPSignInTests {
    private static let directory = FixtureDirectory.edgeCases()
    private static let alice = directory.person("alice")!
    private let server: SlapdServer
    private let client: LDAPDirectoryClient

    /// What the callbacks of a request were told.
    private final class Told: Sendable {
        let asked = Mutex<[String]>([])
        let notSent = Mutex(0)
        let accepted = Mutex(0)
    }

    init() async throws {
        server = try await .edgeCases(logs: true)
        client = LDAPDirectoryClient(LDAPServerList([server.configuration()]), service: server.service)
    }

    private func request(
        _ filter: String = "(uid=alice)", _ password: String = alice.password, admits: Bool = true, limit: Int = 1,
        groups: Int = 100, told: Told = Told()
    ) -> LDAPSignInRequest {
        LDAPSignInRequest(
            person: SearchRequest(
                base: Self.directory.peopleBase, filter: filter, attributes: ["uid"],
                limits: SearchLimits(entries: limit)),
            password: Array(password.utf8)
        ) { entry in
            told.asked.withLock { $0.append(entry.dn) }
            return admits
        } notSent: {
            told.notSent.withLock { $0 += 1 }
        } following: { entry in
            told.accepted.withLock { $0 += 1 }
            return SearchRequest(
                base: Self.directory.groupsBase, filter: "(member=\(LDAPFilter.escape(entry.dn)))", attributes: ["cn"],
                limits: SearchLimits(entries: groups))
        }
    }

    private var binds: Int { server.log.components(separatedBy: "BIND dn=\"uid=alice,").count - 1 }

    @Test func `a right password is found, bound and followed up as the service account`() async throws {
        let told = Told()
        for round in 1...3 {
            guard case .bound(let entry, .accepted, .entries(let groups)) = try await client.signIn(request(told: told))
            else {
                Issue.record("not bound")
                return
            }
            #expect(entry.dn == Self.alice.dn)
            #expect(!groups.isEmpty, "the person may not read groups, and the service account may")
            #expect(told.accepted.withLock(\.self) == round)
        }
        #expect(client.binds.restingCount == 1)
        #expect(client.searches.restingCount == 1)
        let unbound = await ldapError {
            try await client.withBindConnection {
                _ = try await $0.entries(SearchRequest(base: "", scope: .base, filter: "(uid=*)", attributes: ["uid"]))
            }
        }
        #expect(unbound == .invalidRequest("this connection has to be bound first"))
    }

    @Test func `a wrong password is a refusal, and nothing follows`() async throws {
        let told = Told()
        guard
            case .bound(_, .refused(.invalidCredentials), .nothingAsked) = try await client.signIn(
                request("(uid=alice)", "wrong", told: told))
        else {
            Issue.record("accepted")
            return
        }
        #expect(told.accepted.withLock(\.self) == 0)
    }

    @Test(arguments: ["", "\0", String(repeating: "x", count: LDAPConnection.passwordByteLimit + 1)])
    func `a password that must not be sent is not sent`(password: String) async throws {
        guard case .bound(_, .refused, .nothingAsked) = try await client.signIn(request("(uid=alice)", password)) else {
            Issue.record("accepted")
            return
        }
        #expect(binds == 0)
    }

    @Test func `who is not admitted is found and not bound as`() async throws {
        guard case .found(let entry) = try await client.signIn(request(admits: false)) else {
            Issue.record("bound")
            return
        }
        #expect(entry.dn == Self.alice.dn)
        #expect(binds == 0)
    }

    @Test func `nobody and several are told apart, and neither is bound as`() async throws {
        let told = Told()
        guard case .nobody = try await client.signIn(request("(uid=nobody)", told: told)) else {
            Issue.record("somebody")
            return
        }
        guard case .several = try await client.signIn(request("(uid=*)", told: told)) else {
            Issue.record("one")
            return
        }
        #expect(told.asked.withLock(\.self).isEmpty)
    }

    @Test func `one answer more than the following search takes is said, and the password stays proven`() async throws {
        guard case .bound(_, .accepted, .tooMany) = try await client.signIn(request(groups: 0)) else {
            Issue.record("not too many")
            return
        }
    }

    @Test func `a server that went away and came back costs a fresh connection and a new question`() async throws {
        let told = Told()
        _ = try await client.signIn(request(told: told))
        try await server.restart()
        guard case .bound(_, .accepted, _) = try await client.signIn(request(told: told)) else {
            Issue.record("not bound")
            return
        }
        #expect(told.notSent.withLock(\.self) == 0)
    }

    @Test func `a server that is away admits nobody`() async throws {
        server.crash()
        let told = Told()
        #expect(await ldapError { _ = try await client.signIn(request(told: told)) } != nil)
        #expect(told.asked.withLock(\.self).isEmpty)
    }
}
