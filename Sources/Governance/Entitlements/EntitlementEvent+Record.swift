import Vocabulary

extension EntitlementEvent {
    /// The event as it is written.
    public var record: EventRecord {
        let id = FactValue.id(entitlement, "entitlement")
        switch self {
        case .created(_, let application, let details, let status):
            return details.write(
                RecordBuilder("entitlement.created").fact("entitlement", id)
                    .fact("application", .id(application, "application")).fact("status", .word(status.rawValue))
            ).record
        case .updated(_, let details):
            return details.write(RecordBuilder("entitlement.updated").fact("entitlement", id)).record
        case .statusChanged(_, let status):
            return RecordBuilder("entitlement.status_changed").fact("entitlement", id)
                .fact("status", .word(status.rawValue)).record
        case .boundToRole(_, let role):
            return RecordBuilder("entitlement.role_bound").fact("entitlement", id).fact("role", .id(role, "role"))
                .record
        case .unboundFromRole(_, let role):
            return RecordBuilder("entitlement.role_unbound").fact("entitlement", id).fact("role", .id(role, "role"))
                .record
        case .deleted: return RecordBuilder("entitlement.deleted").fact("entitlement", id).record
        }
    }

    /// The event as it was written. Throws `governance.broken_event` for what this version cannot read.
    public init(_ record: EventRecord) throws {
        let reader = RecordReader(record)
        let id: EntitlementID = try reader.id("entitlement")
        switch record.type {
        case "entitlement.created":
            self = .created(
                id, try reader.id("application"), try EntitlementDetails(reader), try reader.word("status"))
        case "entitlement.updated": self = .updated(id, try EntitlementDetails(reader))
        case "entitlement.status_changed": self = .statusChanged(id, try reader.word("status"))
        case "entitlement.role_bound": self = .boundToRole(id, try reader.id("role"))
        case "entitlement.role_unbound": self = .unboundFromRole(id, try reader.id("role"))
        case "entitlement.deleted": self = .deleted(id)
        default: throw reader.broken("type")
        }
    }
}

extension EntitlementDetails {
    fileprivate func write(_ builder: RecordBuilder) -> RecordBuilder {
        builder.fact("risk_level", .word(riskLevel.rawValue)).fact("owner", owner.map { .id($0, "person") })
            .fact("delegable", .bool(isDelegable)).text("name", name).text("description", description)
            .text("external_id", externalID).text("metadata", metadata)
    }

    fileprivate init(_ reader: RecordReader) throws {
        self.init(
            name: try reader.text("name"), description: reader.optionalText("description"),
            riskLevel: try reader.word("risk_level"), owner: try reader.optionalID("owner"),
            externalID: reader.optionalText("external_id"), metadata: reader.content("metadata"),
            isDelegable: try reader.bool("delegable"))
    }
}

extension AssignmentEvent {
    /// The event as it is written; a justification speaks of the subject and is sealed under that person's key.
    public var record: EventRecord {
        let id = FactValue.id(assignment, "entitlement_assignment")
        switch self {
        case .assigned(let content):
            var holder = EventText.Holder.tenant
            if case .person(let person) = content.subject { holder = .person(person) }
            return RecordBuilder("assignment.assigned").fact("assignment", id)
                .fact("entitlement", .id(content.entitlement, "entitlement")).fact("subject", .subject(content.subject))
                .fact("source", .word(content.source.rawValue)).fact("status", .word(content.status.rawValue))
                .fact("expires_at", content.expiresAt.map(FactValue.time))
                .fact("justified", .bool(content.isJustified))
                .fact("delegated_from", content.delegatedFrom.map { .id($0, "entitlement_assignment") })
                .fact("rule", content.rule.map { .id($0, "birthright_rule") })
                .text("justification", content.justification, of: holder).record
        case .activated: return RecordBuilder("assignment.activated").fact("assignment", id).record
        case .revoked(_, let reason):
            return RecordBuilder("assignment.revoked").fact("assignment", id).reason(reason).record
        case .expired: return RecordBuilder("assignment.expired").fact("assignment", id).record
        }
    }

    /// The event as it was written. Throws `governance.broken_event` for what this version cannot read.
    public init(_ record: EventRecord) throws {
        let reader = RecordReader(record)
        let id: EntitlementAssignmentID = try reader.id("assignment")
        switch record.type {
        case "assignment.assigned":
            self = .assigned(
                Assigned(
                    id: id, entitlement: try reader.id("entitlement"), subject: try reader.subject("subject"),
                    source: try reader.word("source"), status: try reader.word("status"),
                    expiresAt: try reader.optionalTime("expires_at"), isJustified: try reader.bool("justified"),
                    justification: reader.optionalText("justification"),
                    delegatedFrom: try reader.optionalID("delegated_from"), rule: try reader.optionalID("rule")))
        case "assignment.activated": self = .activated(id)
        case "assignment.revoked": self = .revoked(id, try reader.reason())
        case "assignment.expired": self = .expired(id)
        default: throw reader.broken("type")
        }
    }
}
