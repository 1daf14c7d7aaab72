import Authorization
import Governance
import Identity
import Storage
import Vocabulary

extension PolicyWorkbench {
    /// What two sets of rules answer to requests that are made up: a dry run that records nothing, counts nothing and
    /// asks nobody. Limits are looked at as they stand.
    ///
    /// - Throws: `simulation.questions` past 1,000 questions, `simulation.unknown_role` and `simulation.unknown_subject`
    ///   for who is described by what is not there, and what is wrong with a candidate.
    public func simulate(
        _ questions: [SimulatedQuestion], on candidate: PolicyCandidate, against present: PolicyCandidate = .current,
        in tenant: TenantID
    ) async throws -> [SimulatedAnswer] {
        guard questions.count <= Self.questionLimit else {
            throw Fault(
                "simulation.questions", .caller, "There are \(questions.count) questions.",
                remedy: "Ask at most \(Self.questionLimit) at a time.")
        }
        let now = clock()
        let before = try await compiled(present, asOf: nil, in: tenant)
        let after = try await compiled(candidate, asOf: nil, in: tenant)
        return try await store.read { [self] sql in
            try questions.map { question in
                let old = try answer(question, before, now, sql), new = try answer(question, after, now, sql)
                return SimulatedAnswer(
                    before: Backtest.Verdict(old.joined), after: Backtest.Verdict(new.joined),
                    governed: new.joined.governed, traces: new.traces, reasons: new.joined.reasons)
            }
        }
    }

    private func answer(
        _ simulated: SimulatedQuestion, _ rules: TenantAuthorization, _ now: Timestamp, _ sql: any SQLConnection
    ) throws -> (joined: JoinedDecision, traces: [GovernedTrace]) {
        let party = try party(simulated, rules, sql, now)
        let question = try question(simulated.question, on: rules, now: now)
        let (limits, tenant) = (table.limits, rules.tenant)
        let joined = try rules.judge(question, party) { limits.ledger(of: $0, in: tenant) }
        guard let book = rules.book, let governed = party.governed else { return (joined, []) }
        let traces = book.traces(
            question.inquiry(party.subject, governed), standing: governed.standing,
            counters: { limits.ledger(of: $0, in: tenant) }, for: joined.governed, now: question.at)
        return (joined, traces)
    }

    func question(
        _ question: DraftQuestion, on rules: TenantAuthorization, now: Timestamp
    ) throws -> TrialQuestion {
        let at = question.at ?? now
        return TrialQuestion(
            request: try question.request(now: at), context: question.context, at: at,
            resourceKey: try resourceKey(question.resourceType, question.resourceID, rules), grant: nil)
    }

    /// What a limit per resource counts by; nil where none does.
    func resourceKey(_ type: String, _ id: String, _ rules: TenantAuthorization) throws -> [UInt8]? {
        guard rules.countsByResource else { return nil }
        return try DecisionService.resourceKey(type, id, keys: store.keys, in: rules.tenant)
    }

    private func party(
        _ simulated: SimulatedQuestion, _ rules: TenantAuthorization, _ sql: any SQLConnection, _ now: Timestamp
    ) throws -> TrialParty {
        let question = simulated.question
        switch simulated.subject {
        case .known(let subject):
            let isStrong = question.strength.map { $0 >= .aal2 } ?? false
            guard let party = try TrialParty(subject, on: rules, isStrong: isStrong, sql, now: now) else {
                throw Fault(
                    "simulation.unknown_subject", .caller, "There is nobody active by this id.",
                    remedy: "Name somebody who is, or describe somebody.")
            }
            return party
        case .described:
            let names = Dictionary(rules.roles.values.map { ($0.name, $0.id) }, uniquingKeysWith: { first, _ in first })
            guard let facts = question.facts(roles: { names[$0] ?? RoleID($0).flatMap { rules.roles[$0]?.id } }) else {
                throw Fault(
                    "simulation.unknown_role", .caller, "One of the roles does not exist here.",
                    remedy: "Use names of roles of this tenant.")
            }
            return try TrialParty(question.subject, facts, on: rules)
        }
    }

    // MARK: Rules on trial

    /// Compiles what is tried.
    ///
    /// - Parameter asOf: as in `RuleTrial`.
    /// - Throws: `not_found` for a policy or version that is not there, and what is wrong with a document.
    func compiled(
        _ candidate: PolicyCandidate, asOf: Timestamp?, in tenant: TenantID
    ) async throws -> TenantAuthorization {
        try await table.compiled(RuleTrial(change: try await change(candidate, in: tenant), asOf: asOf), for: tenant)
    }

    func change(_ candidate: PolicyCandidate, in tenant: TenantID) async throws -> RuleTrial.Change? {
        switch candidate {
        case .current: return nil
        case .without(let id):
            _ = try await governance.policy(id, in: tenant)
            return .without(id)
        case .stored(let id, let version):
            return .governed(try await governance.policy(id, at: version, in: tenant).inForce())
        case .document(let tree, let id, let name):
            if DraftStyle(of: tree) == .document { return .document(try Self.stored(tree, name)) }
            let present = try await id.asyncMap { try await governance.policy($0, in: tenant) }
            let fresh = PolicyID.random(at: clock())
            let draft = try refusing { try PolicyDraft(tree) }
            return .governed(try refusing { try draft.policy(id ?? fresh, inPlaceOf: present, at: clock()) })
        }
    }

    private static func stored(_ tree: AttributeValue, _ name: String?) throws -> TenantRules.Document {
        _ = try PolicyService.read(tree)
        let json = try JSONColumn.text(of: tree)
        return TenantRules.Document(name: name ?? "the draft on trial", json: json, version: 1)
    }
}

extension Optional {
    fileprivate func asyncMap<Other>(_ body: (Wrapped) async throws -> Other) async rethrows -> Other? {
        if let self { try await body(self) } else { nil }
    }
}

extension GovernanceService {
    /// A policy as it was in one of its versions, the newest for nil. Throws `not_found` for a policy or a version that
    /// the tenant does not have.
    public func policy(_ id: PolicyID, at version: Int64?, in tenant: TenantID) async throws -> GovernedPolicy {
        guard let version else { return try await policy(id, in: tenant) }
        let stream = policy(id)
        let events = try await store.read { sql in
            var events: [Recorded<PolicyEvent>] = []
            try stream.forEach(sql, in: tenant, keys: store.keys) { event, stored in
                if stored.version <= version { events.append(event) }
            }
            return events
        }
        guard let state = try refusing({ try GovernedPolicy.aggregate.fold(nil, events) }), state.version == version
        else {
            throw Fault.notFound(events.isEmpty ? "policy" : "version of the policy")
        }
        return state
    }
}
