import Governance
import Storage
import Vocabulary

// What lists and schedules need of each kind.

extension GovernedRow {
    init(_ policy: GovernedPolicy, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(GovernedPolicy.aggregate.kind), id: policy.id.bytes,
            state: policy.state.rawValue, type: policy.type.rawValue, scope: policy.scope.level.rawValue,
            version: policy.version, position: position)
    }

    init(_ set: PolicySet, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(PolicySet.aggregate.kind), id: set.id.bytes, state: "active",
            type: "policy_set", version: set.version, position: position)
    }

    init(_ exemption: Exemption, at position: Int64, in tenant: TenantID) {
        let (type, target) =
            switch exemption.target {
            case .policy(let id): ("policy", id.bytes)
            case .sodRule(let id): ("sod_rule", id.bytes)
            }
        self.init(
            tenant: tenant, kind: .governed(Exemption.aggregate.kind), id: exemption.id.bytes,
            state: exemption.state.rawValue, type: type, target: target, version: exemption.version,
            position: position, dueAt: exemption.state == .active ? exemption.until : nil)
    }
}
