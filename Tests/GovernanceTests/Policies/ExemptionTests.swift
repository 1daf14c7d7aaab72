import Foundation
import Governance
import Testing
import Vocabulary

@Suite("Exemptions")
struct ExemptionTests {
    let policy = PolicyID(high: 1, low: 1)

    private func grant(
        reason: String = "Legacy system migration", until: Timestamp? = noon + .days(90), from: Timestamp? = nil,
        conditions: AttributeValue? = nil
    ) -> ExemptionCommand {
        .grant(
            .init(
                id: id(7), target: .policy(policy), entity: .subject(ada), reason: reason, claimedBy: "data-officer",
                from: from, until: until, conditions: conditions,
                riskAcceptance: .init(level: .high, acceptedBy: PersonID(high: 5, low: 5))))
    }

    private func granted(_ command: ExemptionCommand? = nil) throws -> Exemption {
        let events = try Exemption.decide(command ?? grant(), on: nil, ground: .policy(.active), now: noon)
        return try Exemption.applying(Recorded(try #require(events.first), at: noon, actor: admin), to: nil)
    }

    @Test(
        "S0-11 an exemption has its target, entity, end and risk acceptance; the actor is the caller, the payload's name a claim"
    )
    func fields() throws {
        let events = try Exemption.decide(grant(), on: nil, ground: .policy(.active), now: noon)
        guard case .granted(let content)? = events.first else { throw CancellationError() }
        #expect(content.reason == "Legacy system migration" && content.claimedBy == "data-officer")
        let exemption = try granted()
        #expect(exemption.target == .policy(policy) && exemption.entity == .subject(ada))
        #expect(exemption.grantedBy == admin && exemption.from == noon && exemption.until == noon + .days(90))
        #expect(exemption.riskAcceptance?.level == .high && exemption.state == .active)
    }

    @Test("S0-74 granted only while the policy is active", arguments: PolicyState.allCases)
    func ground(state: PolicyState) throws {
        guard state != .active else {
            #expect(try granted().state == .active)
            return
        }
        expect(.policyNotActive(policy, state: state)) { () throws(GovernanceError) in
            try Exemption.decide(grant(), on: nil, ground: .policy(state), now: noon)
        }
        expect(.notFound(resource: "policy", id: policy.description)) { () throws(GovernanceError) in
            try Exemption.decide(grant(), on: nil, ground: .missing, now: noon)
        }
    }

    @Test("S1-51 S1-52 a reason has ten characters once trimmed, and an end lies ahead")
    func bounds() throws {
        #expect(try corpus("seed-001")["justification_minimum"]?.integer == Int64(Exemption.reasonMinimum))
        expect(.exemptionReasonTooShort(9)) { () throws(GovernanceError) in
            try Exemption.decide(grant(reason: "  123456789  "), on: nil, ground: .policy(.active), now: noon)
        }
        #expect(try granted(grant(reason: "1234567890")).state == .active)
        for end in [noon, noon - .seconds(1)] {
            expect(.exemptionExpiryInPast) { () throws(GovernanceError) in
                try Exemption.decide(grant(until: end), on: nil, ground: .policy(.active), now: noon)
            }
        }
        expect(.exemptionExpiryInPast) { () throws(GovernanceError) in
            try Exemption.decide(
                grant(until: noon + .days(1), from: noon + .days(2)), on: nil, ground: .policy(.active), now: noon)
        }
        #expect(try granted(grant(until: nil)).until == nil)
        #expect(try granted(grant(until: noon + .days(3_653))).state == .active)
        #expect(throws: GovernanceError.self) {
            try granted(grant(until: noon + .days(3_653) + .microseconds(1)))
        }
        #expect(throws: GovernanceError.self) { try granted(grant(conditions: ["sometimes": true])) }
    }

    @Test("S0-75 S1-54 it lapses by time, and its end becomes an event without a caller")
    func expiry() throws {
        let exemption = try granted()
        let end = noon + .days(90)
        #expect(exemption.isInForce(at: end - .microseconds(1)) && !exemption.isInForce(at: end))
        #expect(!exemption.isInForce(at: noon - .microseconds(1)))
        #expect(exemption.due(at: end - .microseconds(1)) == [])
        #expect(exemption.due(at: end) == [.expired])
        let expired = try Exemption.applying(Recorded(.expired, at: end, actor: .system("expiry")), to: exemption)
        #expect(expired.state == .expired && expired.due(at: end) == [])
        expect(.invalidState(current: "expired", expected: "active")) { () throws(GovernanceError) in
            try Exemption.decide(.revoke(), on: expired, ground: .missing, now: end)
        }
        expect(.invalidState(current: "expired", expected: "active")) { () throws(GovernanceError) in
            try Exemption.decide(.revoke(), on: exemption, ground: .missing, now: end)
        }
    }

    @Test("S0-45 S1-53 it can be revoked, once")
    func revocation() throws {
        let exemption = try granted()
        #expect(
            try Exemption.decide(.revoke(), on: exemption, ground: .missing, now: noon).map(\.name) == [
                "PolicyExemptionRevoked"
            ])
        let revoked = try Exemption.applying(Recorded(.revoked(nil), at: noon, actor: admin), to: exemption)
        #expect(!revoked.isInForce(at: noon))
        expect(.invalidState(current: "revoked", expected: "active")) { () throws(GovernanceError) in
            try Exemption.decide(.revoke(), on: revoked, ground: .missing, now: noon)
        }
    }

    @Test("the reason is sealed under the person it speaks of, and the state does not know it")
    func erasure() throws {
        let events = try Exemption.decide(grant(), on: nil, ground: .policy(.active), now: noon)
        let record = Exemption.aggregate.encode(try #require(events.first))
        guard case .person(let person) = ada else { throw CancellationError() }
        let texts = record.texts.filter { $0.name == "reason" || $0.name == "claim" }
        #expect(texts.map(\.holder) == [.person(person), .person(person)])
        let erased = EventRecord(record.type, facts: record.facts, texts: [])
        let after = try Exemption.aggregate.decode(erased)
        let (before, behind) = (try granted(), try Exemption.applying(Recorded(after, at: noon, actor: admin), to: nil))
        #expect(before == behind)
    }
}
