import Vocabulary

/// What an author decides about a birthright: who has which entitlements by what they are.
public struct BirthrightDetails: Sendable, Hashable, Codable {
    /// Bounds; one past each is refused.
    public enum Limits {
        public static let nameBytes = 128
        public static let entitlements = 200
        /// Bytes of a condition as JSON.
        public static let conditionBytes = 32 << 10
    }

    /// Unique in the tenant, in the characters of a policy's id.
    public let name: String
    /// In the policy language, over `subject.` attributes.
    public let condition: AttributeValue
    public let entitlements: [EntitlementID]

    /// The details of a rule; they are checked by the command that carries them.
    public init(name: String, condition: AttributeValue, entitlements: [EntitlementID]) {
        (self.name, self.condition, self.entitlements) = (name, condition.normalized, entitlements)
    }
}

/// Who has entitlements by what they are: everybody whose directory attributes meet a condition. The fold of its events.
public struct BirthrightRule: Sendable, Hashable, Codable {
    /// Whether it gives anything.
    public enum Status: String, Sendable, Codable, CaseIterable {
        case active, disabled
    }

    public let id: BirthrightRuleID
    public internal(set) var details: BirthrightDetails
    public internal(set) var status: Status
    public let createdAt: Timestamp
    public internal(set) var updatedAt: Timestamp
    public internal(set) var version: Int64
}

/// What can be asked of a birthright rule.
public enum BirthrightCommand: Sendable, Hashable {
    case create(BirthrightRuleID, BirthrightDetails)
    case update(BirthrightDetails)
    case changeStatus(BirthrightRule.Status)
}

/// What can happen to a birthright rule.
public enum BirthrightEvent: Sendable, Hashable {
    case created(BirthrightRuleID, BirthrightDetails)
    case updated(BirthrightDetails)
    case statusChanged(BirthrightRule.Status)
}

extension BirthrightRule {
    /// How rules are folded and written.
    public static let aggregate = Aggregate<BirthrightRule, BirthrightEvent>(
        kind: "birthright_rule", apply: { state, event throws(GovernanceError) in try apply(event, to: &state) },
        encode: { $0.record }, decode: { try BirthrightEvent($0) })

    /// What follows from a command. Pure; an unchanged value gives no event.
    ///
    /// - Parameters:
    ///   - exists: whether the tenant has an entitlement.
    ///   - isTaken: whether another rule has the name.
    public static func decide(
        _ command: BirthrightCommand, on rule: BirthrightRule?, isTaken: Bool,
        exists: (EntitlementID) -> Bool
    ) throws -> [BirthrightEvent] {
        switch command {
        case .create(let id, let details):
            guard rule == nil else {
                throw GovernanceError.alreadyExists(resource: "birthright rule", id: id.description)
            }
            try check(details, isTaken: isTaken, exists)
            return [.created(id, details)]
        case .update(let details):
            try check(details, isTaken: isTaken, exists)
            return rule?.details == details ? [] : [.updated(details)]
        case .changeStatus(let status): return rule?.status == status ? [] : [.statusChanged(status)]
        }
    }

    private static func check(
        _ details: BirthrightDetails, isTaken: Bool, _ exists: (EntitlementID) -> Bool
    ) throws {
        guard (1...BirthrightDetails.Limits.nameBytes).contains(details.name.utf8.count) else {
            throw GovernanceError.invalid(
                field: "name", reason: "has not 1 to \(BirthrightDetails.Limits.nameBytes) bytes")
        }
        guard !isTaken else { throw GovernanceError.alreadyExists(resource: "birthright rule", id: details.name) }
        let count = details.entitlements.count
        guard (1...BirthrightDetails.Limits.entitlements).contains(count), Set(details.entitlements).count == count
        else { throw GovernanceError.invalid(field: "entitlement_ids", reason: "are none, too many, or one twice") }
        if let unknown = details.entitlements.first(where: { !exists($0) }) {
            throw GovernanceError.entitlementNotFound(unknown)
        }
        // Whatever does not compile is not stored: it would be nobody's rule, quietly.
        _ = try BirthrightBook([(BirthrightRuleID(high: 0, low: 1), details)])
    }

    private static func apply(
        _ recorded: Recorded<BirthrightEvent>, to state: inout BirthrightRule?
    ) throws(GovernanceError) {
        if case .created(let id, let details) = recorded.event {
            guard state == nil else { throw .invalidSequence(kind: "birthright rule", event: "created") }
            state = BirthrightRule(
                id: id, details: details, status: .active, createdAt: recorded.at, updatedAt: recorded.at, version: 1)
            return
        }
        guard var rule = state else { throw .invalidSequence(kind: "birthright rule", event: "change") }
        rule.version += 1
        rule.updatedAt = recorded.at
        switch recorded.event {
        case .created: break
        case .updated(let details): rule.details = details
        case .statusChanged(let status): rule.status = status
        }
        state = rule
    }
}

extension BirthrightEvent {
    /// The event as it is written: name and condition are the organization's own texts.
    fileprivate var record: EventRecord {
        switch self {
        case .created(let id, let details):
            details.write(RecordBuilder("birthright_rule.created").fact("rule", .id(id, "birthright_rule"))).record
        case .updated(let details): details.write(RecordBuilder("birthright_rule.updated")).record
        case .statusChanged(let status):
            RecordBuilder("birthright_rule.status_changed").fact("status", .word(status.rawValue)).record
        }
    }

    fileprivate init(_ record: EventRecord) throws {
        let reader = RecordReader(record)
        switch record.type {
        case "birthright_rule.created": self = .created(try reader.id("rule"), try BirthrightDetails(reader))
        case "birthright_rule.updated": self = .updated(try BirthrightDetails(reader))
        case "birthright_rule.status_changed": self = .statusChanged(try reader.word("status"))
        default: throw reader.broken("type")
        }
    }
}

extension BirthrightDetails {
    fileprivate func write(_ builder: RecordBuilder) -> RecordBuilder {
        builder.fact("entitlements", .list(entitlements.map { .id($0, "entitlement") })).text("name", name)
            .text("condition", condition)
    }

    fileprivate init(_ reader: RecordReader) throws {
        guard let condition = reader.content("condition") else { throw reader.broken("condition") }
        self.init(name: try reader.text("name"), condition: condition, entitlements: try reader.ids("entitlements"))
    }
}
