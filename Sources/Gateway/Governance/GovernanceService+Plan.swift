import Governance
import Identity
import Storage
import Vocabulary

// What a command needs to be decided, read in one snapshot of the database.

extension GovernanceService {
    func plan(_ request: GovernanceRequest, _ now: Timestamp, _ sql: any SQLConnection) throws -> GovernancePlan {
        if request.name == Self.importName { return try importing(request, now, sql) }
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

    /// What every command of one stream has in common: load it, refuse a version that was not seen, decide, write. The
    /// decision adds what else it rests on.
    private func plan<State, Event>(
        _ stream: GovernedStream<State, Event>, _ what: String, _ request: GovernanceRequest,
        _ sql: any SQLConnection, row: @escaping @Sendable (State, Int64, TenantID) -> GovernedRow,
        _ decide: (State?, inout GovernancePlan) throws -> [Event]
    ) throws -> GovernancePlan {
        let loaded = try stream.load(sql, in: request.caller.tenant, keys: store.keys)
        try request.requireSeen(loaded.version, what)
        var plan = GovernancePlan(stream.stream, version: loaded.version)
        let events = try decide(loaded.state, &plan)
        plan.write(events, to: loaded, of: stream, by: request.caller, cadence: cadence, row: row)
        return plan
    }

    private func plan(
        _ command: PolicyCommand, on id: PolicyID, _ request: GovernanceRequest, _ sql: any SQLConnection
    ) throws -> GovernancePlan {
        let tenant = request.caller.tenant
        var succeeded: (old: PolicyID, by: GovernedPolicy)?
        var plan = try plan(policy(id), "policy", request, sql, row: GovernedRow.init) { state, plan in
            var parent: GovernedPolicy?
            if case .create(_, _, let overrides?, _) = command {
                parent = try inherited(overrides, by: tenant, sql) ?? rest(on: policy(overrides), tenant, &plan, sql)
            }
            if case .create = command, state == nil { try requireFree(id, in: tenant, sql) }
            let events = try GovernedPolicy.decide(command, on: state, parent: parent)
            if let state, case .approve = command { try requireAnother(than: state, request, &plan) }
            if let state, events.contains(where: \.isActivation) {
                try requireAlone(state, in: tenant, sql)
                try requireCases(of: state, in: tenant, &plan, clock(), sql)
                try takesEffect(state, events, request, &plan)
            }
            for case (let details?, let superseded) in events.map(\.named) {
                try require(details.scope, superseded, in: tenant, sql)
                try require(zone: details.zone)
            }
            if let state, state.state == .approved, let old = state.supersedes, events.contains(where: \.isActivation) {
                succeeded = (old, state)
            }
            return events
        }
        if let succeeded { try supersede(succeeded.old, by: succeeded.by, request, &plan, sql) }
        return plan
    }

    /// Where four eyes are asked for: whoever wrote the last change does not approve it. The machine's administrator may,
    /// for the day that nobody else is there, and the journal says so.
    private func requireAnother(
        than state: GovernedPolicy, _ request: GovernanceRequest, _ plan: inout GovernancePlan
    ) throws {
        guard table?.settings.approvesByAnother == true, state.editedBy == request.caller.actor else { return }
        guard case .operatingSystemUser = request.caller.actor else {
            throw GovernanceError.approverIsAuthor(state.id)
        }
        plan.note(request.override("governance.approved_alone", state))
    }

    /// Remembers what is put in force, as it will be, unless nobody is to look at what it would do.
    private func takesEffect(
        _ state: GovernedPolicy, _ events: [PolicyEvent], _ request: GovernanceRequest, _ plan: inout GovernancePlan
    ) throws {
        if request.isForced { return plan.note(request.override("governance.activation_forced", state)) }
        plan.comesIntoForce = try events.reduce(state) { state, event in
            try GovernedPolicy.applying(
                Recorded(event, at: clock(), actor: request.caller.actor), to: state)
        }
    }

    /// The global tenant's policy of this id; nil where no tenant is above. Whether it permits being overridden is looked
    /// at again whenever rules are compiled.
    private func inherited(
        _ id: PolicyID, by tenant: TenantID, _ sql: any SQLConnection
    ) throws -> GovernedPolicy? {
        guard let global = try table?.globalTenant.flatMap({ try sql.tenant(slug: $0)?.id }), global != tenant else {
            return nil
        }
        return try policy(id).load(sql, in: global, keys: store.keys).state
    }

    /// Refuses an id that a policy of the global tenant has: one id would name two policies of the same decisions.
    func requireFree(_ id: PolicyID, in tenant: TenantID, _ sql: any SQLConnection) throws {
        guard let global = try table?.globalTenant.flatMap({ try sql.tenant(slug: $0)?.id }), global != tenant,
            try sql.governed(policy(id).stream, in: global) != nil
        else { return }
        throw GovernanceError.alreadyExists(resource: "policy", id: id.description)
    }

    /// Refuses to activate for every tenant a policy whose id one of them has taken.
    private func requireAlone(_ state: GovernedPolicy, in tenant: TenantID, _ sql: any SQLConnection) throws {
        guard state.scope.level == .system,
            try table?.globalTenant.flatMap({ try sql.tenant(slug: $0)?.id }) == tenant
        else { return }
        for other in try sql.tenants() where other.id != tenant {
            guard try sql.governed(policy(state.id).stream, in: other.id) == nil else {
                throw GovernanceError.alreadyExists(resource: "policy", id: state.id.description)
            }
        }
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
            cadence: cadence, row: GovernedRow.init)
    }

    private func plan(
        _ command: PolicySetCommand, on id: PolicySetID, _ request: GovernanceRequest, _ sql: any SQLConnection
    ) throws -> GovernancePlan {
        try plan(set(id), "policy set", request, sql, row: GovernedRow.init) { state, _ in
            // A policy is never deleted, so what is there now is there when this is written.
            let known = Set(
                try command.policies.filter { try sql.governed(policy($0).stream, in: request.caller.tenant) != nil })
            return try PolicySet.decide(command, on: state) { known.contains($0) }
        }
    }

    private func plan(
        _ command: ExemptionCommand, on id: ExemptionID, _ request: GovernanceRequest, _ now: Timestamp,
        _ sql: any SQLConnection
    ) throws -> GovernancePlan {
        let tenant = request.caller.tenant
        var command = command
        if case .grant(var grant) = command, case .other(let high, let low) = grant.entity {
            grant.entity = try entity(high, low, isSaid: request.payload["entity_type"] != nil, in: tenant, sql)
            command = .grant(grant)
        }
        let decided = command
        return try plan(exemption(id), "exemption", request, sql, row: GovernedRow.init) { state, plan in
            var ground = ExemptionGround.missing
            if case .grant(let grant) = decided {
                switch grant.target {
                case .policy(let id):
                    ground = try rest(on: policy(id), tenant, &plan, sql).map { .policy($0.state) } ?? .missing
                case .sodRule(let id):
                    ground = try rest(on: Governed.rule(id), tenant, &plan, sql).map { .sodRule($0.status) } ?? .missing
                }
                if case .subject(let subject) = grant.entity { try sql.require(subject, in: tenant) }
                if let person = grant.riskAcceptance?.acceptedBy { try sql.require(.person(person), in: tenant) }
            }
            return try Exemption.decide(decided, on: state, ground: ground, now: now)
        }
    }

    /// What an id stands for that is of no named kind: the person or account that bears it, and a thing only where none
    /// does. An exemption of somebody must not lift what protects a resource that carries their id.
    private func entity(
        _ high: UInt64, _ low: UInt64, isSaid: Bool, in tenant: TenantID, _ sql: any SQLConnection
    ) throws -> Exemption.Entity {
        let (person, account) = (PersonID(high: high, low: low), ServiceAccountID(high: high, low: low))
        var found: Subject?
        if try sql.person(person, in: tenant) != nil { found = .person(person) }
        if try sql.serviceAccount(account, in: tenant) != nil { found = .serviceAccount(account) }
        guard let found else { return .other(high: high, low: low) }
        guard !isSaid else {
            throw Fault.invalid(
                "`entity_type` says `other`, and `entity_id` is that of a \(found.kind).",
                remedy: "Say `\(found.kind)`, or leave `entity_type` out.")
        }
        return .subject(found)
    }

    /// The state of another stream, which must not have moved when the plan is written.
    private func rest<State, Event>(
        on stream: GovernedStream<State, Event>, _ tenant: TenantID, _ plan: inout GovernancePlan,
        _ sql: any SQLConnection
    ) throws -> State? {
        let loaded = try stream.load(sql, in: tenant, keys: store.keys)
        plan.rest(on: stream.stream, loaded)
        return loaded.state
    }

    // MARK: What a command names has to be of the tenant

    private func require(
        _ scope: PolicyScope, _ superseded: PolicyID?, in tenant: TenantID, _ sql: any SQLConnection
    ) throws {
        if let subject = scope.subject { try sql.require(subject, in: tenant) }
        if let id = scope.unit {
            guard let unit = try sql.organizationUnits(of: tenant).first(where: { $0.id == id }) else {
                throw GovernanceError.notFound(resource: "organization unit", id: id.description)
            }
            guard unit.level.word == scope.level.rawValue else {
                throw GovernanceError.invalid(
                    field: "scope", reason: "names `\(unit.name)`, a unit of the level \(unit.level.word)")
            }
        }
        if let superseded, try sql.governed(policy(superseded).stream, in: tenant) == nil {
            throw GovernanceError.notFound(resource: "policy", id: superseded.description)
        }
    }
}

extension GovernanceService {
    /// A zone that the machine does not know would keep the policy from ever being activated.
    private func require(zone: String?) throws {
        guard let zone, let zones = table?.zones, zones.table([zone])[zone] == nil else { return }
        throw Fault(
            "policy.unknown_zone", .caller, "This machine's time-zone database has no `\(zone)`.",
            remedy: "Write an IANA name, such as `Europe/Berlin`.")
    }
}

extension SQLConnection {
    /// Throws `governance.not_found` unless the tenant has this person or service account.
    func require(_ subject: Subject, in tenant: TenantID) throws {
        guard try knows(subject, in: tenant) else {
            throw GovernanceError.notFound(resource: subject.kind, id: subject.id)
        }
    }

    /// Whether the tenant has this person or service account.
    func knows(_ subject: Subject, in tenant: TenantID) throws -> Bool {
        switch subject {
        case .person(let id): try person(id, in: tenant) != nil
        case .serviceAccount(let id): try serviceAccount(id, in: tenant) != nil
        }
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
