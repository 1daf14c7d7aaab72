import Authorization
import Vocabulary

/// What the condition of a stage may look at.
public struct StageCircumstances: Sendable, Hashable {
    public let risk: RiskLevel
    public let context: [String: AttributeValue]

    /// The risk of a request, and its context.
    public init(risk: RiskLevel, context: [String: AttributeValue]) {
        self.risk = risk
        self.context = context
    }
}

extension StageCondition {
    /// Whether the stage is passed through. What cannot be judged counts as true: one approval too many harms less than
    /// one too few.
    func holds(_ circumstances: StageCircumstances, zones: ZoneTable, now: Timestamp) -> Bool {
        let context = circumstances.context
        switch self {
        case .riskLevels(let levels): return levels.contains(circumstances.risk)
        case .environments(let names): return context["environment"]?.string.map(names.contains) ?? true
        case .errorTypes(let types):
            let type = context["error_type"]?.string ?? context["error_context"]?["error_type"]?.string
            return type.map(types.contains) ?? true
        case .patchSize(let least):
            let size = context["patch_size"]?.integer ?? context["patch_content"]?.string.map { Int64($0.utf8.count) }
            return size.map { $0 >= least } ?? true
        case .outside(let days, let start, let end, let zone):
            guard let window = TimeWindow(days: Set(days), start: start, end: end), let zone = zones[zone] else {
                return true
            }
            return !window.contains(now, in: zone)
        case .field(let document): return Self.matches(document, context, now)
        }
    }

    private static func matches(_ document: AttributeValue, _ context: [String: AttributeValue], _ now: Timestamp)
        -> Bool
    {
        do {
            let policy = try ConditionDocument.read(document, at: "condition")
            let stamp = IndexStamp(generation: 0, policyDigest: [], roleDigest: [])
            let index = try PolicyIndex(policies: [policy], stamp: stamp)
            let request = try DecisionRequest(
                action: "approve", resourceType: "approval", resourceID: "", context: Attributes(context))
            let standing = try index.standing(of: SubjectFacts(id: "stage"))
            let decision = index.decide(request, standing: standing, now: now)
            return decision.isPermitted || !decision.erred.isEmpty
        } catch {
            return true
        }
    }
}
