import Vocabulary

/// The stages an approval passes through, one after the other: the fold of its events.
public struct WorkflowTemplate: Sendable, Hashable, Codable {
    /// Bounds; one past each is refused.
    public enum Limits {
        public static let nameBytes = 256
        public static let textBytes = 4_096
        public static let stages = 16
        public static let roles = 64
        public static let approvals = 32
        public static let timeoutHours = 24 * 365
    }

    /// What an author decides about a template.
    public struct Details: Sendable, Hashable, Codable {
        public var name: String
        public var description: String
        public var category: String
        public var stages: [WorkflowStage]
        /// Who else is asked when something happens.
        public var escalations: [Escalation]

        /// The details of a template; they are checked by the command that carries them.
        public init(
            name: String, description: String = "", category: String = "", stages: [WorkflowStage],
            escalations: [Escalation] = []
        ) {
            (self.name, self.description, self.category) = (name, description, category)
            self.stages = stages
            self.escalations = escalations.sorted { $0.trigger.rawValue < $1.trigger.rawValue }
        }

        /// Who else is asked at a stage: what the stage says of it, or else the template.
        public func escalations(at stage: Int) -> [Escalation] {
            stages.indices.contains(stage) ? stages[stage].escalations ?? escalations : escalations
        }
    }

    public let id: WorkflowTemplateID
    public internal(set) var details: Details
    public internal(set) var isRetired: Bool
    public internal(set) var version: Int64
    public let createdAt: Timestamp
    public internal(set) var updatedAt: Timestamp
}

/// One stage: who has to agree, how many, and by when.
public struct WorkflowStage: Sendable, Hashable, Codable {
    public let name: String
    /// One of these roles makes an approver.
    public let approverRoles: [String]
    public let minApprovals: Int
    /// After so long the stage has broken its promise.
    public let timeout: Duration
    /// Without it the stage is always passed through.
    public let condition: StageCondition?
    /// Who else is asked at this stage, in place of the template's escalations; nil where those count.
    public var escalations: [Escalation]?

    /// A stage: one approval within 24 hours unless said otherwise.
    public init(
        name: String, approverRoles: [String], minApprovals: Int = 1, timeout: Duration = .hours(24),
        condition: StageCondition? = nil
    ) {
        (self.name, self.approverRoles, self.minApprovals) = (name, approverRoles, minApprovals)
        (self.timeout, self.condition) = (timeout, condition)
    }
}

/// Who else is asked when something happens: their roles may approve from then on.
public struct Escalation: Sendable, Hashable, Codable {
    /// What happens.
    public enum Trigger: String, Sendable, Codable, CaseIterable {
        /// A stage took longer than it may.
        case slaBreach = "sla_breach"
        /// Somebody rejected; without an escalation that ends the request.
        case rejection
        /// The request is of high or critical risk.
        case highRisk = "high_risk"
        /// Somebody asked for it.
        case manual
    }

    public let trigger: Trigger
    public let roles: [String]

    /// These roles are asked as well when that happens.
    public init(on trigger: Trigger, to roles: [String]) {
        self.trigger = trigger
        self.roles = roles
    }
}

/// When a stage is passed through at all.
public enum StageCondition: Sendable, Hashable, Codable {
    case riskLevels([RiskLevel])
    case environments([String])
    case errorTypes([String])
    /// The size of what is to be changed, in bytes, is at least so much.
    case patchSize(atLeast: Int64)
    /// Outside these hours; the zone by its IANA name. Times are minutes since midnight, days count from Sunday.
    case outside(days: [Int], start: Int, end: Int, zone: String)
    /// A condition of the policy language over the request's context.
    case field(AttributeValue)
}

/// What can be asked of a template.
public enum WorkflowCommand: Sendable, Hashable {
    case create(WorkflowTemplateID, WorkflowTemplate.Details)
    case update(WorkflowTemplate.Details)
    /// New requests may not use it; those under way go on.
    case retire
}

/// What can happen to a template.
public enum WorkflowEvent: Sendable, Hashable {
    case created(WorkflowTemplateID, WorkflowTemplate.Details)
    case updated(WorkflowTemplate.Details)
    case retired
}

extension WorkflowTemplate {
    /// How templates are folded and written.
    public static let aggregate = Aggregate<WorkflowTemplate, WorkflowEvent>(
        kind: "workflow_template",
        apply: { state, event throws(GovernanceError) in state = try applying(event, to: state) },
        encode: { $0.record }, decode: { try WorkflowEvent.read($0) })

    /// What follows from a command. Pure.
    public static func decide(
        _ command: WorkflowCommand, on template: WorkflowTemplate?
    ) throws(GovernanceError) -> [WorkflowEvent] {
        if case .create(let id, let details) = command {
            guard template == nil else { throw .alreadyExists(resource: "workflow template", id: id.description) }
            try details.check()
            return [.created(id, details)]
        }
        guard let template else { throw .notFound(resource: "workflow template", id: "of this command") }
        guard !template.isRetired else { throw .invalidState(current: "retired", expected: "in use") }
        guard case .update(let details) = command else { return [.retired] }
        try details.check()
        return details == template.details ? [] : [.updated(details)]
    }

    /// Folds one event. Pure; throws `invalidSequence` for an event that cannot stand there.
    public static func applying(
        _ recorded: Recorded<WorkflowEvent>, to state: WorkflowTemplate?
    ) throws(GovernanceError) -> WorkflowTemplate {
        guard var template = state else {
            guard case .created(let id, let details) = recorded.event else {
                throw .invalidSequence(kind: "workflow template", event: "change")
            }
            return WorkflowTemplate(
                id: id, details: details, isRetired: false, version: 1, createdAt: recorded.at, updatedAt: recorded.at)
        }
        template.version += 1
        template.updatedAt = recorded.at
        switch recorded.event {
        case .created: throw .invalidSequence(kind: "workflow template", event: "created")
        case .updated(let details): template.details = details
        case .retired: template.isRetired = true
        }
        return template
    }
}

extension WorkflowTemplate.Details {
    typealias Limits = WorkflowTemplate.Limits

    func check() throws(GovernanceError) {
        guard (1...Limits.nameBytes).contains(name.utf8.count), description.utf8.count <= Limits.textBytes,
            category.utf8.count <= Limits.nameBytes
        else { throw .invalid(field: "name", reason: "or a text beside it is empty or too long") }
        guard (1...Limits.stages).contains(stages.count) else {
            throw .invalid(field: "stages", reason: "are none, or more than \(Limits.stages)")
        }
        for (number, stage) in stages.enumerated() { try stage.check("stages[\(number)]") }
        try Escalation.check(escalations, "escalations")
    }
}

extension Escalation {
    fileprivate static func check(_ escalations: [Escalation], _ path: String) throws(GovernanceError) {
        for escalation in escalations {
            guard (1...WorkflowTemplate.Limits.roles).contains(escalation.roles.count) else {
                throw .invalid(field: path, reason: "name no roles, or too many")
            }
        }
        guard Set(escalations.map(\.trigger)).count == escalations.count else {
            throw .invalid(field: path, reason: "name a trigger twice")
        }
    }
}

extension WorkflowStage {
    fileprivate func check(_ path: String) throws(GovernanceError) {
        let limits = WorkflowTemplate.Limits.self
        guard (1...limits.nameBytes).contains(name.utf8.count), (1...limits.roles).contains(approverRoles.count),
            approverRoles.allSatisfy({ (1...limits.nameBytes).contains($0.utf8.count) })
        else { throw .invalid(field: path, reason: "has no name or no approvers, or too many") }
        guard (1...limits.approvals).contains(minApprovals) else {
            throw .invalid(field: "\(path).min_approvals", reason: "is not between 1 and \(limits.approvals)")
        }
        try Escalation.check(escalations ?? [], "\(path).escalations")
        let (seconds, rest) = timeout.components
        guard rest == 0, seconds % 3_600 == 0, (1...Int64(limits.timeoutHours)).contains(seconds / 3_600) else {
            throw .invalid(field: "\(path).timeout_hours", reason: "is not a whole number of hours up to a year")
        }
        switch condition {
        case .field(let document): _ = try ConditionDocument.read(document, at: "\(path).condition")
        case .outside(let days, let start, let end, _):
            guard TimeWindow(days: Set(days), start: start, end: end) != nil else {
                throw .invalid(field: "\(path).condition", reason: "has no such hours")
            }
        default: break
        }
    }
}

extension WorkflowTemplate.Details {
    /// The time zones that its conditions name.
    public var zoneNames: Set<String> {
        Set(
            stages.compactMap { stage in
                if case .outside(_, _, _, let zone)? = stage.condition { zone } else { nil }
            })
    }
}
