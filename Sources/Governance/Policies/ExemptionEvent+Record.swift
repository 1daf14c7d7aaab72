import Vocabulary

extension ExemptionEvent {
    /// The event as it is written.
    var record: EventRecord {
        switch self {
        case .granted(let grant): grant.record
        case .revoked(let reason): RecordBuilder("exemption.revoked").reason(reason).record
        case .expired: RecordBuilder("exemption.expired").record
        }
    }

    /// The event as it was written.
    static func read(_ record: EventRecord) throws -> ExemptionEvent {
        let reader = RecordReader(record)
        switch record.type {
        case "exemption.granted": return .granted(try ExemptionGrant(reader))
        case "exemption.revoked": return .revoked(try reader.reason())
        case "exemption.expired": return .expired
        default: throw reader.broken("type")
        }
    }
}

extension ExemptionGrant {
    /// The reason speaks of the subject: it is sealed under that person's key.
    fileprivate var record: EventRecord {
        let (target, entity): (Fact, FactValue)
        switch self.target {
        case .policy(let id): target = Fact("policy", .id(id, "policy"))
        case .sodRule(let id): target = Fact("sod_rule", .id(id, "sod_rule"))
        }
        var holder = EventText.Holder.tenant
        switch self.entity {
        case .subject(let subject):
            entity = .subject(subject)
            if case .person(let person) = subject { holder = .person(person) }
        case .other(let high, let low): entity = .id(Identifier<Exemption>(high: high, low: low), "entity")
        }
        return RecordBuilder("exemption.granted").fact("exemption", .id(id, "exemption"))
            .fact(target.name, target.value).fact("entity", entity).fact("from", .time(from))
            .fact("until", until.map(FactValue.time))
            .fact("risk_level", riskAcceptance.map { .word($0.level.rawValue) })
            .fact("risk_accepted_by", riskAcceptance.map { .id($0.acceptedBy, "person") })
            .text("conditions", conditions).text("reason", reason, of: holder).text("claim", claimedBy, of: holder)
            .record
    }

    fileprivate init(_ reader: RecordReader) throws {
        let policy: PolicyID? = try reader.optionalID("policy")
        let rule: SodRuleID? = try reader.optionalID("sod_rule")
        guard let target = policy.map(Exemption.Target.policy) ?? rule.map(Exemption.Target.sodRule) else {
            throw reader.broken("policy")
        }
        let level: RiskLevel? = try reader.optionalWord("risk_level")
        let accepter: PersonID? = try reader.optionalID("risk_accepted_by")
        self.init(
            id: try reader.id("exemption"), target: target, entity: try reader.entity(),
            reason: reader.optionalText("reason"), claimedBy: reader.optionalText("claim"),
            from: try reader.time("from"), until: try reader.optionalTime("until"),
            conditions: reader.content("conditions"),
            riskAcceptance: level.flatMap { level in
                accepter.map { Exemption.RiskAcceptance(level: level, acceptedBy: $0) }
            })
    }
}

extension RecordReader {
    fileprivate func entity() throws -> Exemption.Entity {
        let id: Identifier<Exemption> = try id("entity")
        if case .id(_, "entity")? = record.facts.first(where: { $0.name == "entity" })?.value {
            return .other(high: id.high, low: id.low)
        }
        return .subject(try subject("entity"))
    }
}
