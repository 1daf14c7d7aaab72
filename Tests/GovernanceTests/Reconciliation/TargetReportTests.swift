import Governance
import Testing
import Vocabulary

@Suite("Reports of target systems")
struct TargetReportTests {
    private typealias Account = TargetReport.Account
    private let bob = Subject.person(PersonID(high: 0xC, low: 9))

    private var expected: TargetExpectation {
        TargetExpectation(
            owners: [
                "ada": .init(ada, isActive: true, attributes: ["mail": "ada@example.org"]),
                "bob": .init(bob, isActive: false, attributes: [:]),
            ], entitlements: ["cn=a": id(1), "cn=b": id(2)], held: [ada: [id(1)]])
    }

    private func kinds(_ accounts: [Account]) throws -> [TargetDifference.Kind] {
        try TargetReport(accounts).differences(from: expected).map(\.kind).sorted { $0.rawValue < $1.rawValue }
    }

    @Test("what is missing, unexpected, orphaned and drifted is told apart, and what agrees is nothing")
    func differences() throws {
        let mail = ["mail": "ada@example.org", "shoe_size": "38"]
        #expect(try kinds([Account(name: "ada", entitlements: ["cn=a"], attributes: mail)]).isEmpty)
        #expect(try kinds([]) == [.missing])
        #expect(try kinds([Account(name: "ada")]) == [.missing])
        #expect(try kinds([Account(name: "ada", isDisabled: true, entitlements: ["cn=a"])]) == [.missing])
        #expect(try kinds([Account(name: "ada", entitlements: ["cn=a", "cn=b"])]) == [.unexpected])
        #expect(try kinds([Account(name: "ada", entitlements: ["cn=a", "cn=stranger"])]) == [.unexpected])
        #expect(
            try kinds([Account(name: "ada", entitlements: ["cn=a"], attributes: ["mail": "x@example.org"])]) == [.drift]
        )
        let two = [Account(name: "u17", login: "ada", entitlements: ["cn=a"]), Account(name: "bob")]
        #expect(try kinds(two) == [.orphaned])
        #expect(
            try kinds([
                Account(name: "ada", entitlements: ["cn=a"]), Account(name: "ghost"),
                Account(name: "bob", isDisabled: true),
            ]) == [.orphaned])
    }

    @Test("a report has bounds")
    func bounds() throws {
        let many = (0..<TargetReport.Limits.accounts).map { Account(name: "a\($0)") }
        _ = try TargetReport(many)
        let long = String(repeating: "x", count: TargetReport.Limits.textBytes + 1)
        let bad: [[Account]] = [
            many + [Account(name: "more")], [Account(name: "a"), Account(name: "a")], [Account(name: "")],
            [Account(name: long)], [Account(name: "a", attributes: ["k": long])],
            [Account(name: "a", entitlements: (0...TargetReport.Limits.entitlements).map { "e\($0)" })],
            [
                Account(
                    name: "a",
                    attributes: Dictionary(
                        uniqueKeysWithValues: (0...TargetReport.Limits.attributes).map { ("k\($0)", "v") }))
            ],
        ]
        for accounts in bad { #expect(throws: GovernanceError.self) { try TargetReport(accounts) } }
        let much = (0..<200).map { account in
            Account(name: "ada\(account)", login: "ada", entitlements: ["cn=a"] + (0..<400).map { "e\($0)" })
        }
        #expect(throws: GovernanceError.self) { try TargetReport(much).differences(from: expected) }
    }

    @Test("a finding is found once, gone when it is not reported, and open again when it comes back")
    func life() throws {
        let difference = try #require(
            try TargetReport([Account(name: "ada", entitlements: ["cn=a", "cn=b"])]).differences(from: expected).first)
        func fold(_ finding: TargetFinding?, _ events: [TargetFindingEvent]) throws -> TargetFinding? {
            try TargetFinding.aggregate.fold(finding, events.map { Recorded($0, at: noon, actor: admin) })
        }
        func reported(_ known: TargetFinding?) -> [TargetFindingEvent] {
            TargetFinding.reported(difference, as: id(5), of: id(6), on: known)
        }
        let open = try #require(try fold(nil, reported(nil)))
        #expect(open.state == "open" && open.kind == .unexpected && reported(open).isEmpty)
        let gone = try #require(try fold(open, open.unreported()))
        #expect(gone.state == "gone" && gone.unreported().isEmpty)
        #expect(try fold(gone, reported(gone))?.state == "open")
        #expect(throws: GovernanceError.self) { try open.resolve(.reprovision, reason: nil) }
        #expect(throws: GovernanceError.self) { try open.resolve(.ignore, reason: ChangeReason(by: admin, text: "no")) }
        #expect(throws: GovernanceError.self) { try gone.resolve(.revoke, reason: nil) }
        let revoked = try #require(try fold(open, try open.resolve(.revoke, reason: nil)))
        #expect(revoked.state == "revoke")
        #expect(try fold(revoked, reported(revoked))?.state == "open")
        let ignored = try #require(
            try fold(open, try open.resolve(.ignore, reason: ChangeReason(by: admin, text: "a break-glass account"))))
        #expect(reported(ignored).isEmpty && ignored.unreported().isEmpty)
        let aggregate = TargetFinding.aggregate
        let events = reported(nil) + [.gone, .resolved(.adopt, ChangeReason(by: admin, text: "it was agreed"))]
        #expect(try events.map { try aggregate.decode(aggregate.encode($0)) } == events)
    }
}
