import Vocabulary

/// What can happen to a rule of separation of duties, and to what is found by it.
public enum SodEvent: Sendable, Hashable {
    case ruleCreated(SodRuleID, SodRuleDetails)
    case ruleUpdated(SodRuleID, SodRuleDetails)
    case ruleStatusChanged(SodRuleID, SodRule.Status)
    /// An entitlement of it is gone.
    case ruleOrphaned(SodRuleID, EntitlementID)
    case ruleDeleted(SodRuleID)
    case violationDetected(SodViolationID, SodRuleID, Subject, [EntitlementID])
    case violationResolved(SodViolationID)

    /// The stream it belongs to: its kind, and the rule's or the violation's id.
    public var stream: (kind: String, id: [UInt8]) {
        switch self {
        case .ruleCreated(let id, _), .ruleUpdated(let id, _), .ruleStatusChanged(let id, _),
            .ruleOrphaned(let id, _), .ruleDeleted(let id):
            ("sod_rule", id.bytes)
        case .violationDetected(let id, _, _, _), .violationResolved(let id): ("sod_violation", id.bytes)
        }
    }

    /// The event as it is written.
    public var record: EventRecord {
        switch self {
        case .ruleCreated(let id, let details): details.write(Self.builder("sod.rule_created", id)).record
        case .ruleUpdated(let id, let details): details.write(Self.builder("sod.rule_updated", id)).record
        case .ruleStatusChanged(let id, let status):
            Self.builder("sod.rule_status_changed", id).fact("status", .word(status.rawValue)).record
        case .ruleOrphaned(let id, let entitlement):
            Self.builder("sod.rule_orphaned", id).fact("entitlement", .id(entitlement, "entitlement")).record
        case .ruleDeleted(let id): Self.builder("sod.rule_deleted", id).record
        case .violationDetected(let id, let rule, let subject, let entitlements):
            Self.builder("sod.violation_detected", rule).fact("violation", .id(id, "sod_violation"))
                .fact("subject", .subject(subject))
                .fact("entitlements", .list(entitlements.map { .id($0, "entitlement") })).record
        case .violationResolved(let id):
            RecordBuilder("sod.violation_resolved").fact("violation", .id(id, "sod_violation")).record
        }
    }

    private static func builder(_ type: String, _ rule: SodRuleID) -> RecordBuilder {
        RecordBuilder(type).fact("rule", .id(rule, "sod_rule"))
    }

    /// The event as it was written. Throws `governance.broken_event` for what this version cannot read.
    public init(_ record: EventRecord) throws {
        let reader = RecordReader(record)
        switch record.type {
        case "sod.rule_created": self = .ruleCreated(try reader.id("rule"), try SodRuleDetails(reader))
        case "sod.rule_updated": self = .ruleUpdated(try reader.id("rule"), try SodRuleDetails(reader))
        case "sod.rule_status_changed":
            self = .ruleStatusChanged(try reader.id("rule"), try reader.word("status"))
        case "sod.rule_orphaned": self = .ruleOrphaned(try reader.id("rule"), try reader.id("entitlement"))
        case "sod.rule_deleted": self = .ruleDeleted(try reader.id("rule"))
        case "sod.violation_detected":
            self = .violationDetected(
                try reader.id("violation"), try reader.id("rule"), try reader.subject("subject"),
                try reader.ids("entitlements"))
        case "sod.violation_resolved": self = .violationResolved(try reader.id("violation"))
        default: throw reader.broken("type")
        }
    }
}

extension SodRuleDetails {
    fileprivate func write(_ builder: RecordBuilder) -> RecordBuilder {
        builder.fact("conflict_type", .word(conflictType.rawValue)).fact("severity", .word(severity.rawValue))
            .fact("entitlements", .list(entitlements.map { .id($0, "entitlement") }))
            .fact("max_count", maxCount.map { .integer(Int64($0)) }).text("name", name)
            .text("description", description)
    }

    fileprivate init(_ reader: RecordReader) throws {
        self.init(
            name: try reader.text("name"), description: reader.optionalText("description"),
            conflictType: try reader.word("conflict_type"), entitlements: try reader.ids("entitlements"),
            maxCount: try reader.optionalInteger("max_count").map(Int.init), severity: try reader.word("severity"))
    }
}
