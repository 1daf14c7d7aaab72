import Authorization
import Identity
import Testing
import Vocabulary

@testable import Gateway

@Suite("What somebody may do is remembered, and never longer than it holds")
struct StandingCacheTests {
    private func kept(_ person: PersonID, _ gateway: Gateway) async throws -> ResolvedSubject? {
        let tenant = gateway.root.tenant
        let key = StandingCache.Key(tenant: tenant, subject: .person(person), isStrong: false)
        let index = try await gateway.authorization.snapshot(of: tenant).index
        return gateway.standings.find(key, generation: index.stamp.generation)
    }

    private static let reader = """
        roles:
          - { name: Reader, permissions: [ { action: read, type: thing } ] }
        """

    @Test("S4-71 it is resolved once for many questions, and anew after each change that touches it, at once")
    func remembered() async throws {
        let bench = try RulesBench(extra: Self.reader)
        defer { bench.remove() }
        let gateway = try await bench.open()
        let (ada, bob) = (try await gateway.addPerson("ada"), try await gateway.addPerson("bob"))
        #expect(try await kept(ada, gateway) == nil, "nobody has asked")
        #expect(try await !gateway.permits(ada, "read"))
        let first = try #require(try await kept(ada, gateway))
        for _ in 0..<5 { #expect(try await !gateway.permits(ada, "read")) }
        #expect(try await kept(ada, gateway) === first, "it was not resolved again")
        _ = try await gateway.permits(bob, "read")
        let other = try #require(try await kept(bob, gateway))

        let role = try await gateway.roles.role(named: "Reader", in: gateway.root.tenant)
        let given = try await gateway.roles.assign(role.id, to: .person(ada), expiresAt: nil, by: gateway.root)
        #expect(try await kept(ada, gateway) == nil)
        #expect(try await kept(bob, gateway) === other, "only whom it touches is forgotten")
        #expect(try await gateway.permits(ada, "read"))
        try await gateway.roles.revoke(given.id, by: gateway.root)
        #expect(try await kept(ada, gateway) == nil)
        #expect(try await !gateway.permits(ada, "read"))

        // Another index: what was resolved against the one before is worth nothing, for anybody.
        _ = try await gateway.policies.put("p", RulesBench.document("all"), expecting: nil, by: gateway.root)
        for person in [ada, bob] { #expect(try await kept(person, gateway) == nil) }
        #expect(try await gateway.permits(ada, "read"))
        #expect(try await kept(ada, gateway) != nil)
        try await gateway.people.disable(ada, .administrator, by: gateway.root)
        #expect(try await kept(ada, gateway) == nil)
        #expect(try await !gateway.permits(ada, "read"))
        try await gateway.close()
    }

    @Test("what was read before a change is not kept after it, and more than fits leaves room for the next")
    func bounds() throws {
        let stamp = IndexStamp(generation: 1, policyDigest: [], roleDigest: [])
        let index = try PolicyIndex(policies: PolicyDocument(["version": 1, "policies": []]).policies, stamp: stamp)
        func resolved(_ number: UInt64) throws -> (StandingCache.Key, ResolvedSubject) {
            let subject = Subject.person(PersonID(high: 1, low: number)), tenant = TenantID(high: 2, low: 2)
            let standing = try index.standing(of: SubjectFacts(id: subject.id))
            let one = ResolvedSubject(
                subject: subject, standing: standing, governed: nil, isActive: true,
                version: 1, position: 1, login: "p\(number)", displayName: nil, mail: nil, directRoles: [],
                mappedRoles: [], groups: [], identities: [])
            return (StandingCache.Key(tenant: tenant, subject: subject, isStrong: false), one)
        }
        let cache = StandingCache(capacity: 2)
        let (key, one) = try resolved(1)
        let before = cache.changes
        cache.forget(one.subject, in: key.tenant)
        cache.keep(one, key, since: before)
        #expect(cache.find(key, generation: 1) == nil)
        cache.keep(one, key, since: cache.changes)
        #expect(cache.find(key, generation: 1) === one && cache.find(key, generation: 2) == nil)
        for number in 2...3 as ClosedRange<UInt64> {
            let (next, more) = try resolved(number)
            cache.keep(more, next, since: cache.changes)
            #expect(cache.find(next, generation: 1) === more)
        }
        #expect(cache.find(key, generation: 1) == nil, "it was full")
    }
}
