import Storage
import Testing
import Vocabulary

@Suite("Streams are read back as they were written")
struct StreamTests {
    private func event(_ bench: Bench, _ stream: Stream, _ sections: [PersonalSection], _ expected: Int64) -> NewEvent {
        NewEvent(
            context: bench.context(), stream: stream, type: "thing.changed",
            facts: [Fact("number", .integer(expected))], sections: sections, expectedVersion: expected)
    }

    @Test func eventsComeInOrderAndPageByPageWithTheTextsOfTheTenantAndOfPeople() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let (person, tenant) = (bench.person(), bench.tenant)
        let (stream, other) = (Stream(kind: "thing", id: person.bytes), Stream(kind: "other", id: person.bytes))
        try await store.write(.administration) { tx in
            for version in Int64(0)..<5 {
                let texts = [
                    PersonalSection(ofTenant: "name", plaintext: Array("\"ours\"".utf8)),
                    PersonalSection(person: person, name: "reason", plaintext: Array("\"theirs\"".utf8)),
                ]
                _ = try tx.append(event(bench, stream, texts, version))
                _ = try tx.append(event(bench, other, [], version))
            }
        }
        let events = try await store.read { try $0.streamEvents(stream, in: tenant, keys: store.keys) }
        #expect(events.map(\.version) == [1, 2, 3, 4, 5])
        #expect(events.map(\.facts) == (0..<5).map { [Fact("number", .integer($0))] })
        #expect(events.map(\.position) == [1, 3, 5, 7, 9])
        let texts = events[4].sections.map { ($0.person, $0.plaintext.map { String(decoding: $0, as: UTF8.self) }) }
        #expect(texts[0] == (PersonalSection.tenantHolder, "\"ours\""))
        #expect(texts[1] == (person, "\"theirs\""))
        let page = try await store.read {
            try $0.streamEvents(stream, in: tenant, after: 2, limit: 2, keys: store.keys)
        }
        #expect(page.map(\.version) == [3, 4])
        #expect(try await store.read { try $0.streamVersion(stream, in: tenant) } == 5)
        let elsewhere = TenantID(high: 9, low: 9)
        #expect(try await store.read { try $0.streamEvents(stream, in: elsewhere, keys: store.keys) }.isEmpty)
    }

    @Test func erasingAPersonLeavesTheTextsOfTheTenantWhichNobodyCanErase() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let (person, tenant) = (bench.person(), bench.tenant)
        let stream = Stream(kind: "thing", id: person.bytes)
        try await store.write(.administration) { tx in
            let texts = [
                PersonalSection(ofTenant: "name", plaintext: [1]),
                PersonalSection(person: person, name: "reason", plaintext: [2]),
            ]
            _ = try tx.append(event(bench, stream, texts, 0))
            _ = try tx.erase(person, bench.context())
        }
        let read = try await store.read { try $0.streamEvents(stream, in: tenant, keys: store.keys) }
        #expect(read[0].sections.map(\.plaintext) == [[1], nil])
        let code = await fault {
            try await store.write(.administration) { tx in
                _ = try tx.erase(PersonalSection.tenantHolder, bench.context())
            }
        }
        #expect(code == "storage.not_a_person")
    }

    @Test func aStreamWithAGapIsCorrupt() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let tenant = bench.tenant
        let stream = Stream(kind: "thing", id: bench.person().bytes)
        try await store.write(.administration) { tx in
            for version in Int64(0)..<3 { _ = try tx.append(event(bench, stream, [], version)) }
            try tx.sql.execute("DELETE FROM journal_event WHERE version = 2", [])
        }
        let code = await fault {
            _ = try await store.read { try $0.streamEvents(stream, in: tenant, keys: store.keys) }
        }
        #expect(code == "storage.corrupt")
    }

    @Test func aSnapshotIsOfOneStreamVersionAndFormat() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let tenant = bench.tenant
        let (one, two) = (
            Stream(kind: "thing", id: bench.person().bytes), Stream(kind: "thing", id: bench.person().bytes)
        )
        try await store.write(.administration) { tx in
            try tx.keep(StoredSnapshot(version: 100, state: [1]), of: one, in: tenant, format: 1)
            try tx.keep(StoredSnapshot(version: 200, state: [2]), of: one, in: tenant, format: 1)
        }
        func snapshot(_ stream: Stream, _ format: Int64) async throws -> StoredSnapshot? {
            try await store.read { try $0.snapshot(of: stream, in: tenant, format: format, keys: store.keys) }
        }
        #expect(try await snapshot(one, 1) == StoredSnapshot(version: 200, state: [2]))
        #expect(try await snapshot(one, 2) == nil)
        #expect(try await snapshot(two, 1) == nil)
        _ = try await store.write(.administration) {
            try $0.sql.execute("UPDATE stream_snapshot SET id = ?1", [.blob(two.id)])
        }
        #expect(await fault { _ = try await snapshot(two, 1) } == "keys.refused")
    }
}
