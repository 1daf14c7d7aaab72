import Authorization
import Foundation
import Governance
import Testing
import Vocabulary

let noon = Timestamp(seconds: 1_800_000_000)
let admin = Actor.person(PersonID(high: 0xA, low: 1))

/// A corpus file, as the gateway's own JSON values.
func corpus(_ name: String) throws -> AttributeValue {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Corpus/governance/\(name).json")
    return try JSONDecoder().decode(AttributeValue.self, from: Data(contentsOf: url))
}

func words(_ value: AttributeValue?) -> [String] { (value?.list ?? []).compactMap(\.string) }

func id<Kind>(_ number: UInt64) -> Identifier<Kind> { Identifier(high: 0x1000, low: number) }

/// Ids one after the other.
struct Ids {
    private var next: UInt64 = 1
    mutating func make<Kind>() -> Identifier<Kind> {
        next += 1
        return Identifier(high: 0x2000, low: next)
    }
}

private let known = Result {
    let tree = try corpus("zones")
    let zones = try (tree["zones"]?.object ?? [:]).map { name, text in
        let data = try #require(Data(base64Encoded: text.string ?? ""))
        return try #require(Zone(name: name, tzif: [UInt8](data)))
    }
    return ZoneTable(version: "2025b", zones)
}

/// The zones of the corpus, read once.
func zones() throws -> ZoneTable { try known.get() }

/// Expects the error, and not another one.
func expect<Result>(
    _ expected: GovernanceError, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws(GovernanceError) -> Result
) {
    do {
        let result = try body()
        Issue.record("came out as \(result), not refused", sourceLocation: sourceLocation)
    } catch {
        #expect(error == expected, sourceLocation: sourceLocation)
    }
}

func details(
    _ name: String = "Password Policy", _ enforcement: Enforcement = .mandatory, scope: PolicyScope = .organization,
    frameworks: [ComplianceFramework] = [], zone: String? = nil, isOverridable: Bool = false
) -> PolicyDetails {
    PolicyDetails(
        name: name, description: "", type: .security, enforcement: enforcement, scope: scope, frameworks: frameworks,
        zone: zone, isOverridable: isOverridable)
}

/// Carries commands out one after the other, a second apart.
func live(_ commands: [PolicyCommand], from start: Timestamp = noon) throws -> (
    state: GovernedPolicy, events: [Recorded<PolicyEvent>]
) {
    var state: GovernedPolicy?
    var events: [Recorded<PolicyEvent>] = []
    for (second, command) in commands.enumerated() {
        for event in try GovernedPolicy.decide(command, on: state) {
            let recorded = Recorded(event, at: start + .seconds(second), actor: admin)
            state = try GovernedPolicy.applying(recorded, to: state)
            events.append(recorded)
        }
    }
    return (try #require(state), events)
}

/// An active policy with these rules, in force from the epoch on.
func active(
    _ number: UInt64 = 1, _ details: PolicyDetails = details(), rules: [AttributeValue],
    from: Timestamp = .epoch, until: Timestamp? = nil
) throws -> GovernedPolicy {
    let period = try #require(EffectivePeriod(from: from, until: until))
    let added = rules.enumerated().map { index, rule in
        PolicyCommand.addRule(RuleID(high: number, low: UInt64(index + 1)), rule)
    }
    return try live([.create(id(number), details)] + added + [.approve(), .activate(period)]).state
}

func stamp() -> IndexStamp { IndexStamp(generation: 1, policyDigest: [1], roleDigest: [2]) }

let ada = Subject.person(PersonID(high: 0xAD, low: 0xA))

extension RuleBook {
    /// Decides for a subject of whom nothing else is known.
    func decide(
        _ inquiry: RuleInquiry, counters: (RuleID) -> LimitLedger? = { _ in nil }, now: Timestamp = noon
    ) throws -> RuleDecision {
        let standing = try standing(of: SubjectFacts(id: inquiry.subject.id))
        return decide(inquiry, standing: standing, counters: counters, now: now)
    }
}
