import Foundation
import Storage
import Testing
import Vocabulary

@Suite("Events are appended once, in order, and read back whole")
struct JournalTests {
    @Test func positionsCountPerTenantWithoutGaps() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let other = TenantID.random(at: Bench.start)
        let positions = try await store.write(.login) { transaction in
            var foreign = bench.event(bench.person())
            foreign.context.tenant = other
            return [
                try transaction.append(bench.event(bench.person())).position, try transaction.append(foreign).position,
                try transaction.append(bench.event(bench.person())).position,
            ]
        }
        #expect(positions == [1, 1, 2])
        #expect(try await store.events(of: other).count == 1)
    }

    @Test func aStreamThatMovedIsAConflict() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let person = bench.person()
        let version = try await store.write(.login) { try $0.append(bench.event(person, expected: 0)).streamVersion }
        #expect(version == 1)
        #expect(
            await fault { try await store.write(.login) { _ = try $0.append(bench.event(person, expected: 0)) } }
                == "storage.conflict")
        #expect(
            await fault { try await store.write(.login) { _ = try $0.append(bench.event(person, expected: 2)) } }
                == "storage.conflict")
        #expect(try await store.write(.login) { try $0.append(bench.event(person, expected: 1)).streamVersion } == 2)
    }

    @Test func filtersAndPages() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let (ada, bob) = (bench.person(), bench.person())
        try await store.write(.login) { transaction in
            try transaction.append(bench.event(ada, "person.renamed", secret: "{}"))
            try transaction.append(bench.event(bob, "login.denied"))
            try transaction.append(bench.event(ada, "login.succeeded"))
        }
        func positions(_ filter: EventFilter, after: Int64 = 0, limit: Int = 100) async throws -> [Int64] {
            try await store.events(of: bench.tenant, after: after, filter: filter, limit: limit).map(\.position)
        }
        #expect(try await positions(EventFilter(typePrefix: "login.")) == [2, 3])
        #expect(try await positions(EventFilter(stream: Stream("person", ada))) == [1, 3])
        #expect(try await positions(EventFilter(person: ada)) == [1])
        #expect(try await positions(EventFilter(), after: 1, limit: 1) == [2])
        #expect(try await positions(EventFilter(typePrefix: "login%")) == [])
    }

    @Test func sectionsAreSealedAndOpenOnRequest() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let person = bench.person()
        let text = #"{"mail":"ada.lovelace@example.org"}"#
        try await store.write(.login) { _ = try $0.append(bench.event(person, secret: text)) }
        #expect(try await store.events(of: bench.tenant)[0].sections.isEmpty)
        let opened = try await store.events(of: bench.tenant, opening: true)[0].sections
        #expect(opened.map { $0.plaintext.map { String(decoding: $0, as: UTF8.self) } } == [text])
        #expect(try bench.bytes().range(of: Data("lovelace".utf8)) == nil)
    }

    @Test func aSectionSwappedForAnotherIsRefused() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let person = bench.person()
        try await store.write(.login) { transaction in
            try transaction.append(bench.event(person, secret: "one"))
            try transaction.append(bench.event(person, secret: "two"))
            try transaction.sql.execute(
                "UPDATE journal_section SET sealed = (SELECT sealed FROM journal_section WHERE position = 2)"
                    + " WHERE position = 1"
            )
        }
        #expect(await fault { _ = try await store.events(of: bench.tenant, opening: true) } == "keys.refused")
    }

    @Test func aSectionOverItsLimitIsRefused() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        for (size, code) in [(64 << 10, nil), ((64 << 10) + 1, "journal.invalid")] as [(Int, String?)] {
            let text = String(repeating: "x", count: size)
            let outcome = await fault {
                try await store.write(.login) { _ = try $0.append(bench.event(bench.person(), secret: text)) }
            }
            #expect(outcome == code)
        }
    }

    @Test func proofsFromTheStoreHold() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        try await store.write(.login) { for _ in 0..<11 { try $0.append(bench.event(bench.person())) } }
        let head = try #require(try await store.signHeads(now: bench.tick()).first)
        let leaves = try await store.leaves(of: bench.tenant, size: head.size)
        let entry = try #require(try await store.events(of: bench.tenant, after: 4, limit: 1).first)
        let proof = try #require(MerkleTree.inclusionProof(4, in: leaves))
        let leaf = MerkleTree.leafHash(position: 5, record: entry.record)
        #expect(MerkleTree.verifyInclusion(leaf: leaf, index: 4, size: 11, proof: proof, root: head.root))
    }

    @Test func manyEventsAreAppendedInChunks() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let count = Int(ProcessInfo.processInfo.environment["TEST_BENCH_EVENTS"] ?? "10000")!
        let begun = ContinuousClock.now
        for chunk in 0..<count / 100 {
            try await store.write(.sync) { transaction in
                for index in 0..<100 {
                    let person = PersonID(high: UInt64(chunk), low: UInt64(index))
                    try transaction.append(
                        bench.event(person, secret: #"{"name":"Ada Lovelace","mail":"ada@example.org"}"#))
                }
            }
        }
        let elapsed = ContinuousClock.now - begun
        print("appended \(count) events with a section each in \(elapsed)")
        #expect(try await store.journalSize(of: bench.tenant).size == Int64(count))
    }
}
