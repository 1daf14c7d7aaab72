import Vocabulary

extension WorkflowEvent {
    /// The event as it is written.
    var record: EventRecord {
        switch self {
        case .created(let id, let details):
            RecordBuilder("workflow.created").fact("template", .id(id, "workflow_template"))
                .text("details", details.document).record
        case .updated(let details): RecordBuilder("workflow.updated").text("details", details.document).record
        case .retired: RecordBuilder("workflow.retired").record
        }
    }

    /// The event as it was written.
    static func read(_ record: EventRecord) throws -> WorkflowEvent {
        let reader = RecordReader(record)
        func details() throws -> WorkflowTemplate.Details {
            guard let document = reader.content("details") else { throw reader.broken("details") }
            return try WorkflowTemplate.Details(document: document)
        }
        switch record.type {
        case "workflow.created": return .created(try reader.id("template"), try details())
        case "workflow.updated": return .updated(try details())
        case "workflow.retired": return .retired
        default: throw reader.broken("type")
        }
    }
}

extension WorkflowTemplate.Details {
    /// The template as documents write it.
    public var document: AttributeValue {
        var members: [String: AttributeValue] = ["name": .string(name), "stages": .list(stages.map(\.document))]
        if !description.isEmpty { members["description"] = .string(description) }
        if !category.isEmpty { members["category"] = .string(category) }
        if !escalations.isEmpty { members["escalations"] = Escalation.document(escalations) }
        return .object(members)
    }
}

extension Escalation {
    fileprivate static func document(_ escalations: [Escalation]) -> AttributeValue {
        .object(
            Dictionary(
                escalations.map { ($0.trigger.rawValue, .list($0.roles.map(AttributeValue.string))) },
                uniquingKeysWith: { first, _ in first }))
    }
}

extension WorkflowStage {
    /// The stage as documents write it. Timeouts are whole hours there.
    var document: AttributeValue {
        var members: [String: AttributeValue] = [
            "name": .string(name), "approver_roles": .list(approverRoles.map(AttributeValue.string)),
            "min_approvals": .integer(Int64(minApprovals)),
            "timeout_hours": .integer(timeout.components.seconds / 3_600),
        ]
        if let escalations { members["escalations"] = Escalation.document(escalations) }
        if let condition {
            let (word, params) = condition.document
            members["condition"] = .string(word)
            members["condition_params"] = params
        }
        return .object(members)
    }
}

extension StageCondition {
    fileprivate var document: (String, AttributeValue) {
        func list(_ texts: [String]) -> AttributeValue { .list(texts.map(AttributeValue.string)) }
        switch self {
        case .riskLevels(let levels): return ("risk_level", ["risk_levels": list(levels.map(\.rawValue))])
        case .environments(let names): return ("environment", ["environments": list(names)])
        case .errorTypes(let names): return ("error_type", ["error_types": list(names)])
        case .patchSize(let least): return ("patch_size", ["at_least": .integer(least)])
        case .field(let document): return ("field", document)
        case .outside(let days, let start, let end, let zone):
            return (
                "time_based",
                [
                    "days": .list(days.map { .integer(Int64($0)) }), "start": .string(Self.clock(start)),
                    "end": .string(Self.clock(end)), "timezone": .string(zone),
                ]
            )
        }
    }

    private static func clock(_ minutes: Int) -> String {
        let (hour, minute) = (minutes / 60, minutes % 60)
        return (hour < 10 ? "0" : "") + "\(hour):" + (minute < 10 ? "0" : "") + "\(minute)"
    }
}
