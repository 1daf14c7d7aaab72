import Identity
import Storage
import Testing
import Vocabulary

@Suite("Sessions that SAML peers know, in rows") struct PeerSessionTests {
    /// A store with somebody, a session of theirs, and what an identity provider and an application know of it.
    private struct House {
        let bench: Bench
        let store: Store
        let person: PersonID
        let session: Session

        static func open() async throws -> House {
            let bench = try Bench()
            let store = try await bench.open()
            let hash = try #require(TokenHash(bytes: [UInt8](repeating: 7, count: 32)))
            let person = PersonID.random(at: Bench.start)
            let session = Session(
                id: .random(at: Bench.start), tenant: bench.tenant, person: person, events: [], provider: nil,
                createdAt: Bench.start, lifetime: .standard, secretHash: hash)
            try await store.write(.login) { tx in
                try tx.sql.insert(
                    Tenant(id: bench.tenant, slug: "main", name: "Main"), managedBy: .api, at: tx.now)
                try tx.sql.insert(Person(id: person, tenant: bench.tenant, login: "ada", createdAt: tx.now), at: 1)
                try tx.sql.insert(session)
                for (number, role) in SAMLPeerRole.allCases.enumerated() {
                    let id = [UInt8](repeating: UInt8(number + 1), count: 16)
                    let sealed = try tx.keys.seal(
                        Array("name at \(role)".utf8), purpose: .record, tenant: bench.tenant, context: id)
                    try tx.sql.insert(
                        StoredPeerSession(
                            id: id, tenant: bench.tenant, session: session.id, role: role, peer: "urn:\(role)",
                            name: [1], sessionIndex: [2], sealed: sealed), at: tx.now)
                }
            }
            return House(bench: bench, store: store, person: person, session: session)
        }

        func end(_ reason: SessionEnd) async throws {
            let (session, tenant) = (session.id, bench.tenant)
            try await store.write(.revocation) { tx in
                _ = try tx.sql.end(session, in: tenant, reason, at: tx.now)
            }
        }

        func waiting() async throws -> [PeerLogout] {
            try await store.read { try $0.duePeerLogouts(at: Bench.start + .days(2), limit: 10) }
        }
    }

    @Test("an end leaves word for both, one that came by itself for applications alone, a replaced session for nobody")
    func ends() async throws {
        for (reason, roles) in [
            (SessionEnd.logout, ["identityProvider", "serviceProvider"]),
            (.administrator, ["identityProvider", "serviceProvider"]),
            (.expired, ["serviceProvider"]), (.rotated, []),
        ] {
            let house = try await House.open()
            try await house.end(reason)
            let waiting = try await house.waiting()
            #expect(waiting.map { "\($0.role)" }.sorted() == roles, "\(reason)")
            #expect(waiting.allSatisfy { $0.reason == reason })
            try await house.store.close()
        }
    }

    @Test("after a rotation of keys what is sealed of live and of ended sessions is sealed anew, and opens")
    func rotation() async throws {
        for isEnded in [false, true] {
            let house = try await House.open()
            if isEnded { try await house.end(.logout) }
            try await house.store.rotateKey(.record, house.bench.context())
            #expect(try await house.store.resealStale(house.bench.context()).resealed == 2)
            let (session, now) = (house.session.id, Bench.start + .days(2))
            let rows = try await house.store.read { sql in
                try sql.peerSessions(of: session).map { ($0.id, $0.sealed) }
                    + sql.duePeerLogouts(at: now, limit: 10).map { ($0.id, $0.sealed) }
            }
            #expect(rows.count == 2)
            for (id, sealed) in rows {
                let text = try house.store.keys.open(
                    sealed, purpose: .record, tenant: house.bench.tenant, context: id)
                #expect(String(decoding: text, as: UTF8.self).hasPrefix("name at "))
            }
            let keys = try await house.store.keyedValues(of: house.bench.tenant)
            #expect(keys.count == 1 && keys.values.first?.values.reduce(0, +) == 2)
            try await house.store.close()
        }
    }

    @Test("with the person goes what waits to be told of them, with the session what is known of it")
    func erasure() async throws {
        for isEnded in [false, true] {
            let house = try await House.open()
            if isEnded { try await house.end(.logout) }
            let (person, tenant) = (house.person, house.bench.tenant)
            let isGone = try await house.store.write(.administration) { tx in
                try tx.sql.deletePerson(person, in: tenant, at: 2)
            }
            #expect(isGone)
            let counts = try await house.store.read { sql in
                try ["saml_peer_session", "saml_peer_logout"].map {
                    try sql.queryOne("SELECT count(*) FROM \($0)", [])?.integer(0)
                }
            }
            #expect(counts == [0, 0])
            try await house.store.close()
        }
    }

    @Test("what nobody could be told in six hours is swept, and a restore leaves nobody to be told")
    func sweeping() async throws {
        let house = try await House.open()
        try await house.end(.logout)
        let removed = try await house.store.write(.spool) { tx in
            (
                try tx.sql.deleteExpired(.peerLogouts, at: tx.now + .hours(5), limit: 10),
                try tx.sql.deleteExpired(.peerLogouts, at: tx.now + .hours(7), limit: 10)
            )
        }
        #expect(removed == (0, 2))
        let other = try await House.open()
        let tenant = other.bench.tenant
        let ended = try await other.store.write(.administration) { try $0.sql.endEverything(in: tenant, at: $0.now) }
        #expect(ended.sessions == 1)
        let waiting = try await other.waiting()
        #expect(waiting.isEmpty)
        try await house.store.close()
        try await other.store.close()
    }
}
