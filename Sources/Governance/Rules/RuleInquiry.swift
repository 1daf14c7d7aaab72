import Authorization
import Vocabulary

/// A question to the rules: who wants to do what to which thing, under which circumstances.
public struct RuleInquiry: Sendable {
    /// The action of an inquiry that names none: an alert asks what may be done about it.
    public static let alertAction = "alert"

    /// What the decision engine matches.
    public let request: DecisionRequest
    public let context: [String: AttributeValue]
    public let subject: Subject
    /// Where the subject stands in the organization.
    public let place: ScopePlace
    /// Names of the roles the subject holds, inherited ones included.
    public let roles: Set<String>
    /// A keyed digest of what a limit per resource counts by.
    public let resourceKey: [UInt8]?
    /// Approvals that were given for this very request; the caller has verified that they are.
    public let approvals: [ApprovalGrant]
    /// Whether somebody who is trusted with it says how severe it is. Only then does a severity spare an approval:
    /// whoever wants the action would otherwise choose whether anybody is asked.
    public var isSeverityVouchedFor = true

    /// An approval that was given, and what for.
    public struct ApprovalGrant: Sendable, Hashable {
        public let approval: ApprovalID
        /// The rules that asked for it.
        public let rules: Set<RuleID>

        /// An approval that covers what these rules asked for.
        public init(_ approval: ApprovalID, rules: Set<RuleID>) {
            self.approval = approval
            self.rules = rules
        }
    }

    /// An inquiry. Throws `decision.request_limit` past the bounds of a decision request.
    public init(
        action: String = RuleInquiry.alertAction, resourceType: String, resourceID: String = "",
        resourceAttributes: [String: AttributeValue] = [:], context: [String: AttributeValue] = [:], subject: Subject,
        place: ScopePlace? = nil, roles: Set<String> = [], resourceKey: [UInt8]? = nil,
        approvals: [ApprovalGrant] = [], authentication: RequestAuthentication? = nil
    ) throws {
        request = try DecisionRequest(
            action: action, resourceType: resourceType, resourceID: resourceID,
            resourceAttributes: Attributes(resourceAttributes), context: Attributes(context),
            authentication: authentication)
        (self.context, self.subject) = (context, subject)
        (self.place, self.roles) = (place ?? ScopePlace(subject), roles)
        (self.resourceKey, self.approvals) = (resourceKey, approvals)
    }

    /// The same question as a decision request that was made already.
    ///
    /// - Parameter context: the context that the request was made with.
    public init(
        _ request: DecisionRequest, context: [String: AttributeValue], subject: Subject, place: ScopePlace,
        roles: Set<String>, resourceKey: [UInt8]? = nil, approvals: [ApprovalGrant] = []
    ) {
        (self.request, self.context, self.subject) = (request, context, subject)
        (self.place, self.roles) = (place, roles)
        (self.resourceKey, self.approvals) = (resourceKey, approvals)
    }

    /// The same inquiry with approvals that were given for it; the caller has verified that they are.
    public func approved(_ grants: [ApprovalGrant]) -> RuleInquiry {
        var inquiry = RuleInquiry(
            request, context: context, subject: subject, place: place, roles: roles, resourceKey: resourceKey,
            approvals: approvals + grants)
        inquiry.isSeverityVouchedFor = isSeverityVouchedFor
        return inquiry
    }

    /// The question about signing in that this is; nil for every other.
    var sessionQuestion: SessionQuestion? {
        request.resourceType == SessionQuestion.resourceType ? SessionQuestion(rawValue: request.action) : nil
    }

    /// `context.severity`, when it is one.
    public var severity: Severity? { context["severity"]?.string.flatMap(Severity.init) }
    var environment: String? { context["environment"]?.string }
    var service: String? { context["service_name"]?.string }
}
