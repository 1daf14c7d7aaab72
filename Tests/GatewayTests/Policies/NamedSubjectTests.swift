import Authorization
import Identity
import Testing
import Vocabulary

@testable import Gateway

@Suite("A subject that is asked about by name is known in memory, and never under a name that changed hands")
struct NamedSubjectTests {
    private func answer(_ login: String, _ gateway: Gateway) async throws -> DecisionAnswer {
        try await gateway.decisions.decide(
            DecisionQuestion(
                .subject(kind: .person, id: login), action: "read", resourceType: "thing", resourceID: "1"),
            in: gateway.root.tenant, origin: DecisionOrigin(caller: nil, protocol: "api"))
    }

    private func known(_ name: String, _ gateway: Gateway, as kind: SubjectFacts.Kind = .person) -> Subject? {
        gateway.standings.subject(StandingCache.Name(name, kind, in: gateway.root.tenant))
    }

    private func rename(_ id: PersonID, _ login: String, _ gateway: Gateway) async throws {
        var edit = PersonEdit()
        edit.login = login
        _ = try await gateway.people.change(id, edit, expecting: nil, by: gateway.root)
    }

    @Test func `a login that was given away answers for who has it now`() async throws {
        let bench = try RulesBench()
        defer { bench.remove() }
        let gateway = try await bench.open()
        let document = """
            version: 1
            policies:
              - { id: ada, effect: allow, subjects: { users: [Ada] }, actions: [read], resources: { types: [thing] } }
            """
        _ = try await gateway.policies.put("p", document, expecting: nil, by: gateway.root)
        let (ada, bob) = (try await gateway.addPerson("Ada"), try await gateway.addPerson("bob"))
        #expect(known("Ada", gateway) == nil)
        #expect(try await answer("aDA", gateway).isPermitted)
        #expect(known("ADA ", gateway) == .person(ada), "in any spelling")
        #expect(known("Ada", gateway, as: .serviceAccount) == nil, "a person is no service account")
        #expect(try await !answer("bob", gateway).isPermitted)
        // Ada gives the login up, and Bob takes it.
        try await rename(ada, "lovelace", gateway)
        #expect(known("ada", gateway) == nil)
        #expect(try await answer("ada", gateway).reasons == [DecisionPrecondition.unknownSubject.rawValue])
        try await rename(bob, "Ada", gateway)
        #expect(known("bob", gateway) == nil)
        #expect(try await answer("ada", gateway).isPermitted)
        #expect(known("ada", gateway) == .person(bob))
        #expect(try await !answer("lovelace", gateway).isPermitted)
        // Whoever is gone is known by no name.
        try await gateway.people.erase(bob, by: gateway.root)
        #expect(known("ada", gateway) == nil)
        #expect(try await answer("ada", gateway).reasons == [DecisionPrecondition.unknownSubject.rawValue])
        try await gateway.close()
    }

    @Test func `forgetting a tenant forgets its names and nobody else's`() async throws {
        let bench = try RulesBench()
        defer { bench.remove() }
        let gateway = try await bench.open()
        let ada = try await gateway.addPerson("ada")
        _ = try await answer("ada", gateway)
        gateway.standings.forgetAll(in: TenantID.random(at: gateway.clock()))
        #expect(known("ada", gateway) == .person(ada))
        gateway.standings.forgetAll(in: gateway.root.tenant)
        #expect(known("ada", gateway) == nil)
        try await gateway.close()
    }
}
