import Authorization
import Governance
import Storage
import Vocabulary

/// The lists that auditors draw their samples from, out of the journal and in full: a list comes in parts, and together
/// they leave nothing out.
public struct PopulationService: Sendable {
    let store: Store
    let table: AuthorizationTable
    let clock: @Sendable () -> Timestamp

    /// Rows of one part at most.
    public static let partLimit = 1_000
    /// Events that are looked at in one reading; their rows may be more.
    private static let reach = 500

    /// A part of a list. The first one fixes what it is of: from a date or position to another (the end of a time is not
    /// part of it, the end of positions is).
    ///
    /// - Throws: `invalid` for an end before the beginning, and what the store throws.
    public func page(
        _ population: Population, in tenant: TenantID, from: PopulationBound, to: PopulationBound,
        after place: PopulationPlace? = nil, limit: Int = Self.partLimit
    ) async throws -> PopulationPage {
        let begin = if let place { place } else { try await self.place(from, to, in: tenant) }
        let limit = min(max(1, limit), Self.partLimit)
        guard population != .privileged else { return try await privileged(begin, in: tenant, limit: limit) }
        return try await events(population, begin, in: tenant, limit: limit)
    }

    private func place(
        _ from: PopulationBound, _ to: PopulationBound, in tenant: TenantID
    ) async throws -> PopulationPlace {
        let size = try await store.journalSize(of: tenant).size
        let (first, last) = try await store.read { sql -> (Int64, Int64) in
            let first =
                switch from {
                case .position(let position): position
                case .time(let time): try sql.firstPosition(in: tenant, at: time) ?? size + 1
                }
            let last =
                switch to {
                case .position(let position): position
                case .time(let time): try sql.firstPosition(in: tenant, at: time).map { $0 - 1 } ?? size
                }
            return (first, last)
        }
        switch (from, to) {
        case (.time(let one), .time(let other)) where other < one: throw Self.backwards
        case (.position(let one), .position(let other)) where other < one: throw Self.backwards
        default: break
        }
        return PopulationPlace(first: max(1, first), last: min(last, size), after: max(1, first) - 1, ordinal: .max)
    }

    private static let backwards = Fault.invalid("The list would end before it begins.")

    /// Reads events on until the part is full or the list ends.
    private func events(
        _ population: Population, _ begin: PopulationPlace, in tenant: TenantID, limit: Int
    ) async throws -> PopulationPage {
        let names = try await PopulationNames(table.snapshot(of: tenant))
        var rows: [PopulationRow] = []
        // The event that the part before ended in is read once more, for the rest of its rows.
        var after = begin.ordinal == .max ? begin.after : begin.after - 1
        while after < begin.last {
            let found = try await store.events(
                of: tenant, after: after, filter: EventFilter(types: population.types, last: begin.last),
                limit: Self.reach, opening: true)
            guard let newest = found.last else { break }
            let start = after
            let read = try await store.read { [keys = store.keys, now = clock()] sql in
                var reader = PopulationReader(
                    view: GovernedView(sql: sql, tenant: tenant, keys: keys, now: now), names: names)
                return try found.flatMap { try reader.rows($0) }
            }
            rows += read.filter { row in
                start != begin.after - 1 || row.position > begin.after || row.ordinal > begin.ordinal
            }
            after = newest.position
            if rows.count > limit { return Self.part(rows, limit, begin) }
        }
        return PopulationPage(rows: rows, next: nil)
    }

    static func part(_ rows: [PopulationRow], _ limit: Int, _ begin: PopulationPlace) -> PopulationPage {
        let kept = Array(rows.prefix(limit))
        guard rows.count > limit, let last = kept.last else { return PopulationPage(rows: kept, next: nil) }
        return PopulationPage(
            rows: kept,
            next: PopulationPlace(first: begin.first, last: begin.last, after: last.position, ordinal: last.ordinal))
    }
}

extension Gateway {
    /// The lists that auditors draw their samples from.
    public var populations: PopulationService {
        PopulationService(store: store, table: authorization, clock: clock)
    }
}
