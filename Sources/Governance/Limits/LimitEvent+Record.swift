import Vocabulary

extension LimitEvent {
    /// The event as it is written.
    var record: EventRecord {
        switch self {
        case .reserved(let rule, let id, let usage, let end):
            usage.write(
                RecordBuilder("limit.reserved").fact("rule", .id(rule, "rule"))
                    .fact("reservation", .id(id, "reservation")).fact("expires_at", .time(end))
            ).record
        case .executed(let rule, let usage):
            usage.write(RecordBuilder("limit.executed").fact("rule", .id(rule, "rule"))).record
        case .committed(let id): Self.bare("limit.committed", id)
        case .released(let id): Self.bare("limit.released", id)
        case .expired(let id): Self.bare("limit.reservation_expired", id)
        }
    }

    private static func bare(_ type: String, _ id: ReservationID) -> EventRecord {
        RecordBuilder(type).fact("reservation", .id(id, "reservation")).record
    }

    /// The event as it was written.
    static func read(_ record: EventRecord) throws -> LimitEvent {
        let reader = RecordReader(record)
        switch record.type {
        case "limit.reserved":
            return .reserved(
                try reader.id("rule"), try reader.id("reservation"), try Usage(reader),
                expiresAt: try reader.time("expires_at"))
        case "limit.executed": return .executed(try reader.id("rule"), try Usage(reader))
        case "limit.committed": return .committed(try reader.id("reservation"))
        case "limit.released": return .released(try reader.id("reservation"))
        case "limit.reservation_expired": return .expired(try reader.id("reservation"))
        default: throw reader.broken("type")
        }
    }
}

extension Usage {
    /// Amounts as facts, in the order of their names; the names are the organization's own words.
    fileprivate func write(_ builder: RecordBuilder) -> RecordBuilder {
        let names = amounts.keys.sorted()
        return builder.fact("at", .time(at)).fact("day", .integer(day)).fact("week", .integer(week))
            .fact("user", .subject(user)).fact("resource", resource.map(FactValue.digest))
            .fact("amounts", .list(names.map { .integer((amounts[$0] ?? .zero).millionths) }))
            .text("parameters", names.isEmpty ? nil : AttributeValue.list(names.map(AttributeValue.string)))
    }

    fileprivate init(_ reader: RecordReader) throws {
        let names = (reader.content("parameters")?.list ?? []).compactMap(\.string)
        let amounts = try reader.integers("amounts")
        guard names.count == amounts.count else { throw reader.broken("amounts") }
        self.init(
            at: try reader.time("at"), day: try reader.integer("day"), week: try reader.integer("week"),
            user: try reader.subject("user"), resource: try reader.digest("resource"),
            amounts: Dictionary(
                zip(names, amounts.map { Amount(millionths: $0) }), uniquingKeysWith: { first, _ in first }))
    }
}
