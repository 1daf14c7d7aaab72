import Vocabulary

extension CampaignEvent {
    /// The event as it is written. A reason is sealed under the key of whoever gave it.
    var record: EventRecord {
        switch self {
        case .started(let id, let name, let deadline, let escalatesTo, let undecided):
            return RecordBuilder("campaign.started").fact("campaign", .id(id, "campaign"))
                .fact("deadline", .time(deadline)).fact("escalates_to", escalatesTo.map(FactValue.subject))
                .fact("undecided", .word(undecided.rawValue)).text("name", name).record
        case .linesAdded(let lines):
            return RecordBuilder("campaign.lines_added").fact("lines", .list(lines.map(\.fact))).record
        case .decided(let id, let verdict, let reviewer, let reason):
            var holder = EventText.Holder.tenant
            if case .person(let person) = reviewer { holder = .person(person) }
            return RecordBuilder("campaign.decided").fact("assignment", .id(id, "entitlement_assignment"))
                .fact("verdict", .word(verdict.rawValue)).fact("by", .subject(reviewer))
                .text("reason", reason, of: holder).record
        case .delegated(let id, let reviewer):
            return RecordBuilder("campaign.delegated").fact("assignment", .id(id, "entitlement_assignment"))
                .fact("to", .subject(reviewer)).record
        case .reminded: return RecordBuilder("campaign.reminded").record
        case .escalated: return RecordBuilder("campaign.escalated").record
        case .closed: return RecordBuilder("campaign.closed").record
        }
    }

    /// The event as it was written.
    static func read(_ record: EventRecord) throws -> CampaignEvent {
        let reader = RecordReader(record)
        switch record.type {
        case "campaign.started":
            return .started(
                try reader.id("campaign"), name: try reader.text("name"), deadline: try reader.time("deadline"),
                escalatesTo: try reader.optionalSubject("escalates_to"), undecided: try reader.word("undecided"))
        case "campaign.lines_added":
            guard case .list(let values)? = record.facts.first?.value else { throw reader.broken("lines") }
            return .linesAdded(
                try values.map { value in
                    guard let line = Campaign.Line(value) else { throw reader.broken("lines") }
                    return line
                })
        case "campaign.decided":
            return .decided(
                try reader.id("assignment"), try reader.word("verdict"), by: try reader.subject("by"),
                reason: reader.optionalText("reason"))
        case "campaign.delegated": return .delegated(try reader.id("assignment"), to: try reader.subject("to"))
        case "campaign.reminded": return .reminded
        case "campaign.escalated": return .escalated
        case "campaign.closed": return .closed
        default: throw reader.broken("type")
        }
    }
}

extension Campaign.Line {
    /// Assignment, entitlement, holder, reviewer and, if there was one, the last use.
    fileprivate var fact: FactValue {
        .list(
            [
                .id(assignment, "entitlement_assignment"), .id(entitlement, "entitlement"), .subject(holder),
                .subject(reviewer),
            ] + (lastUsed.map { [.time($0)] } ?? []))
    }

    fileprivate init?(_ value: FactValue) {
        guard case .list(let parts) = value, (4...5).contains(parts.count), case .id(let first, _) = parts[0],
            case .id(let second, _) = parts[1], let assignment = EntitlementAssignmentID(bytes: first),
            let entitlement = EntitlementID(bytes: second), let holder = RecordReader.subject(parts[2]),
            let reviewer = RecordReader.subject(parts[3])
        else { return nil }
        var lastUsed: Timestamp?
        if parts.count == 5 {
            guard case .time(let time) = parts[4] else { return nil }
            lastUsed = time
        }
        self.init(assignment, of: entitlement, held: holder, reviewer: reviewer, lastUsed: lastUsed)
    }
}
