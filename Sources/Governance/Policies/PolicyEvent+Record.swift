import Authorization
import Vocabulary

extension PolicyEvent {
    /// The event as it is written.
    var record: EventRecord {
        switch self {
        case .created(let creation):
            creation.details.write(
                RecordBuilder("policy.created").fact("policy", .id(creation.id, "policy"))
                    .fact("overrides", creation.overrides.map { .id($0, "policy") })
                    .fact("supersedes", creation.supersedes.map { .id($0, "policy") })
            ).record
        case .updated(let details, let submitted, let reason):
            details.write(RecordBuilder("policy.updated").fact("submitted", .bool(submitted))).reason(reason).record
        case .approved(let reason): RecordBuilder("policy.approved").reason(reason).record
        case .activated(let period, let reason):
            RecordBuilder("policy.activated").fact("from", .time(period.from))
                .fact("until", period.until.map(FactValue.time)).reason(reason).record
        case .suspended(let reason): RecordBuilder("policy.suspended").reason(reason).record
        case .revoked(let reason): RecordBuilder("policy.revoked").reason(reason).record
        case .archived(let reason): RecordBuilder("policy.archived").reason(reason).record
        case .ruleAdded(let id, let document):
            RecordBuilder("policy.rule_added").fact("rule", .id(id, "rule")).text("document", document).record
        case .ruleUpdated(let id, let document):
            RecordBuilder("policy.rule_updated").fact("rule", .id(id, "rule")).text("document", document).record
        case .ruleRemoved(let id): RecordBuilder("policy.rule_removed").fact("rule", .id(id, "rule")).record
        case .ruleReordered(let order):
            RecordBuilder("policy.rule_reordered").fact("order", .list(order.map { .id($0, "rule") })).record
        }
    }

    /// The event as it was written.
    static func read(_ record: EventRecord) throws -> PolicyEvent {
        let reader = RecordReader(record)
        switch record.type {
        case "policy.created":
            return .created(
                Creation(
                    id: try reader.id("policy"), details: try PolicyDetails(reader),
                    overrides: try reader.optionalID("overrides"), supersedes: try reader.optionalID("supersedes")))
        case "policy.updated":
            return .updated(
                try PolicyDetails(reader), submitted: try reader.bool("submitted"), reason: try reader.reason())
        case "policy.approved": return .approved(try reader.reason())
        case "policy.activated":
            let until = try reader.optionalTime("until")
            guard let period = EffectivePeriod(from: try reader.time("from"), until: until) else {
                throw reader.broken("until")
            }
            return .activated(period, try reader.reason())
        case "policy.suspended": return .suspended(try reader.reason())
        case "policy.revoked": return .revoked(try reader.reason())
        case "policy.archived": return .archived(try reader.reason())
        default: return try readRule(reader)
        }
    }

    private static func readRule(_ reader: RecordReader) throws -> PolicyEvent {
        func document() throws -> AttributeValue {
            guard let document = reader.content("document") else { throw reader.broken("document") }
            return document
        }
        switch reader.record.type {
        case "policy.rule_added": return .ruleAdded(try reader.id("rule"), try document())
        case "policy.rule_updated": return .ruleUpdated(try reader.id("rule"), try document())
        case "policy.rule_removed": return .ruleRemoved(try reader.id("rule"))
        case "policy.rule_reordered": return .ruleReordered(try reader.ids("order"))
        default: throw reader.broken("type")
        }
    }
}

extension RecordBuilder {
    /// Why: under the author's key, or the tenant's when nobody in particular wrote it.
    func reason(_ reason: ChangeReason?) -> Self {
        guard let reason else { return self }
        let holder = reason.author.map(EventText.Holder.person) ?? .tenant
        return fact("author", reason.author.map { .id($0, "person") })
            .fact("claimed_at", reason.claimedAt.map(FactValue.time))
            .text("reason", reason.text, of: holder).text("claim", reason.claim, of: holder)
    }
}

extension RecordReader {
    /// Why, as far as it is still readable.
    func reason() throws -> ChangeReason? {
        let reason = ChangeReason(
            author: try optionalID("author"), text: optionalText("reason"), claim: optionalText("claim"),
            claimedAt: try optionalTime("claimed_at"))
        let isEmpty = reason.author == nil && reason.text == nil && reason.claim == nil && reason.claimedAt == nil
        return isEmpty ? nil : reason
    }
}

extension PolicyDetails {
    fileprivate func write(_ builder: RecordBuilder) -> RecordBuilder {
        builder.fact("policy_type", .word(type.rawValue)).fact("enforcement", .word(enforcement.rawValue))
            .fact("level", .word(scope.level.rawValue)).fact("unit", scope.unit.map { .id($0, "organization_unit") })
            .fact("subject", scope.subject.map(FactValue.subject))
            .fact("frameworks", .list(frameworks.map { .word($0.rawValue) }))
            .fact("overridable", .bool(isOverridable))
            .text("name", name).text("description", description).text("zone", zone)
            .text("selectors", scope.selectors)
    }

    fileprivate init(_ reader: RecordReader) throws {
        let selectors = reader.content("selectors")
        func names(_ key: String) -> [String] { (selectors?[key]?.list ?? []).compactMap(\.string) }
        let scope = PolicyScope(
            try reader.word("level"), unit: try reader.optionalID("unit"),
            subject: try reader.optionalSubject("subject"),
            environments: names("environments"), services: names("services"), resources: names("resources"),
            actions: names("actions"))
        guard let scope else { throw reader.broken("level") }
        self.init(
            name: try reader.text("name"), description: reader.optionalText("description") ?? "",
            type: try reader.word("policy_type"), enforcement: try reader.word("enforcement"), scope: scope,
            frameworks: try reader.words("frameworks"), zone: reader.optionalText("zone"),
            isOverridable: try reader.bool("overridable"))
    }
}

extension PolicyScope {
    /// The selectors as a document; nil when there are none.
    var selectors: AttributeValue? {
        let lists = ["environments": environments, "services": services, "resources": resources, "actions": actions]
        let named = lists.filter { !$0.value.isEmpty }
        return named.isEmpty ? nil : .object(named.mapValues { .list($0.map(AttributeValue.string)) })
    }
}
