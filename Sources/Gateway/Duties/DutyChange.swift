import Governance
import Identity
import Storage
import Vocabulary

/// Whom events of the journal concern, as far as separation of duties goes.
enum DutyChange {
    case nothing
    case subjects(Set<Subject>)
    /// A rule, a mapping, a role or a directory job: anybody.
    case everything

    /// What happened after a position.
    ///
    /// - Parameter limit: events that are looked at; where there are as many, they concern anybody.
    init(after position: Int64, limit: Int, _ view: GovernedView) throws {
        let places = try view.sql.places(in: view.tenant, after: position, limit: limit)
        var subjects: Set<Subject> = []
        for place in places {
            guard places.count < limit, let concerned = try view.concerned(by: place) else {
                self = .everything
                return
            }
            subjects.formUnion(concerned)
        }
        self = subjects.isEmpty ? .nothing : .subjects(subjects)
    }
}

extension GovernedView {
    /// Whom an event concerns: nobody, somebody, or nil for anybody.
    fileprivate func concerned(by place: JournalPlace) throws -> Set<Subject>? {
        switch place.kind.rawValue {
        case "role", "mapping", "governed.sod_rule": return nil
        case "group": return place.type == "group.created" ? [] : nil
        case "sync_run": return place.type == "sync_run.applied" ? nil : []
        case "governed.entitlement":
            return ["entitlement.role_bound", "entitlement.role_unbound"].contains(place.type) ? nil : []
        case "person": return PersonID(bytes: place.stream).map { [.person($0)] } ?? []
        case "assignment":
            guard let id = AssignmentID(bytes: place.stream) else { return [] }
            return try sql.holder(ofRoleAssignment: id, in: tenant).map { [$0] } ?? []
        case "governed.entitlement_assignment", "governed.exemption":
            let row = try sql.governed(Stream(kind: place.kind, id: place.stream), in: tenant)
            if let holding = row.flatMap(Holding.init) { return [holding.subject] }
            guard let bytes = row?.parent else { return [] }
            return Set(["person", "service_account"].compactMap { Subject(kind: $0, bytes: bytes) })
        default: return []
        }
    }
}
