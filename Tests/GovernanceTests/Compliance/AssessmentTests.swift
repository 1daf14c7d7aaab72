import Authorization
import Foundation
import Governance
import Testing
import Vocabulary

@Suite("Catalogues and judgements")
struct AssessmentTests {
    private static func catalogue(_ controls: [AttributeValue], retention: Int64 = 365) throws -> ControlCatalogue {
        try ControlCatalogue(document: document(controls, retention: retention))
    }

    private static func document(_ controls: [AttributeValue], retention: Int64 = 365) -> AttributeValue {
        [
            "framework": "own", "name": "Own rules", "edition": "1", "retention_days": .integer(retention),
            "controls": .list(controls),
        ]
    }

    private static func control(_ id: String, _ evidence: [AttributeValue]) -> AttributeValue {
        ["id": .string(id), "title": "A title", "evidence": .list(evidence)]
    }

    private static func basis(_ book: EvidenceBook, at moment: Timestamp) -> Assessment.Basis {
        Assessment.Basis(
            tenant: id(1), tenantName: "main", epoch: book.epoch, position: book.position, root: "00",
            catalogueDigest: "11", moment: moment)
    }

    @Test(
        "S4-59 a control is satisfied by all its evidence, not satisfied by one against it, and else without evidence")
    func judgement() throws {
        let catalogue = try Self.catalogue([
            Self.control("1", ["joiners"]), Self.control("2", ["joiners", "backups"]),
            Self.control("3", ["joiners", "backups", ["kind": "dormant_accounts", "days": 1]]), Self.control("4", []),
        ])
        var year = RecordedYear()
        year.join(id(1))
        year.wait(.days(2))
        let assessment = Assessment(catalogue, year.book, Self.basis(year.book, at: year.now))
        #expect(assessment.controls.map(\.status) == [.satisfied, .noEvidence, .notSatisfied, .noEvidence])
        #expect(assessment.controls[0].gaps.isEmpty && assessment.controls[1].gaps == ["No backup is recorded."])
        #expect(assessment.controls[2].gaps.count == 2)
        #expect(assessment.controls[3].gaps.count == 1 && assessment.controls[3].evidence.isEmpty)
        #expect(assessment.count(.noEvidence) == 2)
    }

    @Test("the same events give the same bytes, wherever reading them paused, and others give others")
    func determinism() throws {
        let catalogue = try Self.catalogue(
            EvidenceKind.allCases.map { Self.control($0.rawValue, [.string($0.rawValue)]) })
        var year = RecordedYear()
        year.start(privileged: [id(70)])
        for number in 0..<200 { year.join(id(UInt64(number))) }
        for number in 0..<200 where number % 3 > 0 {
            year.signIn(id(UInt64(number)), factors: number % 2 + 1, roles: [id(70)])
        }
        year.sync(id(50), leaving: (0..<40).map { id(UInt64($0)) })
        year.wait(.days(2))
        year.sync(id(50), leaving: (40..<60).map { id(UInt64($0)) })
        func bytes(_ book: EvidenceBook) throws -> Data {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            return try encoder.encode(Assessment(catalogue, book, Self.basis(book, at: noon)))
        }
        let expected = try bytes(year.book)
        for pause in [0, 1, 77, year.events.count] {
            var book = EvidenceBook()
            func take(_ events: some Sequence<EvidenceEvent>) {
                for event in events { book.take(event, position: event.position, at: event.at, isSound: true) }
            }
            take(year.events.prefix(pause))
            let copy = book
            book = copy
            take(year.events.dropFirst(pause))
            #expect(try bytes(book) == expected)
        }
        let decoded = try JSONDecoder().decode(Assessment.self, from: expected)
        #expect(decoded == Assessment(catalogue, year.book, Self.basis(year.book, at: noon)))
        year.join(id(999))
        #expect(try bytes(year.book) != expected)
    }

    @Test("a catalogue says where it is wrong, and a kind that nobody collects is wrong")
    func faults() throws {
        func faults(_ control: AttributeValue) -> [String] {
            do throws(GovernanceError) {
                _ = try ControlCatalogue(document: Self.document([control]))
                return []
            } catch {
                guard case .rejected(let faults) = error else { return ["\(error)"] }
                return faults.map { "\($0.path) \($0.code)" }
            }
        }
        #expect(faults(Self.control("1", ["joiners"])) == [])
        #expect(faults(Self.control("1", ["antivirus"])) == ["controls[0].evidence[0] unknown_word"])
        #expect(faults(["id": 1.2, "title": "t", "evidence": []]) == ["controls[0].id wrong_type"])
        #expect(faults(["id": "1", "title": "t"]) == ["controls[0].evidence missing_key"])
        let bound = { (days: Int64) in Self.control("1", [["kind": "joiners", "days": .integer(days)]]) }
        #expect(faults(bound(1)) == [] && faults(bound(3_660)) == [])
        for days in [0, 3_661] as [Int64] {
            #expect(faults(bound(days)) == ["controls[0].evidence[0].days wrong_number"])
        }
        let foreign = Self.control("1", [["kind": "joiners", "hours": 1]])
        #expect(faults(foreign) == ["controls[0].evidence[0].hours unknown_key"])
        #expect(throws: GovernanceError.self) {
            try Self.catalogue([Self.control("1", []), Self.control("1", [])])
        }
    }

    @Test("a catalogue has its limits, and a test one past each")
    func limits() throws {
        func many(_ count: Int) -> [AttributeValue] { (0..<count).map { Self.control("c\($0)", []) } }
        #expect(try Self.catalogue(many(500)).controls.count == 500)
        #expect(throws: GovernanceError.self) { try Self.catalogue(many(501)) }
        let pieces = EvidenceKind.allCases.map { AttributeValue.string($0.rawValue) }
        #expect(try Self.catalogue([Self.control("1", Array(pieces.prefix(16)))]).controls[0].requirements.count == 16)
        #expect(throws: GovernanceError.self) { try Self.catalogue([Self.control("1", Array(pieces.prefix(17)))]) }
        #expect(throws: GovernanceError.self) { try Self.catalogue([], retention: 0) }
        let kept = try Self.catalogue([Self.control("1", ["journal_retention"])], retention: 2_192)
        #expect(kept.controls[0].requirements[0][.days] == 2_192, "retention is the framework's, unless it is said")
    }

    @Test("of many events a few positions are named, the newest, and all are counted")
    func positions() {
        var year = RecordedYear()
        for number in 0..<30 { year.join(id(UInt64(number))) }
        let evidence = year.ask(.joiners)
        #expect(evidence.basis == 30 && evidence.positions == Array(19...30))
        #expect(evidence.samples.count == Evidence.listed && evidence.samples.first?.position == 30)
    }
}
