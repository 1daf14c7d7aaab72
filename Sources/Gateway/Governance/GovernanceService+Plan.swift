import Governance
import Identity
import Storage
import Vocabulary

// What a command needs to be decided, read in one snapshot of the database.

extension GovernanceService {
    func plan(_ request: GovernanceRequest, _ now: Timestamp, _ sql: any SQLConnection) throws -> GovernancePlan {
        let tenant = request.caller.tenant
        var current: GovernedPolicy?
        if request.name == "update", let id = request.payload["policy_id"]?.string.flatMap({ PolicyID($0) }) {
            current = try policy(id).load(sql, in: tenant, keys: store.keys).state
        }
        let command = try GovernanceCommand.read(
            request.name, request.payload, actor: request.caller.actor, current: current, now: now)
        switch command {
        case .policy(let id, let command): return try plan(command, on: id, request, sql)
        case .set(let id, let command): return try plan(command, on: id, request, sql)
        case .exemption(let id, let command): return try plan(command, on: id, request, now, sql)
        }
    }

    func policy(_ id: PolicyID) -> GovernedStream<GovernedPolicy, PolicyEvent> {
        GovernedStream(GovernedPolicy.aggregate, id)
    }
    func set(_ id: PolicySetID) -> GovernedStream<PolicySet, PolicySetEvent> { GovernedStream(PolicySet.aggregate, id) }
    func exemption(_ id: ExemptionID) -> GovernedStream<Exemption, ExemptionEvent> {
        GovernedStream(Exemption.aggregate, id)
    }

    private func plan(
        _ command: PolicyCommand, on id: PolicyID, _ request: GovernanceRequest, _ sql: any SQLConnection
    ) throws -> GovernancePlan {
        let (stream, tenant) = (policy(id), request.caller.tenant)
        let loaded = try stream.load(sql, in: tenant, keys: store.keys)
        try request.requireSeen(loaded.version, "policy")
        var plan = GovernancePlan(stream.stream, version: loaded.version)
        var parent: GovernedPolicy?
        if case .create(_, _, let overrides?, _) = command {
            let above = try policy(overrides).load(sql, in: tenant, keys: store.keys)
            plan.rest(on: policy(overrides).stream, above)
            parent = above.state
        }
        let events = try GovernedPolicy.decide(command, on: loaded.state, parent: parent)
        for case (let details?, let superseded) in events.map(\.named) {
            try require(details.scope, superseded, in: tenant, sql)
        }
        plan.write(events, to: loaded, of: stream, by: request.caller, cadence: cadence) {
            GovernedRow($0, at: $1, in: $2)
        }
        if let successor = loaded.state, successor.state == .approved, let old = successor.supersedes,
            events.contains(where: \.isActivation)
        {
            try supersede(old, by: successor, request, &plan, sql)
        }
        return plan
    }

    /// In the same transaction, so that at no moment both are in force, or none.
    private func supersede(
        _ old: PolicyID, by successor: GovernedPolicy, _ request: GovernanceRequest, _ plan: inout GovernancePlan,
        _ sql: any SQLConnection
    ) throws {
        let stream = policy(old)
        let loaded = try stream.load(sql, in: request.caller.tenant, keys: store.keys)
        plan.write(
            try loaded.state?.superseded(by: successor) ?? [], to: loaded, of: stream, by: request.caller,
            cadence: cadence
        ) { GovernedRow($0, at: $1, in: $2) }
    }

    private func plan(
        _ command: PolicySetCommand, on id: PolicySetID, _ request: GovernanceRequest, _ sql: any SQLConnection
    ) throws -> GovernancePlan {
        let (stream, tenant) = (set(id), request.caller.tenant)
        let loaded = try stream.load(sql, in: tenant, keys: store.keys)
        try request.requireSeen(loaded.version, "policy set")
        // A policy is never deleted, so what is there now is there when this is written.
        let known = Set(try command.policies.filter { try sql.governed(policy($0).stream, in: tenant) != nil })
        let events = try PolicySet.decide(command, on: loaded.state) { known.contains($0) }
        var plan = GovernancePlan(stream.stream, version: loaded.version)
        plan.write(events, to: loaded, of: stream, by: request.caller, cadence: cadence) {
            GovernedRow($0, at: $1, in: $2)
        }
        return plan
    }

    private func plan(
        _ command: ExemptionCommand, on id: ExemptionID, _ request: GovernanceRequest, _ now: Timestamp,
        _ sql: any SQLConnection
    ) throws -> GovernancePlan {
        let (stream, tenant) = (exemption(id), request.caller.tenant)
        let loaded = try stream.load(sql, in: tenant, keys: store.keys)
        try request.requireSeen(loaded.version, "exemption")
        var plan = GovernancePlan(stream.stream, version: loaded.version)
        var ground = ExemptionGround.missing
        if case .grant(let grant) = command {
            if case .policy(let target) = grant.target {
                let policy = policy(target)
                let state = try policy.load(sql, in: tenant, keys: store.keys)
                plan.rest(on: policy.stream, state)
                if let found = state.state { ground = .policy(found.state) }
            }
            if case .subject(let subject) = grant.entity { try require(subject, in: tenant, sql) }
            if let person = grant.riskAcceptance?.acceptedBy { try require(.person(person), in: tenant, sql) }
        }
        let events = try Exemption.decide(command, on: loaded.state, ground: ground, now: now)
        plan.write(events, to: loaded, of: stream, by: request.caller, cadence: cadence) {
            GovernedRow($0, at: $1, in: $2)
        }
        return plan
    }

    // MARK: What a command names has to be of the tenant

    private func require(
        _ scope: PolicyScope, _ superseded: PolicyID?, in tenant: TenantID, _ sql: any SQLConnection
    ) throws {
        if let subject = scope.subject { try require(subject, in: tenant, sql) }
        if let unit = scope.unit, try !sql.organizationUnits(of: tenant).contains(where: { $0.id == unit }) {
            throw GovernanceError.notFound(resource: "organization unit", id: unit.description)
        }
        if let superseded, try sql.governed(policy(superseded).stream, in: tenant) == nil {
            throw GovernanceError.notFound(resource: "policy", id: superseded.description)
        }
    }

    private func require(_ subject: Subject, in tenant: TenantID, _ sql: any SQLConnection) throws {
        let isKnown =
            switch subject {
            case .person(let id): try sql.person(id, in: tenant) != nil
            case .serviceAccount(let id): try sql.serviceAccount(id, in: tenant) != nil
            }
        guard isKnown else { throw GovernanceError.notFound(resource: subject.kind, id: subject.id) }
    }
}

extension PolicyEvent {
    /// What an event says about the policy's place, for those that do, and whom it succeeds.
    fileprivate var named: (details: PolicyDetails?, supersedes: PolicyID?) {
        switch self {
        case .created(let creation): (creation.details, creation.supersedes)
        case .updated(let details, _, _): (details, nil)
        default: (nil, nil)
        }
    }

    fileprivate var isActivation: Bool { if case .activated = self { true } else { false } }
}

extension PolicySetCommand {
    fileprivate var policies: [PolicyID] {
        switch self {
        case .createSet(_, _, _, _, let policies): policies
        case .addToSet(let policy), .removeFromSet(let policy): [policy]
        }
    }
}
