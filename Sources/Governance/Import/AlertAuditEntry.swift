import Authorization
import Vocabulary

/// What a client of the severity style reports of an action: `{ts, user, roles, action, params, ruleId, approval: {by,
/// at}, result, reason}`. Kept as it was claimed; who reported it is in the envelope.
public struct AlertAuditEntry: Sendable, Hashable {
    /// What came of it.
    public enum Result: String, Sendable, CaseIterable {
        case executed, denied, requestedApproval = "requested-approval"
    }

    /// Bytes of a report; a larger one is refused before it is read.
    public static let byteLimit = 65_536

    public let at: Timestamp
    public let user: String
    public let roles: [String]
    public let action: String
    public let rule: String
    public let result: Result
    /// As it was sent.
    public let document: AttributeValue

    private static let keys = ["ts", "user", "roles", "action", "params", "ruleId", "approval", "result", "reason"]

    /// Reads a report. Throws `GovernanceError.rejected` with every fault.
    public init(_ tree: AttributeValue) throws(GovernanceError) {
        var log = FaultLog()
        let required = ["ts", "user", "roles", "action", "params", "ruleId", "result"]
        let members = DocumentNode(value: tree, path: "").members(Self.keys, required: required, &log) ?? [:]
        func text(_ key: String) -> String? { members[key]?.text(limit: PolicyLimits.nameBytes, &log) }
        let (user, action, rule) = (text("user"), text("action"), text("ruleId"))
        let roles = (members["roles"]?.items(limit: 64, mayBeEmpty: true, &log) ?? []).compactMap {
            $0.text(limit: PolicyLimits.nameBytes, &log)
        }
        let result = members["result"].flatMap { $0.word(Result.self, &log) }
        let at = text("ts").flatMap { Timestamp(rfc3339: $0) }
        if members["ts"] != nil, at == nil { log.report("ts", "bad_time", "this is no time", "Write RFC 3339") }
        if let params = members["params"] { Self.check(params, &log) }
        if let approval = members["approval"] { _ = approval.members(["by", "at"], required: [], &log) }
        if let reason = members["reason"] { _ = reason.text(limit: GovernedPolicy.Limits.textBytes, &log) }
        guard log.faults.isEmpty, let at, let user, let action, let rule, let result else {
            throw .rejected(log.faults)
        }
        (self.at, self.user, self.roles, self.action) = (at, user, roles, action)
        (self.rule, self.result, document) = (rule, result, tree.normalized)
    }

    private static func check(_ params: DocumentNode, _ log: inout FaultLog) {
        var left = EntitlementDetails.Limits.metadataValues
        guard params.value.object != nil, params.value.isWithin(&left, depth: 8) else {
            log.report(params.path, "wrong_type", "this is no mapping, or holds too much", "Write parameters by name")
            return
        }
    }

    /// The report as an event; what it says is sealed under the key of whoever reported it.
    public func record(by actor: Actor) -> EventRecord {
        var holder = EventText.Holder.tenant
        if case .person(let person) = actor { holder = .person(person) }
        let word = result == .requestedApproval ? "requested_approval" : result.rawValue
        return RecordBuilder("alert.reported").fact("result", .word(word)).fact("claimed_at", .time(at))
            .text("entry", document, of: holder).record
    }
}
