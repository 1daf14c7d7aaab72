import Authorization
import Vocabulary

extension CommandReader {
    func details(_ name: String, _ current: GovernedPolicy?, _ log: inout FaultLog) -> GovernanceCommand? {
        let keys = [
            "policy_id", "name", "description", "policy_type", "enforcement", "scope", "frameworks", "timezone",
            "overridable", "overrides", "supersedes", "reason", "updated_by",
        ]
        let required = name == "create" ? ["policy_id", "name", "policy_type", "enforcement", "scope"] : ["policy_id"]
        guard let members = node.members(keys, required: required, &log),
            let id: PolicyID = identifier(members["policy_id"], &log)
        else { return nil }
        let known = current?.details
        let type = members["policy_type"].map { word($0, PolicyType.self, &log) } ?? known?.type
        let enforcement = members["enforcement"].map { word($0, Enforcement.self, &log) } ?? known?.enforcement
        let scope = members["scope"].map { self.scope($0, &log) } ?? known?.scope
        let title = members["name"]?.text(limit: GovernedPolicy.Limits.nameBytes, &log) ?? known?.name
        let frameworks = members["frameworks"].map { tags($0, &log) } ?? known?.frameworks ?? []
        guard let type, let enforcement, let scope, let title else {
            if log.faults.isEmpty { log.report("policy_id", "not_found", "there is no such policy", "Create it first") }
            return nil
        }
        let details = PolicyDetails(
            name: title, description: text(members["description"], &log) ?? known?.description ?? "", type: type,
            enforcement: enforcement, scope: scope, frameworks: frameworks,
            zone: members["timezone"]?.text(limit: 64, &log) ?? known?.zone,
            isOverridable: members["overridable"]?.value.bool ?? known?.isOverridable ?? false)
        if name == "create" {
            return .policy(
                id,
                .create(
                    id, details, overrides: identifier(members["overrides"], &log),
                    supersedes: identifier(members["supersedes"], &log)))
        }
        return .policy(
            id,
            .update(
                details,
                ChangeReason(by: actor, text: text(members["reason"], &log), claim: text(members["updated_by"], &log))))
    }

    func set(_ name: String, _ log: inout FaultLog) -> GovernanceCommand? {
        let keys = ["set_id", "policy_id", "name", "description", "combination", "at_least", "policies"]
        guard let members = node.members(keys, required: ["set_id"], &log),
            let id: PolicySetID = identifier(members["set_id"], &log)
        else { return nil }
        if name != "create_set" {
            guard let policy: PolicyID = identifier(members["policy_id"], &log) else {
                if members["policy_id"] == nil { log.report("policy_id", "missing_key", "missing", "Add `policy_id`") }
                return nil
            }
            return .set(id, name == "add_to_set" ? .addToSet(policy) : .removeFromSet(policy))
        }
        let word = members["combination"].flatMap { self.word($0, CombinationWord.self, &log) } ?? CombinationWord.all
        let count = members["at_least"].flatMap { $0.integer(1...Int64(PolicySet.memberLimit), &log) }.map(Int.init)
        guard let combination = PolicyCombination(word, count: count) else {
            log.report("at_least", "missing_key", "missing", "Say how many")
            return nil
        }
        guard let title = members["name"]?.text(limit: GovernedPolicy.Limits.nameBytes, &log) else {
            if members["name"] == nil { log.report("name", "missing_key", "missing", "Add `name`") }
            return nil
        }
        let policies: [PolicyID] =
            (members["policies"]?.items(limit: PolicySet.memberLimit, mayBeEmpty: true, &log) ?? [])
            .compactMap { identifier($0, &log) }
        return .set(
            id,
            .createSet(
                id, name: title, description: text(members["description"], &log) ?? "", combination,
                policies: policies))
    }

    func grant(_ log: inout FaultLog) -> GovernanceCommand? {
        let keys = [
            "exemption_id", "policy_id", "sod_rule_id", "entity_id", "entity_type", "reason", "granted_by",
            "valid_from", "expires_at", "conditions", "risk_level", "risk_accepted_by",
        ]
        guard let members = node.members(keys, required: ["exemption_id", "entity_id", "reason"], &log) else {
            return nil
        }
        let policy: PolicyID? = identifier(members["policy_id"], &log)
        let rule: SodRuleID? = identifier(members["sod_rule_id"], &log)
        let level = members["risk_level"].flatMap { $0.word(RiskLevel.self, &log) }
        let accepter: PersonID? = identifier(members["risk_accepted_by"], &log)
        guard let target = policy.map(Exemption.Target.policy) ?? rule.map(Exemption.Target.sodRule),
            (policy == nil) != (rule == nil)
        else {
            log.report("policy_id", "missing_key", "no target, or two", "Name one `policy_id` or one `sod_rule_id`")
            return nil
        }
        guard let id: ExemptionID = identifier(members["exemption_id"], &log), let entity = entity(members, &log) else {
            return nil
        }
        return .exemption(
            id,
            .grant(
                .init(
                    id: id, target: target, entity: entity, reason: members["reason"]?.value.string ?? "",
                    claimedBy: text(members["granted_by"], &log), from: time(members["valid_from"], &log),
                    until: time(members["expires_at"], &log), conditions: members["conditions"]?.value,
                    riskAcceptance: level.flatMap { level in
                        accepter.map { Exemption.RiskAcceptance(level: level, acceptedBy: $0) }
                    })))
    }

    private func entity(_ members: [String: DocumentNode], _ log: inout FaultLog) -> Exemption.Entity? {
        guard let id: Identifier<Exemption> = identifier(members["entity_id"], &log) else { return nil }
        switch members["entity_type"].flatMap({ $0.word(EntityWord.self, &log) }) ?? .other {
        case .person: return .subject(.person(PersonID(high: id.high, low: id.low)))
        case .serviceAccount: return .subject(.serviceAccount(ServiceAccountID(high: id.high, low: id.low)))
        case .other: return .other(high: id.high, low: id.low)
        }
    }

    private enum EntityWord: String, CaseIterable {
        case person, serviceAccount = "service_account", other
    }

    /// `"Organization"`, or a mapping with `level` and what narrows it.
    func scope(_ node: DocumentNode, _ log: inout FaultLog) -> PolicyScope? {
        if case .string = node.value {
            let scope = word(node, ScopeLevel.self, &log).flatMap { PolicyScope($0) }
            return named(scope, node, &log)
        }
        let lists = ["environments", "services", "resources", "actions"]
        guard let members = node.members(["level", "unit", "subject"] + lists, required: ["level"], &log),
            let level = members["level"].flatMap({ word($0, ScopeLevel.self, &log) })
        else { return nil }
        let names = lists.map { key in
            members[key]?.texts(itemLimit: PolicyScope.selectorLimit, byteLimit: PolicyScope.nameBytes, &log) ?? []
        }
        let person: PersonID? = identifier(members["subject"], &log)
        let scope = PolicyScope(
            level, unit: identifier(members["unit"], &log), subject: person.map(Subject.person), environments: names[0],
            services: names[1], resources: names[2], actions: names[3])
        if scope == nil { log.report(node.path, "bad_scope", "the level has no such part", "Narrow another level") }
        return named(scope, node, &log)
    }

    /// A policy for one person says for whom; for each one by themselves it would be one for everybody.
    private func named(_ scope: PolicyScope?, _ node: DocumentNode, _ log: inout FaultLog) -> PolicyScope? {
        guard let scope, scope.level == .individual, scope.subject == nil else { return scope }
        log.report(
            node.path, "bad_scope", "an individual policy names nobody",
            "Write `{level: individual, subject: ID}`, or another level")
        return nil
    }

    private func tags(_ node: DocumentNode, _ log: inout FaultLog) -> [ComplianceFramework] {
        (node.items(limit: GovernedPolicy.Limits.frameworks, mayBeEmpty: true, &log) ?? []).compactMap {
            $0.word(ComplianceFramework.self, &log)
        }
    }

    /// A word of a closed vocabulary, in any case: `Mandatory` is `mandatory`.
    func word<Word: RawRepresentable & CaseIterable>(
        _ node: DocumentNode, _: Word.Type, _ log: inout FaultLog
    ) -> Word? where Word.RawValue == String {
        let lowered = node.value.string.map { AttributeValue.string($0.lowercased()) } ?? node.value
        return DocumentNode(value: lowered, path: node.path).word(Word.self, &log)
    }

    private func text(_ node: DocumentNode?, _ log: inout FaultLog) -> String? {
        guard let node else { return nil }
        if node.value == .string("") { return "" }
        return node.text(limit: GovernedPolicy.Limits.textBytes, &log)
    }
}
