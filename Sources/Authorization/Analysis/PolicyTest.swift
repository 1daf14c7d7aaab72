import Vocabulary

/// A case below `tests` of a document: a request, and what must come of it.
public struct PolicyTest: Sendable, Hashable {
    public let name: String
    public let subject: SubjectFacts
    /// Role names of the case; resolved when it runs.
    public let roleNames: [String]
    public let action: String
    public let resource: ResourceFacts
    public let context: Attributes
    public let strength: AuthenticationStrength?
    public let ageSeconds: Int64
    /// What the sign-in is said to have stood out by.
    public let anomalies: [LoginAnomaly]
    public let expected: Decision.Outcome
    /// Ids of the determining policies, or names of roles, in any order; nil when the case does not say.
    public let rules: [String]?

    /// How a case went.
    public enum Outcome: Sendable, Hashable {
        case passed
        /// A sentence that says what came instead.
        case failed(String)
    }

    init?(_ node: DocumentNode, _ log: inout FaultLog) {
        let before = log.faults.count
        let keys = ["name", "subject", "action", "resource", "context", "authentication", "expect", "rules"]
        guard let members = node.members(keys, required: ["subject", "action", "resource", "expect"], &log) else {
            return nil
        }
        name = members["name"].flatMap { $0.text(limit: PolicyLimits.nameBytes, &log) } ?? node.path
        let subject = members["subject"].flatMap { Self.subject($0, &log) }
        let action = members["action"].flatMap { $0.text(limit: PolicyLimits.nameBytes, &log) }
        let resource = members["resource"].flatMap { Self.resource($0, &log) }
        context = members["context"].map { Self.attributes($0, &log) } ?? [:]
        let keysOfProof = ["acr", "age", "anomalies"]
        let proof = members["authentication"].flatMap { $0.members(keysOfProof, required: ["acr"], &log) }
        strength = proof?["acr"]?.word(RequiredStrength.self, &log)?.strength
        ageSeconds = proof?["age"].flatMap { $0.integer(0...PolicyLimits.maxAgeSeconds, &log) } ?? 0
        anomalies = proof?["anomalies"].map { Self.anomalies($0, &log) } ?? []
        let expected = members["expect"].flatMap { $0.word(ExpectedOutcome.self, &log) }
        rules = members["rules"].map { node in
            node.value == .list([])
                ? [] : node.texts(itemLimit: PolicyLimits.listItems, byteLimit: PolicyLimits.nameBytes, &log)
        }
        guard log.faults.count == before, let subject, let action, let resource, let expected else { return nil }
        (self.subject, roleNames, self.action, self.resource) = (subject.facts, subject.roles, action, resource)
        self.expected = expected == .permit ? .permit : .deny
    }

    /// Runs the case. A role that the index does not know fails it.
    public func run(on index: PolicyIndex, now: Timestamp) -> Outcome {
        var held: [RoleID] = []
        for role in roleNames {
            guard let number = index.roles.index(named: role) else { return .failed("role `\(role)` does not exist") }
            held.append(index.roles.roles[number].id)
        }
        let facts = SubjectFacts(
            kind: subject.kind, id: subject.id, roles: held, groups: subject.groups, attributes: subject.attributes)
        let authentication = strength.map {
            RequestAuthentication(
                strength: $0, authenticatedAt: now - .seconds(ageSeconds), anomalies: anomalies)
        }
        do {
            let request = try DecisionRequest(
                action: action, resourceType: resource.type, resourceID: resource.id,
                resourceAttributes: resource.attributes, context: context, authentication: authentication)
            return judge(index.decide(request, standing: try index.standing(of: facts), now: now), index)
        } catch let fault as Fault {
            return .failed(fault.description)
        } catch {
            return .failed("the case cannot be run")
        }
    }

    private func judge(_ decision: Decision, _ index: PolicyIndex) -> Outcome {
        let names = decision.determining.map { rule in
            switch rule {
            case .policy(let id, _): id
            case .role(let id): index.roles.index(of: id).map { index.roles.roles[$0].name } ?? id.description
            }
        }
        let found = Set(names).sorted()
        let suffix = "(\(decision.reason.rawValue)) by [\(found.joined(separator: ", "))]"
        guard decision.outcome == expected else {
            return .failed("expected \(expected.rawValue), got \(decision.outcome.rawValue) \(suffix)")
        }
        guard let rules, Set(rules).sorted() != found else { return .passed }
        return .failed("expected the rules [\(rules.sorted().joined(separator: ", "))], got \(suffix)")
    }

    private static func subject(_ node: DocumentNode, _ log: inout FaultLog) -> (facts: SubjectFacts, roles: [String])?
    {
        let keys = ["id", "type", "roles", "groups", "attributes"]
        guard let members = node.members(keys, required: ["id"], &log) else { return nil }
        guard let id = members["id"]?.text(limit: PolicyLimits.nameBytes, &log) else { return nil }
        let kind = members["type"].flatMap { $0.word(SubjectKind.self, &log) }
        func texts(_ key: String) -> [String] {
            members[key]?.texts(itemLimit: PolicyLimits.listItems, byteLimit: PolicyLimits.nameBytes, &log) ?? []
        }
        let facts = SubjectFacts(
            kind: kind == .serviceAccount ? .serviceAccount : .person, id: id, groups: texts("groups"),
            attributes: members["attributes"].map { attributes($0, &log) } ?? [:])
        return (facts, texts("roles"))
    }

    private static func resource(_ node: DocumentNode, _ log: inout FaultLog) -> ResourceFacts? {
        guard let members = node.members(["type", "id", "attributes"], required: ["type"], &log) else { return nil }
        guard let type = members["type"]?.text(limit: PolicyLimits.nameBytes, &log) else { return nil }
        let id = members["id"].map { $0.text(limit: PolicyLimits.textBytes, &log) ?? "" } ?? ""
        return ResourceFacts(type: type, id: id, attributes: members["attributes"].map { attributes($0, &log) } ?? [:])
    }

    private static func anomalies(_ node: DocumentNode, _ log: inout FaultLog) -> [LoginAnomaly] {
        let words = node.texts(itemLimit: PolicyLimits.listItems, byteLimit: PolicyLimits.nameBytes, &log)
        return words.compactMap { word in
            if let anomaly = LoginAnomaly(rawValue: word) { return anomaly }
            let known = LoginAnomaly.allCases.map(\.rawValue).joined(separator: ", ")
            log.report(node.path, "bad_value", "`\(word.prefix(60))` is no anomaly", "Use \(known)")
            return nil
        }
    }

    private static func attributes(_ node: DocumentNode, _ log: inout FaultLog) -> Attributes {
        if case .object(let members) = node.value { return Attributes(members) }
        log.report(node.path, "wrong_type", "found \(node.kind), expected a mapping", "Write attributes by name")
        return [:]
    }
}

private enum ExpectedOutcome: String, CaseIterable {
    case permit
    case deny
}

private enum SubjectKind: String, CaseIterable {
    case person
    case serviceAccount = "service_account"
}
