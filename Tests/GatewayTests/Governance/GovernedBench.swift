import Authorization
import Foundation
import Governance
import Identity
import Storage
import Synchronization
import Testing
import Vocabulary

@testable import Gateway

/// A gateway with governed policies, and a clock that tests move.
final class GovernedBench: Sendable {
    /// A Monday, ten in the morning in Berlin.
    static let monday = Timestamp(rfc3339: "2026-11-16T09:00:00Z") ?? .epoch

    private let rules: RulesBench
    let gateway: Gateway
    /// The tenant of the configuration.
    let tenant: TenantID
    private let moment: MovedClock
    private let keepsFolder = Mutex(false)

    /// - Parameter folder: that of an earlier bench, to open its store again.
    init(folder: String? = nil, at start: Timestamp = monday, extra: String = "") async throws {
        let moment = MovedClock(start)
        self.moment = moment
        rules = try RulesBench(folder: folder, extra: extra)
        gateway = try await Gateway.open(rules.configuration, logger: rules.logger, clock: moment.now)
        tenant = gateway.root.tenant
    }

    deinit { if !keepsFolder.withLock({ $0 }) { rules.remove() } }

    /// Closes the gateway and leaves its folder to another bench.
    func leave() async throws -> String {
        keepsFolder.withLock { $0 = true }
        try await gateway.close()
        return rules.folder
    }

    var now: Timestamp {
        get { moment.value }
        set { moment.value = newValue }
    }

    func caller(in tenant: TenantID? = nil) -> Caller {
        Caller(tenant: tenant ?? self.tenant, actor: .operatingSystemUser(0), command: .random(at: now))
    }

    @discardableResult func run(
        _ name: String, _ payload: AttributeValue, in tenant: TenantID? = nil
    ) async throws -> GovernanceOutcome {
        try await gateway.governance.execute(name, payload, by: caller(in: tenant))
    }

    /// A policy of these rules, in force.
    @discardableResult func enforce(
        _ number: UInt64, _ rules: [AttributeValue], in tenant: TenantID? = nil,
        _ changes: [String: AttributeValue] = [:], period: [String: AttributeValue] = [:]
    ) async throws -> PolicyID {
        let id = PolicyID(high: 0xF0, low: number)
        var creation: [String: AttributeValue] = [
            "policy_id": .string(id.description), "name": .string("Policy \(number)"), "policy_type": "Operational",
            "enforcement": "Mandatory", "scope": "Organization",
        ]
        creation.merge(changes) { _, new in new }
        try await run("create", .object(creation), in: tenant)
        for (place, rule) in rules.enumerated() {
            let addition: AttributeValue = [
                "policy_id": .string(id.description), "rule": rule,
                "rule_id": .string(RuleID(high: number, low: UInt64(place + 1)).description),
            ]
            try await run("add_rule", addition, in: tenant)
        }
        try await run("approve", ["policy_id": .string(id.description)], in: tenant)
        var activation: [String: AttributeValue] = ["policy_id": .string(id.description)]
        activation.merge(period) { _, new in new }
        try await run("activate", .object(activation), in: tenant)
        return id
    }

    func question(
        _ person: PersonID, _ action: String = "read", _ type: String = "thing",
        context: [String: AttributeValue] = [:]
    ) -> DecisionQuestion {
        DecisionQuestion(
            .subject(kind: .person, id: person.description), action: action, resourceType: type, resourceID: "1",
            context: context)
    }

    func decide(
        _ person: PersonID, _ action: String = "read", _ type: String = "thing", in tenant: TenantID? = nil,
        context: [String: AttributeValue] = [:], vouched: Bool = false
    ) async throws -> DecisionAnswer {
        try await gateway.decisions.decide(
            question(person, action, type, context: context), in: tenant ?? self.tenant,
            origin: DecisionOrigin(caller: nil, protocol: "api", vouchesForSeverity: vouched))
    }

    /// Opens a way for everybody, so that what a policy takes away is seen.
    func openEverything(_ number: UInt64 = 0xFFFF) async throws {
        try await enforce(number, [["id": "everything", "effect": "allow"]])
    }

    func reserve(
        _ person: PersonID, _ action: String, context: [String: AttributeValue], for hold: Duration = .minutes(5)
    ) async throws -> DecisionAnswer {
        try await gateway.decisions.reserve(
            question(person, action, context: context), for: hold, in: tenant,
            origin: DecisionOrigin(caller: nil, protocol: "api"), by: caller())
    }

    /// Codes of the recorded decision, once it was flushed.
    func record(of answer: DecisionAnswer) async throws -> DecisionRecord {
        for _ in 0..<200 {
            if let record = try? await gateway.decisionLog.decision(answer.id, in: tenant) { return record }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Fault("test", .ourselves, "the decision was never recorded")
    }
}
