import Vocabulary

extension CampaignEvent {
    /// The event as it is written; the name is the organization's own text.
    var record: EventRecord {
        switch self {
        case .started(let id, let terms):
            return terms.write(RecordBuilder("campaign.started").fact("campaign", .id(id, "campaign"))).record
        case .opened(let lines, let since):
            return RecordBuilder("campaign.opened").fact("lines", .integer(Int64(lines)))
                .fact("recorded_since", since.map(FactValue.time)).record
        case .reminded: return RecordBuilder("campaign.reminded").record
        case .escalated: return RecordBuilder("campaign.escalated").record
        case .closing: return RecordBuilder("campaign.closing").record
        case .closed: return RecordBuilder("campaign.closed").record
        }
    }

    /// The event as it was written. Throws `governance.broken_event` for what this version cannot read.
    static func read(_ record: EventRecord) throws -> CampaignEvent {
        let reader = RecordReader(record)
        switch record.type {
        case "campaign.started": return .started(try reader.id("campaign"), try Campaign.Terms(reader))
        case "campaign.opened":
            return .opened(
                lines: Int(try reader.integer("lines")), recordedSince: try reader.optionalTime("recorded_since"))
        case "campaign.reminded": return .reminded
        case "campaign.escalated": return .escalated
        case "campaign.closing": return .closing
        case "campaign.closed": return .closed
        default: throw reader.broken("type")
        }
    }
}

extension Campaign.Terms {
    fileprivate func write(_ builder: RecordBuilder) -> RecordBuilder {
        let builder = scope.write(builder).fact("reviewers", .word(reviewers.rawValue))
            .fact("reviewer", .subject(reviewer)).fact("deadline", .time(deadline))
        return builder.fact("escalates_to", escalatesTo.map(FactValue.subject))
            .fact("undecided", .word(undecided.rawValue))
            .fact("unused_after_days", .integer(Int64(unusedAfterDays))).text("name", name)
    }

    fileprivate init(_ reader: RecordReader) throws {
        self.init(
            name: try reader.text("name"), scope: try Campaign.Scope(reader),
            reviewers: try reader.word("reviewers"), reviewer: try reader.subject("reviewer"),
            deadline: try reader.time("deadline"), escalatesTo: try reader.optionalSubject("escalates_to"),
            undecided: try reader.word("undecided"), unusedAfterDays: Int(try reader.integer("unused_after_days")))
    }
}

extension Campaign.Scope {
    fileprivate func write(_ builder: RecordBuilder) -> RecordBuilder {
        switch self {
        case .application(let id): builder.fact("application", .id(id, "application"))
        case .role(let id): builder.fact("role", .id(id, "role"))
        case .manager(let id): builder.fact("manager", .id(id, "person"))
        case .risk(let level): builder.fact("risk_level", .word(level.rawValue))
        }
    }

    fileprivate init(_ reader: RecordReader) throws {
        if let id: ApplicationID = try reader.optionalID("application") {
            self = .application(id)
        } else if let id: RoleID = try reader.optionalID("role") {
            self = .role(id)
        } else if let id: PersonID = try reader.optionalID("manager") {
            self = .manager(id)
        } else {
            self = .risk(try reader.word("risk_level"))
        }
    }
}
