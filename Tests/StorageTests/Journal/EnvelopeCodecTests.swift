import Testing
import Vocabulary

@testable import Storage

@Suite("Records are read exactly or not at all")
struct EnvelopeCodecTests {
    static let person = PersonID(high: 5, low: 6)
    static func envelope(facts: [Fact] = [], type: String = "person.renamed") -> EventEnvelope {
        EventEnvelope(
            tenant: TenantID(high: 1, low: 2), event: EventID(high: 3, low: 4), stream: Stream("person", person),
            streamVersion: 7, type: type, at: Bench.start, actor: .operatingSystemUser(1_000),
            onBehalfOf: .person(person), command: CommandID(high: 8, low: 9), causation: EventID(high: 10, low: 11),
            trace: "4bf92f3577b34da6a3ce929d0e0e4736", node: NodeID(high: 12, low: 13), facts: facts,
            commitments: [
                Commitment(
                    person: person, name: "profile", key: KeyID(high: 1, low: 1), tag: [UInt8](repeating: 9, count: 32))
            ])
    }
    static let facts = [
        Fact("role", .id(RoleID(high: 1, low: 1), "role")), Fact("count", .integer(-5)), Fact("is_first", .bool(true)),
        Fact("outcome", .word("denied")), Fact("digest", .digest([1, 2, 3])), Fact("until", .time(Bench.start)),
        Fact("groups", .list([.word("a"), .list([.integer(1)])])),
    ]

    @Test func everythingComesBack() throws {
        let full = Self.envelope(facts: Self.facts)
        #expect(try EnvelopeCodec.decode(EnvelopeCodec.encode(full)) == full)
        for actor in [
            Actor.anonymous, .person(Self.person), .serviceAccount(ServiceAccountID(high: 1, low: 1)), .system("sync"),
        ] {
            var other = Self.envelope()
            (other.actor, other.onBehalfOf, other.causation, other.trace) = (actor, nil, nil, nil)
            #expect(try EnvelopeCodec.decode(EnvelopeCodec.encode(other)) == other)
        }
    }

    @Test func theFormOfVersion1IsFixed() throws {
        let bytes = try EnvelopeCodec.encode(Self.envelope())
        #expect(bytes.count == 266)
        #expect(
            MerkleTreeTests.hex(Array(bytes[..<41])) == "01" + "0000000000000001" + "0000000000000002"
                + "0000000000000003" + "0000000000000004" + "06706572736f6e" + "00")
    }

    @Test func everyTruncationIsRefused() throws {
        let bytes = try EnvelopeCodec.encode(Self.envelope(facts: Self.facts))
        for count in 0..<bytes.count {
            #expect(throws: Fault.self) { try EnvelopeCodec.decode(Array(bytes[..<count])) }
        }
        #expect(throws: Fault.self) { try EnvelopeCodec.decode(bytes + [0]) }
    }

    @Test func corruptBytesNeverCrashAndReadingIsUnambiguous() throws {
        let bytes = try EnvelopeCodec.encode(Self.envelope(facts: Self.facts))
        for index in bytes.indices {
            for flip: UInt8 in [1, 0x80, 0xFF, 0x10] {
                var corrupt = bytes
                corrupt[index] ^= flip
                guard let read = try? EnvelopeCodec.decode(corrupt) else { continue }
                #expect(try EnvelopeCodec.encode(read) == corrupt)
            }
        }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let noise = [1] + (0..<Int.random(in: 0..<300, using: &generator)).map { _ in UInt8.random(in: 0...255) }
            _ = try? EnvelopeCodec.decode(noise)
        }
    }

    @Test func anUnknownVersionIsNamed() async throws {
        #expect(await fault { _ = try EnvelopeCodec.decode([2, 0, 0]) } == "journal.version")
    }

    @Test(arguments: [
        [Fact("Display Name", .integer(1))], [Fact("mail", .word("ada@example.org"))], [Fact("word", .word(""))],
        [Fact("word", .word(String(repeating: "a", count: 65)))],
        [Fact("digest", .digest([UInt8](repeating: 0, count: 65)))],
        [Fact("id", .id(bytes: [1], kind: "role"))],
        [Fact("list", .list([FactValue](repeating: .bool(true), count: 4_097)))],
        [Fact](repeating: Fact("a", .bool(true)), count: 257),
        [Fact("deep", (0..<9).reduce(FactValue.bool(true)) { value, _ in .list([value]) })],
    ])
    func whatDoesNotBelongInTheClearIsRefused(facts: [Fact]) async {
        #expect(await fault { _ = try EnvelopeCodec.encode(Self.envelope(facts: facts)) } == "journal.invalid")
    }

    @Test func limitsThemselvesPass() throws {
        let facts = [
            Fact("word", .word(String(repeating: "a", count: 64))),
            Fact("digest", .digest([UInt8](repeating: 0, count: 64))),
            Fact("list", .list([FactValue](repeating: .bool(true), count: 4_096))),
            Fact("deep", (0..<8).reduce(FactValue.bool(true)) { value, _ in .list([value]) }),
        ]
        #expect(try EnvelopeCodec.decode(EnvelopeCodec.encode(Self.envelope(facts: facts))).facts == facts)
    }
}
