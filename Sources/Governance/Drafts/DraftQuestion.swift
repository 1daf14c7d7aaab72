import Authorization
import Vocabulary

/// A request that somebody makes up to see what rules answer: who asks is described, not looked up.
///
/// `{subject: {id, type, roles, groups, attributes}, action, resource: {type, id, attributes}, context, authentication:
/// {acr, age}, at}`. Without an action it is an alert; without a resource, that of an alert.
public struct DraftQuestion: Sendable, Hashable {
    static let keys = ["subject", "action", "resource", "context", "authentication", "at"]

    public let kind: SubjectFacts.Kind
    /// Under which policies may mean the subject, such as a login.
    public let subjectID: String
    /// By name.
    public let roles: [String]
    public let groups: [String]
    public let attributes: [String: AttributeValue]
    public let action: String
    public let resourceType: String
    public let resourceID: String
    public let resourceAttributes: [String: AttributeValue]
    public let context: [String: AttributeValue]
    public let strength: AuthenticationStrength?
    public let ageSeconds: Int64
    /// When it is asked; nil is now.
    public let at: Timestamp?

    /// Reads a question by itself. Throws `GovernanceError.rejected` with every fault.
    public init(_ tree: AttributeValue, at path: String = "") throws(GovernanceError) {
        var log = FaultLog()
        let members = DocumentNode(value: tree, path: path).members(Self.keys, required: [], &log) ?? [:]
        guard let question = DraftQuestion(members, &log), log.faults.isEmpty else { throw .rejected(log.faults) }
        self = question
    }

    init?(_ members: [String: DocumentNode], _ log: inout FaultLog) {
        let before = log.faults.count
        let subject = members["subject"].flatMap {
            $0.members(["id", "type", "roles", "groups", "attributes"], required: [], &log)
        }
        kind = subject?["type"].flatMap { $0.word(KindWord.self, &log) } == .serviceAccount ? .serviceAccount : .person
        subjectID = subject?["id"].flatMap { $0.text(limit: PolicyLimits.nameBytes, &log) } ?? "somebody"
        (roles, groups) = (Self.names(subject?["roles"], &log), Self.names(subject?["groups"], &log))
        attributes = subject?["attributes"].flatMap { Self.mapping($0, &log) } ?? [:]
        action =
            members["action"].map { $0.text(limit: PolicyLimits.nameBytes, &log) ?? "" } ?? RuleInquiry.alertAction
        context = members["context"].flatMap { Self.mapping($0, &log) } ?? [:]
        let resource = members["resource"].flatMap {
            $0.members(["type", "id", "attributes"], required: ["type"], &log)
        }
        resourceType = resource?["type"].map { $0.text(limit: PolicyLimits.nameBytes, &log) ?? "" } ?? "alert"
        resourceID = resource?["id"].map { $0.text(limit: PolicyLimits.textBytes, &log) ?? "" } ?? ""
        resourceAttributes = resource?["attributes"].flatMap { Self.mapping($0, &log) } ?? [:]
        let proof = members["authentication"].flatMap { $0.members(["acr", "age"], required: ["acr"], &log) }
        strength = proof?["acr"].flatMap { $0.word(DemandedStrength.self, &log) }.map { $0 == .aal1 ? .aal1 : .aal2 }
        ageSeconds = proof?["age"].flatMap { $0.integer(0...PolicyLimits.maxAgeSeconds, &log) } ?? 0
        at = members["at"].flatMap { Self.time($0, &log) }
        guard log.faults.count == before else { return nil }
    }

    /// What was proven of whoever asks; nil for nothing.
    public func authentication(now: Timestamp) -> RequestAuthentication? {
        strength.map { RequestAuthentication(strength: $0, authenticatedAt: now - .seconds(ageSeconds)) }
    }

    /// The question as the decision engine takes it. Throws `decision.request_limit` past the bounds of a request.
    public func request(now: Timestamp) throws -> DecisionRequest {
        try DecisionRequest(
            action: action, resourceType: resourceType, resourceID: resourceID,
            resourceAttributes: Attributes(resourceAttributes), context: Attributes(context),
            authentication: authentication(now: now))
    }

    /// Who asks, with roles under the ids of a graph. A role that it does not have is nil.
    public func facts(roles known: (String) -> RoleID?) -> SubjectFacts? {
        let held = roles.compactMap(known)
        guard held.count == roles.count else { return nil }
        return SubjectFacts(
            kind: kind, id: subjectID, roles: held, groups: groups, attributes: Attributes(attributes))
    }

    /// The subject's id, where what it is called is one.
    public var subject: Subject {
        switch kind {
        case .person: .person(PersonID(subjectID) ?? PersonID(high: 0, low: 0))
        case .serviceAccount: .serviceAccount(ServiceAccountID(subjectID) ?? ServiceAccountID(high: 0, low: 0))
        }
    }

    static func mapping(_ node: DocumentNode, _ log: inout FaultLog) -> [String: AttributeValue]? {
        if case .object(let members) = node.value { return members.mapValues(\.normalized) }
        log.report(node.path, "wrong_type", "found \(node.kind), expected a mapping", "Write values by name")
        return nil
    }

    private static func names(_ node: DocumentNode?, _ log: inout FaultLog) -> [String] {
        guard let node, node.value != .list([]) else { return [] }
        return node.texts(itemLimit: PolicyLimits.listItems, byteLimit: PolicyLimits.nameBytes, &log)
    }

    private static func time(_ node: DocumentNode, _ log: inout FaultLog) -> Timestamp? {
        if let time = node.value.string.flatMap({ Timestamp(rfc3339: $0) }) { return time }
        log.report(node.path, "bad_time", "this is no time", "Write RFC 3339, as 2026-01-31T10:00:00Z")
        return nil
    }

    private enum KindWord: String, CaseIterable {
        case person, serviceAccount = "service_account"
    }
}
