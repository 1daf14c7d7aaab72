import Governance
import Identity
import Storage
import Vocabulary

extension BirthrightService {
    /// Events that one round looks at, and people that are looked at together.
    private static let reach = 5_000
    private static let chunk = 200

    /// What a round came to.
    public struct Round: Sendable, Equatable {
        public var begun = 0
        public var ended = 0
        /// Kept back by separation of duties or a validator.
        public var held = 0

        /// What began, ended and was held back.
        public init(begun: Int = 0, ended: Int = 0, held: Int = 0) {
            (self.begun, self.ended, self.held) = (begun, ended, held)
        }
    }

    /// What changed since the last round.
    private enum Change: Sendable {
        case nothing
        case people([PersonID], until: Int64, isAll: Bool)
        case everybody(until: Int64)
    }

    /// Applies the rules to whoever was made, changed or brought since the last round, and to everybody after a rule
    /// changed.
    @discardableResult public func follow(in tenant: TenantID) async throws -> Round {
        var round = Round()
        while true {
            switch try await store.ask(tenant, now: clock(), { try Self.change($0) }) {
            case .nothing: return round
            case .everybody(let position):
                try await applyToEverybody(in: tenant, &round)
                try await mark(position, in: tenant)
            case .people(let people, let position, let isAll):
                try await apply(people.map(Subject.person), in: tenant, &round)
                try await mark(position, in: tenant)
                if isAll { return round }
            }
        }
    }

    private static func change(_ view: GovernedView) throws -> Change {
        let kind = StreamKind.governed(BirthrightRule.aggregate.kind)
        guard try !view.sql.governed(kind, in: view.tenant, limit: 1).isEmpty else { return .nothing }
        let mark = try view.sql.governed(Stream(kind: Self.markKind, id: view.tenant.bytes), in: view.tenant)
        guard let mark else { return .everybody(until: try view.sql.journalPosition(of: view.tenant)) }
        let places = try view.sql.places(in: view.tenant, after: mark.position, limit: reach)
        guard let last = places.last else { return .nothing }
        if places.contains(where: { $0.kind == kind }) {
            return .everybody(until: try view.sql.journalPosition(of: view.tenant))
        }
        let people = places.filter { $0.type.hasPrefix("person.") && $0.kind == "person" }
            .compactMap { PersonID(bytes: $0.stream) }
        // Events that are nobody's business here leave the mark where it is, so that idling writes nothing.
        if people.isEmpty, places.count < reach { return .nothing }
        return .people(Array(Set(people)).sorted(), until: last.position, isAll: places.count < reach)
    }

    private func applyToEverybody(in tenant: TenantID, _ round: inout Round) async throws {
        var last: PersonID?
        while true {
            let page = try await store.read { [last] sql in
                try sql.people(in: tenant, after: last, limit: Self.chunk).map(\.id)
            }
            try await apply(page.map(Subject.person), in: tenant, &round)
            guard page.count == Self.chunk else { break }
            last = page.last
        }
    }

    /// Looks at people on a snapshot, and writes for those of whom something changes.
    private func apply(_ subjects: [Subject], in tenant: TenantID, _ round: inout Round) async throws {
        guard !subjects.isEmpty else { return }
        let authorization = try await table.snapshot(of: tenant)
        for start in stride(from: 0, to: subjects.count, by: Self.chunk) {
            let part = Array(subjects[start..<min(start + Self.chunk, subjects.count)])
            let changing = try await store.ask(tenant, now: clock()) { view in
                let book = try view.birthrightBook()
                return try part.filter { try !view.birthrights(of: $0, by: book).isEmpty }
            }
            for subject in changing {
                let caller = Caller(tenant: tenant, actor: .system("birthright"), command: .random(at: clock()))
                let done = try await store.govern(by: caller, .sync) { writer in
                    try writer.applyBirthrights(of: subject, authorization)
                }
                round.begun += done.begun
                round.ended += done.ended
                round.held += done.held
            }
        }
    }

    private static let markKind: StreamKind = "governed.birthright_mark"

    private func mark(_ position: Int64, in tenant: TenantID) async throws {
        try await store.write(.sync) { tx in
            let known = try tx.sql.governed(Stream(kind: Self.markKind, id: tenant.bytes), in: tenant)
            guard position > known?.position ?? -1 else { return }
            try tx.sql.put(
                GovernedRow(
                    tenant: tenant, kind: Self.markKind, id: tenant.bytes, state: "active", type: "birthright",
                    version: (known?.version ?? 0) + 1, position: position))
        }
    }
}

extension GovernedWriter {
    /// Brings what somebody has by birthright up to date, judged as a whole.
    fileprivate func applyBirthrights(
        of subject: Subject, _ authorization: TenantAuthorization
    ) throws -> BirthrightService.Round {
        let plan = try view.birthrights(of: subject, by: try view.birthrightBook())
        let batch = try assignTogether(
            plan.inputs(for: subject, at: now), for: subject, ending: plan.end, authorization)
        return BirthrightService.Round(begun: batch.assigned.count, ended: plan.end.count, held: batch.held.count)
    }
}
