import Vocabulary

/// What a validator has against an assignment.
public enum AssignmentProblem: Sendable, Hashable {
    case expiryNotInFuture
    case duplicate(EntitlementID)
    case prerequisiteNotAssigned(EntitlementID)
    case justificationRequired
    /// What a validator of one's own found.
    case custom(code: String, message: String)

    /// Stable, lower-case and dotted.
    public var code: String {
        switch self {
        case .expiryNotInFuture: "assignment.expiry_in_past"
        case .duplicate: "assignment.duplicate"
        case .prerequisiteNotAssigned: "assignment.prerequisite_missing"
        case .justificationRequired: "assignment.justification_required"
        case .custom(let code, _): code
        }
    }

    /// One sentence.
    public var message: String {
        switch self {
        case .expiryNotInFuture: "The end has to lie in the future."
        case .duplicate(let id): "Entitlement \(id) is held already."
        case .prerequisiteNotAssigned(let id): "Entitlement \(id) has to be held first."
        case .justificationRequired: "A justification is required."
        case .custom(_, let message): message
        }
    }
}

/// A check of an assignment before it is made. A value with a function, so that anyone can bring their own.
public struct AssignmentValidator: Sendable {
    public let name: String
    private let problem: @Sendable (AssignmentInput, Set<EntitlementID>, Timestamp) -> AssignmentProblem?

    /// A check under a name: the input, what the subject holds, the time; nil when there is nothing against it.
    public init(
        _ name: String,
        _ problem: @escaping @Sendable (AssignmentInput, Set<EntitlementID>, Timestamp) -> AssignmentProblem?
    ) {
        self.name = name
        self.problem = problem
    }

    /// An end, if there is one, lies in the future.
    public static let expiryDate = AssignmentValidator("expiry_date") { input, _, now in
        guard let end = input.expiresAt, end <= now else { return nil }
        return .expiryNotInFuture
    }

    /// It is not held yet.
    public static let duplicateAssignment = AssignmentValidator("duplicate_assignment") { input, held, _ in
        held.contains(input.entitlement) ? .duplicate(input.entitlement) : nil
    }

    /// There is a justification that is more than white space.
    public static let justificationRequired = AssignmentValidator("justification_required") { input, _, _ in
        trimmed(input.justification ?? "").isEmpty ? .justificationRequired : nil
    }

    /// Another entitlement is held; asked of all assignments, or of those of one entitlement.
    public static func prerequisite(
        _ required: EntitlementID, for entitlement: EntitlementID? = nil
    ) -> AssignmentValidator {
        AssignmentValidator("prerequisite") { input, held, _ in
            guard entitlement == nil || entitlement == input.entitlement else { return nil }
            return held.contains(required) ? nil : .prerequisiteNotAssigned(required)
        }
    }

    /// What it has against an assignment.
    public func check(_ input: AssignmentInput, held: Set<EntitlementID>, now: Timestamp) -> AssignmentProblem? {
        problem(input, held, now)
    }
}

/// The checks of a tenant, all of which are asked.
public struct AssignmentValidation: Sendable {
    public private(set) var validators: [AssignmentValidator]
    /// The workflow along which alone an entitlement is given by hand; nil for none.
    var workflow: @Sendable (EntitlementID) -> WorkflowTemplateID? = { _ in nil }

    /// With the checks given.
    public init(_ validators: [AssignmentValidator] = []) { self.validators = validators }

    /// The expiry date only.
    public static let standard = AssignmentValidation([.expiryDate])

    /// Adds a check of one's own.
    public mutating func add(_ validator: AssignmentValidator) { validators.append(validator) }

    /// Everything that any check has against it, not only the first. What is high or critical is never assigned without
    /// an end in the future, if any, and a justification, whatever the tenant's list says.
    public func problems(
        _ input: AssignmentInput, risk: RiskLevel, held: Set<EntitlementID>, now: Timestamp
    ) -> [AssignmentProblem] {
        let always = risk >= .high ? [AssignmentValidator.expiryDate, .justificationRequired] : []
        var problems: [AssignmentProblem] = []
        for problem in (validators + always).compactMap({ $0.check(input, held: held, now: now) })
        where !problems.contains(problem) { problems.append(problem) }
        return problems
    }
}
