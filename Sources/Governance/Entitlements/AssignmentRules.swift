import Vocabulary

/// What a tenant asks of every assignment, and who approves what is asked for: the fold of its settings' events, one
/// stream per tenant, each event the whole of the settings.
public struct AssignmentRules: Sendable, Hashable, Codable {
    /// Pairs and workflows at most; one more is refused.
    public static let listLimit = 1_000

    /// The checks that are asked when a tenant says so.
    public enum Check: String, Sendable, Codable, CaseIterable {
        case expiryDate = "expiry_date", duplicateAssignment = "duplicate_assignment"
        case justificationRequired = "justification_required"
        /// What requests of an entitlement pass through a workflow for is given along that only.
        case approval

        var validator: AssignmentValidator? {
            switch self {
            case .expiryDate: .expiryDate
            case .duplicateAssignment: .duplicateAssignment
            case .justificationRequired: .justificationRequired
            case .approval: nil
            }
        }
    }

    /// One entitlement that has to be held before another is given.
    public struct Prerequisite: Sendable, Hashable, Codable {
        public let entitlement: EntitlementID
        public let required: EntitlementID

        /// `required` comes before `entitlement`.
        public init(of entitlement: EntitlementID, required: EntitlementID) {
            (self.entitlement, self.required) = (entitlement, required)
        }
    }

    /// The workflow that requests of one entitlement pass through.
    public struct Route: Sendable, Hashable, Codable {
        public let entitlement: EntitlementID
        public let workflow: WorkflowTemplateID

        /// Requests of `entitlement` pass through `workflow`.
        public init(of entitlement: EntitlementID, along workflow: WorkflowTemplateID) {
            (self.entitlement, self.workflow) = (entitlement, workflow)
        }
    }

    public var checks: [Check]
    public var prerequisites: [Prerequisite]
    /// The roles of which one makes an approver where no workflow is named.
    public var approverRoles: [String]
    /// The workflow of every request that has none of its own.
    public var workflow: WorkflowTemplateID?
    public var routes: [Route]
    public internal(set) var version: Int64 = 0

    /// Settings; without arguments those that hold until somebody says otherwise: the expiry date is checked, and
    /// administrators approve.
    public init(
        checks: [Check] = [.expiryDate], prerequisites: [Prerequisite] = [], approverRoles: [String] = ["Admin"],
        workflow: WorkflowTemplateID? = nil, routes: [Route] = []
    ) {
        (self.checks, self.prerequisites, self.approverRoles) = (checks, prerequisites, approverRoles)
        (self.workflow, self.routes) = (workflow, routes)
    }

    /// The checks of this tenant, and those of one's own.
    public func validation(_ own: [AssignmentValidator] = []) -> AssignmentValidation {
        var validation = AssignmentValidation(
            checks.compactMap(\.validator)
                + prerequisites.map { .prerequisite($0.required, for: $0.entitlement) } + own)
        if checks.contains(.approval) { validation.workflow = { workflow(for: $0) } }
        return validation
    }

    /// The workflow that a request of an entitlement passes through; nil for one stage by `approverRoles`.
    public func workflow(for entitlement: EntitlementID) -> WorkflowTemplateID? {
        routes.first { $0.entitlement == entitlement }?.workflow ?? workflow
    }

    /// What follows from choosing these settings in the place of others; nothing when they are the same. Pure.
    public func replacing(_ present: AssignmentRules?) throws(GovernanceError) -> [AssignmentRules] {
        guard prerequisites.count <= Self.listLimit, routes.count <= Self.listLimit,
            Set(routes.map(\.entitlement)).count == routes.count
        else { throw .invalid(field: "prerequisites", reason: "or workflows are too many, or name something twice") }
        guard prerequisites.allSatisfy({ $0.entitlement != $0.required }) else {
            throw .invalid(field: "prerequisites", reason: "name an entitlement as its own")
        }
        guard (1...WorkflowTemplate.Limits.roles).contains(approverRoles.count),
            approverRoles.allSatisfy({ (1...WorkflowTemplate.Limits.nameBytes).contains($0.utf8.count) })
        else { throw .invalid(field: "approver_roles", reason: "are none, too many or too long") }
        var same = self
        same.version = present?.version ?? 0
        return same == present ? [] : [self]
    }

    /// How folding and writing works; the settings are the event.
    public static let aggregate = Aggregate<AssignmentRules, AssignmentRules>(
        kind: "assignment_rules",
        apply: { state, recorded throws(GovernanceError) in
            var rules = recorded.event
            rules.version = (state?.version ?? 0) + 1
            state = rules
        },
        encode: { $0.record }, decode: { try AssignmentRules($0) })
}

extension AssignmentRules {
    fileprivate var record: EventRecord {
        RecordBuilder("assignment_rules.configured")
            .fact("checks", .list(checks.map { .word($0.rawValue) }))
            .fact("prerequisites", .list(prerequisites.map { Self.pair($0.entitlement, $0.required, "entitlement") }))
            .fact("workflow", workflow.map { .id($0, "workflow_template") })
            .fact("routes", .list(routes.map { Self.pair($0.entitlement, $0.workflow, "workflow_template") }))
            .text("approver_roles", AttributeValue.list(approverRoles.map(AttributeValue.string))).record
    }

    private static func pair<Kind>(
        _ entitlement: EntitlementID, _ other: Identifier<Kind>, _ kind: String
    ) -> FactValue { .list([.id(entitlement, "entitlement"), .id(other, kind)]) }

    fileprivate init(_ record: EventRecord) throws {
        let reader = RecordReader(record)
        guard record.type == "assignment_rules.configured" else { throw reader.broken("type") }
        self.init(
            checks: try reader.words("checks"),
            prerequisites: try reader.pairs("prerequisites").map { Prerequisite(of: $0, required: $1) },
            approverRoles: (reader.content("approver_roles")?.list ?? []).compactMap(\.string),
            workflow: try reader.optionalID("workflow"),
            routes: try reader.pairs("routes").map { Route(of: $0, along: $1) })
    }
}
