import Foundation
import Identity
import Storage
import Testing
import Vocabulary

@Suite("Rotation: what stands under an old key is sealed anew, and the key is destroyed")
struct KeyRotationTests {
    private static let people = 600
    private static let plan = [UInt8](repeating: 0x41, count: 40_000)

    /// A store with people, a TOTP secret each of some, a held plan and a command's answer.
    private struct Household {
        let bench: Bench
        let people: [PersonID]
        let run = SyncRunID.random(at: Bench.start)
        let credential = CredentialID.random(at: Bench.start)
        let tokenKey = KeyID.random(at: Bench.start)

        init() throws {
            bench = try Bench()
            people = (0..<KeyRotationTests.people).map { _ in PersonID.random(at: Bench.start) }
        }

        func fill(_ store: Store) async throws {
            let (bench, people, run, credential, tokenKey) = (bench, people, run, credential, tokenKey)
            try await store.write(.administration) { tx in
                try tx.sql.insert(
                    Tenant(id: bench.tenant, slug: "main", name: "Main"), managedBy: .api, at: tx.now)
                for (index, id) in people.enumerated() {
                    try tx.sql.insert(
                        Person(id: id, tenant: bench.tenant, login: "person\(index)", createdAt: tx.now), at: 1)
                    try tx.append(bench.event(id, "person.created", secret: "secret of \(index)"))
                }
                let sealed = try tx.keys.seal(
                    Array("totp".utf8), purpose: .credential, tenant: bench.tenant,
                    context: credential.bytes + people[0].bytes)
                try tx.sql.insertPendingTOTP(
                    credential, of: people[0], in: bench.tenant, sealedSecret: sealed, at: tx.now)
                let signing = try tx.keys.seal(
                    Array("private half".utf8), purpose: .tokenSigning, tenant: bench.tenant, context: tokenKey.bytes)
                try tx.sql.insert(
                    StoredTokenKey(
                        id: tokenKey, tenant: bench.tenant, algorithm: "ES256", state: .active, sealed: signing,
                        publicKey: "{}", createdAt: tx.now, changedAt: tx.now))
                try tx.sql.execute(
                    """
                    INSERT INTO provider (id, tenant, name, kind, settings_digest, managed_by)
                    VALUES (?1, ?2, 'd', 'ldap', x'00', 'configuration')
                    """, [.id(ProviderID(high: 1, low: 1)), .id(bench.tenant)])
                try tx.sql.insert(
                    StoredSyncRun(
                        id: run, tenant: bench.tenant, provider: ProviderID(high: 1, low: 1), trigger: "manual",
                        startedAt: tx.now))
                var frames = frames(tx.keys)
                try frames.append(Array("head".utf8))
                try frames.append(KeyRotationTests.plan)
                try tx.sql.setSealedPlan(frames.bytes, of: run)
            }
        }

        func frames(_ keys: KeyRing) -> SealedFrames {
            SealedFrames(
                keys: keys, purpose: .record, tenant: bench.tenant, context: SealedFrames.planContext(run.bytes))
        }

        /// Everything that was sealed opens as it did.
        func expectAllOpens(_ store: Store, _ place: SourceLocation = #_sourceLocation) async throws {
            let events = try await store.events(
                of: bench.tenant, filter: EventFilter(typePrefix: "person."), limit: 1_000, opening: true)
            var opened = 0
            for (index, entry) in events.enumerated() {
                let texts = entry.sections.compactMap { $0.plaintext.map { String(decoding: $0, as: UTF8.self) } }
                #expect(texts == ["secret of \(index)"], sourceLocation: place)
                opened += texts.count
            }
            #expect(opened == people.count, sourceLocation: place)
            let (totp, plan) = try await store.read { [people, run] sql in
                (try sql.totp(of: people[0], pending: true).map(\.sealedSecret), try sql.sealedPlan(of: run))
            }
            #expect(
                try store.keys.open(
                    try #require(totp.first), purpose: .credential, tenant: bench.tenant,
                    context: credential.bytes + people[0].bytes) == Array("totp".utf8), sourceLocation: place)
            let signing = try await store.read { try $0.tokenKeys().compactMap(\.sealed) }
            #expect(
                try store.keys.open(
                    try #require(signing.first), purpose: .tokenSigning, tenant: bench.tenant,
                    context: tokenKey.bytes) == Array("private half".utf8), sourceLocation: place)
            var parts: [[UInt8]] = []
            var reader = frames(store.keys)
            try reader.forEach(try #require(plan)) { parts.append($0) }
            #expect(parts == [Array("head".utf8), KeyRotationTests.plan], sourceLocation: place)
        }
    }

    private static let sealing: [KeyPurpose] = [.personKey, .credential, .record, .tokenSigning]

    @Test func everythingOpensAfterARotationAndIsSealedAnewInChunks() async throws {
        let household = try Household()
        let bench = household.bench
        let store = try await bench.open()
        try await household.fill(store)
        let old = try await store.keyRecords(of: bench.tenant, for: Self.sealing)
        #expect(old.map(\.state) == [.active, .active, .active, .active])
        let before = try await store.keyedValues(of: bench.tenant)
        #expect(before[old[0].id] == ["person_keys": Self.people])
        #expect(before[old[1].id] == ["totp_secrets": 1] && before[old[2].id] == ["sync_plans": 1])
        #expect(before[old[3].id] == ["token_keys": 1])
        for purpose in Self.sealing { try await store.rotateKey(purpose, bench.context()) }
        try await household.expectAllOpens(store)
        #expect(store.keys.tenantsWithOldKeys == [bench.tenant])

        #expect(try await store.resealStale(bench.context()) == ResealReport(resealed: Self.people + 3))
        try await household.expectAllOpens(store)
        let records = try await store.keyRecords(of: bench.tenant, for: Self.sealing)
        #expect(records.map(\.state) == Self.sealing.flatMap { _ in [.retiring, .active] })
        let after = try await store.keyedValues(of: bench.tenant)
        #expect(Set(after.keys) == Set(records.filter { $0.state == .active }.map(\.id)))
        #expect(try await store.resealStale(bench.context()) == ResealReport())
        // Each chunk is in the journal with what it did.
        let counts = try await store.events(of: bench.tenant, filter: EventFilter(typePrefix: "key.resealed"))
            .compactMap { entry in
                entry.envelope.facts.compactMap { fact -> Int64? in
                    if case .integer(let count) = fact.value { count } else { nil }
                }.first
            }
        #expect(counts.reduce(0, +) == Int64(Self.people + 3) && counts.count > 4)
        #expect(try await store.check().isEmpty)
    }

    @Test func whatIsStoppedHalfwayOpensAndGoesOnWhereItWas() async throws {
        let household = try Household()
        let bench = household.bench
        var store = try await bench.open()
        try await household.fill(store)
        for purpose in Self.sealing { try await store.rotateKey(purpose, bench.context()) }
        let first = try await store.resealStale(bench.context(), limit: 1)
        #expect(first.resealed > 0 && first.resealed < Self.people)
        try await store.close()
        store = try await bench.open()
        try await household.expectAllOpens(store)
        let rest = try await store.resealStale(bench.context())
        #expect(first.resealed + rest.resealed == Self.people + 3 && rest.unreadable == 0)
        try await household.expectAllOpens(store)
    }

    @Test func aRetiredKeyIsDestroyedAndRefusedEvenAfterARestart() async throws {
        let household = try Household()
        let bench = household.bench
        var store = try await bench.open()
        try await household.fill(store)
        let left = try store.keys.seal([1], purpose: .credential, tenant: bench.tenant, context: [])
        for _ in 0..<2 { try await store.rotateKey(.credential, bench.context()) }
        let drawn = try await store.keyRecords(of: bench.tenant, for: [.credential])
        let second = try store.keys.secret(drawn[1].id, .credential, tenant: bench.tenant).reveal()
        #expect(second.count == 32)
        _ = try await store.resealStale(bench.context())
        for record in drawn.prefix(2) { #expect(try await store.retireKey(record, bench.context())) }
        for _ in 0..<2 {
            for record in drawn.prefix(2) {
                #expect(
                    await fault { _ = try store.keys.secret(record.id, .credential, tenant: bench.tenant) }
                        == "keys.retired")
            }
            #expect(
                await fault { _ = try store.keys.open(left, purpose: .credential, tenant: bench.tenant, context: []) }
                    == "keys.retired")
            let records = try await store.keyRecords(of: bench.tenant, for: [.credential])
            #expect(records.map(\.state) == [.retired, .retired, .active] && records.map(\.id) == drawn.map(\.id))
            #expect(store.keys.tenantsWithOldKeys.isEmpty)
            let kept = try await store.read {
                try $0.query("SELECT 1 FROM key_generation WHERE retired_at IS NOT NULL AND sealed IS NOT NULL")
            }
            #expect(kept.isEmpty)
            try await household.expectAllOpens(store)
            try await store.close()
            store = try await bench.open()
        }
        // The active one is not to be retired, and nothing twice.
        #expect(try await !store.retireKey(drawn[2], bench.context()))
        #expect(try await !store.retireKey(drawn[0], bench.context()))
        let types = try await store.events(of: bench.tenant, filter: EventFilter(typePrefix: "key.retired"))
        #expect(types.count == 2)
    }

    @Test func aRetiredSigningKeyStillProvesItsHeads() async throws {
        let bench = try Bench()
        var store = try await bench.open()
        try await store.write(.login) { _ = try $0.append(bench.event(bench.person())) }
        let signed = try #require(try await store.signHeads(now: Bench.start).first)
        try await store.rotateKey(.headSigning, bench.context())
        let old = try #require(try await store.keyRecords(of: bench.tenant, for: [.headSigning]).first)
        #expect(old.id == signed.keyID)
        #expect(try await store.retireKey(old, bench.context()))
        let published = store.keys.publishedKeys(bench.tenant)
        try await store.close()
        store = try await bench.open()
        #expect(store.keys.publishedKeys(bench.tenant) == published && published.count == 2)
        #expect(
            store.keys.verify(signed.signature, over: signed.message, keyID: signed.keyID, tenant: bench.tenant))
        #expect(try await store.check().isEmpty)
    }

    @Test func aValueThatDoesNotOpenStaysAndIsCounted() async throws {
        let household = try Household()
        let bench = household.bench
        let store = try await bench.open()
        try await household.fill(store)
        let broken = household.people[3]
        let key = try #require(try await store.keyRecords(of: bench.tenant, for: [.personKey]).first).id
        try await store.rotateKey(.personKey, bench.context())
        try await store.write(.administration) { tx in
            _ = try tx.sql.execute(
                "UPDATE person_key SET sealed = substr(sealed, 1, 60) WHERE person = ?1", [.id(broken)])
        }
        let report = try await store.resealStale(bench.context())
        #expect(report == ResealReport(resealed: Self.people - 1, unreadable: 1))
        #expect(try await store.keyedValues(of: bench.tenant)[key]?["person_keys"] == 1)
    }

    @Test func eachRotatedKeyIsDrawnAndNotToBeDerived() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        try await store.rotateKey(.record, bench.context())
        let other = try Bench()
        // The same master key and the same tenant: what was derived is the same, what was drawn is not.
        let twin = try await other.open()
        var context = other.context()
        context.tenant = bench.tenant
        try await twin.rotateKey(.record, context)
        let mine = try await store.keyRecords(of: bench.tenant, for: [.record])
        let theirs = try await twin.keyRecords(of: bench.tenant, for: [.record])
        #expect(mine[0].id == theirs[0].id && mine[1].id != theirs[1].id)
    }
}
