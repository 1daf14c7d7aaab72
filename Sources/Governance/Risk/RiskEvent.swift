import Vocabulary

/// What can happen to how a tenant counts risk, and to what it counted of a subject.
public enum RiskEvent: Sendable, Hashable {
    case configured(RiskModel, RiskThresholds)
    case recorded(Subject, score: Int, RiskLevel)
}

extension RiskEvent {
    var record: EventRecord {
        switch self {
        case .configured(let model, let thresholds):
            RecordBuilder("risk.configured").fact("model", .word(model.rawValue))
                .fact("low_max", .integer(Int64(thresholds.lowMax)))
                .fact("medium_max", .integer(Int64(thresholds.mediumMax)))
                .fact("high_max", .integer(Int64(thresholds.highMax))).record
        case .recorded(let subject, let score, let level):
            RecordBuilder("risk.recorded").fact("subject", .subject(subject)).fact("score", .integer(Int64(score)))
                .fact("level", .word(level.rawValue)).record
        }
    }

    static func read(_ record: EventRecord) throws -> RiskEvent {
        let reader = RecordReader(record)
        switch record.type {
        case "risk.configured":
            return .configured(
                try reader.word("model"),
                try RiskThresholds(
                    lowMax: Int(try reader.integer("low_max")), mediumMax: Int(try reader.integer("medium_max")),
                    highMax: Int(try reader.integer("high_max"))))
        case "risk.recorded":
            return .recorded(
                try reader.subject("subject"), score: Int(try reader.integer("score")), try reader.word("level"))
        default: throw reader.broken("type")
        }
    }
}
