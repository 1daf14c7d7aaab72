import Vocabulary

extension CampaignLineEvent {
    /// The event as it is written. A reason is sealed under the key of whoever gave it.
    var record: EventRecord {
        switch self {
        case .opened(let content): return content.record
        case .decided(let verdict, let speaker, let reason):
            var holder = EventText.Holder.tenant
            if case .person(let person) = speaker { holder = .person(person) }
            return RecordBuilder("campaign_line.decided").fact("verdict", .word(verdict.rawValue))
                .fact("by", .subject(speaker)).text("reason", reason, of: holder).record
        case .delegated(let other):
            return RecordBuilder("campaign_line.delegated").fact("to", .subject(other)).record
        case .settled(let settlement):
            return RecordBuilder("campaign_line.settled").fact("settlement", .word(settlement.rawValue)).record
        }
    }

    /// The event as it was written. Throws `governance.broken_event` for what this version cannot read.
    static func read(_ record: EventRecord) throws -> CampaignLineEvent {
        let reader = RecordReader(record)
        switch record.type {
        case "campaign_line.opened": return .opened(try Opened(reader))
        case "campaign_line.decided":
            return .decided(
                try reader.word("verdict"), by: try reader.subject("by"), reason: reader.optionalText("reason"))
        case "campaign_line.delegated": return .delegated(to: try reader.subject("to"))
        case "campaign_line.settled": return .settled(try reader.word("settlement"))
        default: throw reader.broken("type")
        }
    }
}

extension CampaignLineEvent.Opened {
    fileprivate var record: EventRecord {
        let builder = item.write(
            RecordBuilder("campaign_line.opened").fact("line", .id(id, "campaign_line"))
                .fact("campaign", .id(campaign, "campaign")))
        return use.write(builder.fact("holder", .subject(holder)).fact("reviewer", reviewer.map(FactValue.subject)))
            .record
    }

    fileprivate init(_ reader: RecordReader) throws {
        self.init(
            id: try reader.id("line"), campaign: try reader.id("campaign"), item: try CampaignLine.Item(reader),
            holder: try reader.subject("holder"), reviewer: try reader.optionalSubject("reviewer"),
            use: try CampaignLine.Use(reader))
    }
}

extension CampaignLine.Item {
    fileprivate func write(_ builder: RecordBuilder) -> RecordBuilder {
        switch self {
        case .entitlement(let assignment, let entitlement, let source):
            builder.fact("entitlement_assignment", .id(assignment, "entitlement_assignment"))
                .fact("entitlement", .id(entitlement, "entitlement")).fact("source", .word(source.rawValue))
        case .role(let assignment, let role):
            builder.fact("assignment", .id(assignment, "assignment")).fact("role", .id(role, "role"))
        case .mappedRole(let role): builder.fact("role", .id(role, "role"))
        }
    }

    fileprivate init(_ reader: RecordReader) throws {
        if let assignment: EntitlementAssignmentID = try reader.optionalID("entitlement_assignment") {
            self = .entitlement(assignment, try reader.id("entitlement"), try reader.word("source"))
        } else if let assignment: AssignmentID = try reader.optionalID("assignment") {
            self = .role(assignment, try reader.id("role"))
        } else {
            self = .mappedRole(try reader.id("role"))
        }
    }
}

extension CampaignLine.Use {
    fileprivate func write(_ builder: RecordBuilder) -> RecordBuilder {
        switch self {
        case .last(let at): builder.fact("last_used", .time(at))
        case .none: builder.fact("used", .bool(false))
        case .unknown: builder
        }
    }

    fileprivate init(_ reader: RecordReader) throws {
        if let at = try reader.optionalTime("last_used") {
            self = .last(at)
        } else {
            self = reader.has("used") ? .none : .unknown
        }
    }
}
