import Fixtures
import Foundation
import Governance
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// Random commands of two tenants that use the same ids for everything, through the real service on a real store. The
/// number of the seed is the test's argument, so that a failure names what repeats it.
@Suite("Whatever is commanded in whatever order, what always holds holds")
struct GovernanceInvariantTests {
    /// S0-07: every move that a policy may make.
    private static let moves: Set<[PolicyState]> = [
        [.draft, .approved], [.approved, .active], [.active, .suspended], [.suspended, .active],
        [.active, .revoked], [.suspended, .archived], [.revoked, .archived],
    ]
    private static let policies = (1...3).map { PolicyID(high: 5, low: UInt64($0)) }
    private static let sets = (1...2).map { PolicySetID(high: 6, low: UInt64($0)) }
    private static let exemptions = (1...12).map { ExemptionID(high: 7, low: UInt64($0)) }

    /// All that was seen of one tenant before a command.
    private struct Seen {
        var policies: [PolicyID: GovernedPolicy] = [:]
        var sets: [PolicySetID: PolicySet] = [:]
        var exemptions: [ExemptionID: Exemption] = [:]

        init(_ bench: GovernanceBench, _ tenant: TenantID) async throws {
            for one in try await bench.service.policies(in: tenant) { policies[one.id] = one }
            for one in try await bench.service.sets(in: tenant) { sets[one.id] = one }
            for one in try await bench.service.exemptions(in: tenant) { exemptions[one.id] = one }
        }
    }

    /// One command among all; many are refused where they fall.
    private static func command(_ bench: GovernanceBench, _ draws: inout Seeded) -> (String, AttributeValue) {
        let policy: AttributeValue = .string(policies.randomElement(using: &draws)!.description)
        let set: AttributeValue = .string(sets.randomElement(using: &draws)!.description)
        let exemption: AttributeValue = .string(exemptions.randomElement(using: &draws)!.description)
        let words = ["approve", "activate", "activate", "suspend", "resume", "revoke", "archive"]
        switch Int.random(in: 0..<16, using: &draws) {
        case 0, 1: return ("create", GovernanceBench.creation(policies.randomElement(using: &draws)!))
        case 2...8:
            return (
                words.randomElement(using: &draws)!, ["policy_id": policy, "reason": "It was looked at again."]
            )
        case 9: return ("create_set", ["set_id": set, "name": "Security Policies", "combination": "all"])
        case 10: return ("add_to_set", ["set_id": set, "policy_id": policy])
        case 11: return ("revoke_exemption", ["exemption_id": exemption, "reason": "The migration is over."])
        default:
            let days = Int.random(in: -1...5, using: &draws)
            return (
                "grant_exemption",
                [
                    "exemption_id": exemption, "policy_id": policy, "entity_id": .string(bench.officer.description),
                    "reason": Bool.random(using: &draws) ? "Legacy system migration" : "short",
                    "expires_at": .string((bench.now + .days(days)).rfc3339),
                ]
            )
        }
    }

    @Test(
        "S0-07 S0-67 S0-68 S0-70 S0-74 S1-02 no sequence of commands breaks a rule of the model",
        arguments: 1...12 as ClosedRange<UInt64>)
    func sequences(seed: UInt64) async throws {
        let bench = try await GovernanceBench(every: 5)
        var draws = Seeded(seed)
        var carriedOut = 0
        // Drawn from nothing, most commands would find nothing to be carried out on.
        for tenant in [bench.tenant, bench.other] {
            try await bench.activate(Self.policies[0], in: tenant)
            try await bench.run("create", GovernanceBench.creation(Self.policies[1]), in: tenant)
        }
        for step in 0..<220 {
            bench.now = bench.now + .seconds(Int64.random(in: 1...40_000, using: &draws))
            let isHere = Bool.random(using: &draws)
            let (here, there) = isHere ? (bench.tenant, bench.other) : (bench.other, bench.tenant)
            if Int.random(in: 0..<6, using: &draws) == 0 { try await bench.service.endWhatIsDue(now: bench.now) }
            let (before, beside) = (try await Seen(bench, here), try await Seen(bench, there))
            let (name, payload) = Self.command(bench, &draws)
            let outcome = try? await bench.run(name, payload, in: here)
            carriedOut += outcome == nil ? 0 : 1
            let after = try await Seen(bench, here)
            let place: Comment = "seed \(seed), step \(step): \(name) \(payload)"
            Self.compare(before, after, isRefused: outcome == nil, at: bench.now, place)
            // The other tenant has the same ids, and nothing of it moved.
            let untouched = try await Seen(bench, there)
            #expect(untouched.policies == beside.policies && untouched.exemptions == beside.exemptions, place)
            #expect(untouched.sets == beside.sets, place)
        }
        #expect(carriedOut > 15, "the draws of seed \(seed) say too little")
        for tenant in [bench.tenant, bench.other] { try await Self.replay(bench, tenant, "seed \(seed)") }
        #expect(try await bench.journalIsSound(), "seed \(seed)")
    }

    private static func compare(
        _ before: Seen, _ after: Seen, isRefused: Bool, at now: Timestamp, _ place: Comment
    ) {
        if isRefused {
            #expect(
                before.policies == after.policies && before.sets == after.sets
                    && before.exemptions == after.exemptions, place)
        }
        for (id, policy) in after.policies {
            guard let earlier = before.policies[id] else {
                #expect(policy.state == .draft && policy.version == 1, place)
                continue
            }
            #expect(policy.version >= earlier.version, place)
            #expect(earlier.state == policy.state || moves.contains([earlier.state, policy.state]), place)
            #expect(earlier == policy || policy.version > earlier.version, place)
        }
        #expect(Set(before.policies.keys).isSubset(of: after.policies.keys), "nothing is ever deleted; \(place)")
        for set in after.sets.values {
            #expect(set.policies.allSatisfy { after.policies[$0] != nil }, place)
            #expect(Set(set.policies).count == set.policies.count, place)
        }
        for (id, exemption) in after.exemptions {
            guard case .policy(let policy) = exemption.target else { continue }
            // S0-74: granted while the policy is active alone, with a reason, and not for the past.
            if before.exemptions[id] == nil {
                #expect(before.policies[policy]?.state == .active, place)
                #expect(exemption.until.map { $0 > now } ?? true, place)
            } else if let earlier = before.exemptions[id], earlier.state != .active {
                #expect(earlier == exemption, "what has ended stays as it was; \(place)")
            }
            #expect(!exemption.isInForce(at: now) || exemption.until.map { $0 > now } ?? true, place)
        }
    }

    /// From zero and from snapshots, the same bytes as what is live.
    private static func replay(_ bench: GovernanceBench, _ tenant: TenantID, _ place: Comment) async throws {
        let live = try await Seen(bench, tenant)
        for (id, policy) in live.policies {
            try await same(bench.service.policy(id), policy, bench, tenant, place)
        }
        for (id, set) in live.sets { try await same(bench.service.set(id), set, bench, tenant, place) }
        for (id, one) in live.exemptions { try await same(bench.service.exemption(id), one, bench, tenant, place) }
    }

    private static func same<State: Codable & Sendable, Event: Sendable>(
        _ stream: GovernedStream<State, Event>, _ live: State, _ bench: GovernanceBench, _ tenant: TenantID,
        _ place: Comment
    ) async throws {
        let keys = bench.store.keys
        let states = try await bench.store.read { sql in
            [
                try stream.load(sql, in: tenant, keys: keys, fromSnapshot: false).state,
                try stream.load(sql, in: tenant, keys: keys).state,
            ]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let wanted = try encoder.encode(live)
        for state in states { #expect(try encoder.encode(#require(state)) == wanted, place) }
    }
}
