import Authorization
import Vocabulary

/// Why a command was refused. Each case has a stable code for machines; `fault` is what the outside is told.
public enum GovernanceError: Error, Sendable, Hashable {
    /// A command without a tenant, or with the nil id.
    case tenantRequired
    /// The first event of a stream is not a creation, or a creation follows other events.
    case invalidSequence(kind: String, event: String)
    /// The move between the two states is not one of the life cycle.
    case invalidState(current: String, expected: String)
    case notFound(resource: String, id: String)
    case alreadyExists(resource: String, id: String)
    /// A field of the command is out of bounds: which, and why.
    case invalid(field: String, reason: String)
    /// A document cannot be used: all of its faults, each with place and cure.
    case rejected([PolicyFault])
    case validationFailed([AssignmentProblem])

    case policyNotActive(PolicyID, state: PolicyState)
    /// Whoever wrote the last change does not approve it.
    case approverIsAuthor(PolicyID)
    case parentForbidsOverride(PolicyID)
    case exemptionReasonTooShort(Int)
    case exemptionExpiryInPast

    case entitlementNotFound(EntitlementID)
    case entitlementNameExists(String)
    case entitlementHasAssignments(Int)
    case assignmentNotFound(EntitlementAssignmentID)
    case assignmentAlreadyExists(EntitlementID)
    case notDelegable(EntitlementID)
    /// It is given along this workflow only.
    case approvalRequired(WorkflowTemplateID)

    case sodRuleNotFound(SodRuleID)
    case sodViolationNotFound(SodViolationID)
    case sodExemptionNotFound(ExemptionID)
    case sodViolation(SodRuleID, message: String)
    case sodMultipleViolations(Int)
    case sodRuleTooFewEntitlements(Int)
    case sodRuleMaxCountRequired
    case sodRuleInvalidMaxCount(Int, of: Int)

    case riskThresholdInvalid(reason: String)
    case riskCalculationFailed(reason: String)

    case limitExceeded(RuleID)
    case reservationNotFound(ReservationID)
    case reservationExpired(ReservationID)

    case approvalClosed(state: String)
    case notAnApprover
    case requesterMayNotApprove
    case alreadyDecided

    case notTheReviewer
    case holderMayNotReview
}

extension GovernanceError {
    /// Stable, lower-case and dotted: what callers may rely on.
    public var code: String { words.code }

    /// The refusal as every other target knows refusals: its code, and a sentence.
    public var fault: Fault { Fault(words.code, .caller, words.message) }

    private var words: (code: String, message: String) {
        switch self {
        case .tenantRequired: ("governance.tenant_required", "A tenant is required, and the nil id is none.")
        case .invalidSequence(let kind, let event):
            ("governance.invalid_sequence", "The event \(event) cannot stand here in the history of a \(kind).")
        case .invalidState(let current, let expected):
            ("governance.invalid_state", "It is \(current); the command needs \(expected).")
        case .notFound(let resource, let id): ("governance.not_found", "There is no \(resource) \(id).")
        case .alreadyExists(let resource, let id):
            ("governance.already_exists", "There is \(Self.article(resource)) \(resource) \(id) already.")
        case .invalid(let field, let reason): ("governance.invalid", "`\(field)` \(reason).")
        case .rejected(let faults):
            ("governance.rejected", faults.map(\.description).joined(separator: " "))
        case .validationFailed(let problems):
            ("governance.validation_failed", problems.map(\.message).joined(separator: " "))
        default: specificWords
        }
    }

    private static func article(_ noun: String) -> String {
        noun.first.map { "aeiou".contains($0) } == true ? "an" : "a"
    }

    private var specificWords: (code: String, message: String) {
        switch self {
        case .policyNotActive(let id, let state):
            ("exemption.policy_not_active", "Policy \(id) is \(state.rawValue); exemptions need an active one.")
        case .approverIsAuthor(let id):
            ("policy.approver_is_author", "Whoever wrote the last change of policy \(id) does not approve it.")
        case .parentForbidsOverride(let id): ("policy.override_forbidden", "Policy \(id) may not be overridden.")
        case .exemptionReasonTooShort(let count):
            ("exemption.reason_too_short", "The reason has \(count) characters; it needs 10.")
        case .exemptionExpiryInPast: ("exemption.expiry_in_past", "The exemption would end before it begins.")
        case .limitExceeded: ("limit.exceeded", "Limit exceeded.")
        case .reservationNotFound(let id): ("limit.reservation_not_found", "There is no reservation \(id).")
        case .reservationExpired(let id): ("limit.reservation_expired", "Reservation \(id) has expired.")
        case .approvalClosed(let state): ("approval.closed", "The approval is \(state); nothing more can be decided.")
        case .notAnApprover: ("approval.not_an_approver", "The caller may not decide at this stage.")
        case .requesterMayNotApprove: ("approval.requester", "Nobody approves their own request.")
        case .alreadyDecided: ("approval.already_decided", "The caller has decided at this stage already.")
        default: entitlementWords
        }
    }

    private var entitlementWords: (code: String, message: String) {
        switch self {
        case .entitlementNotFound(let id): ("entitlement.not_found", "There is no entitlement \(id).")
        case .entitlementNameExists: ("entitlement.name_exists", "The application has an entitlement of that name.")
        case .entitlementHasAssignments(let count):
            ("entitlement.has_assignments", "The entitlement has \(count) assignments; revoke them first.")
        case .assignmentNotFound(let id): ("assignment.not_found", "There is no assignment \(id).")
        case .assignmentAlreadyExists(let id): ("assignment.already_exists", "Entitlement \(id) is held already.")
        case .notDelegable(let id): ("assignment.not_delegable", "Entitlement \(id) cannot be passed on.")
        case .approvalRequired(let id): ("assignment.approval_required", "It is given along workflow \(id) only.")
        default: dutyWords
        }
    }

    private var dutyWords: (code: String, message: String) {
        switch self {
        case .sodRuleNotFound(let id): ("sod.rule_not_found", "There is no rule \(id).")
        case .sodViolationNotFound(let id): ("sod.violation_not_found", "There is no violation \(id).")
        case .sodExemptionNotFound(let id): ("sod.exemption_not_found", "There is no exemption \(id).")
        case .sodViolation(_, let message): ("sod.violation", message)
        case .sodMultipleViolations(let count): ("sod.multiple_violations", "\(count) rules would be broken.")
        case .sodRuleTooFewEntitlements(let count):
            ("sod.too_few_entitlements", "The rule names \(count) entitlements; it needs two.")
        case .sodRuleMaxCountRequired: ("sod.max_count_required", "A cardinality rule needs a maximum.")
        case .sodRuleInvalidMaxCount(let maximum, let count):
            ("sod.invalid_max_count", "The maximum \(maximum) is not between 1 and \(count - 1).")
        case .riskThresholdInvalid(let reason): ("risk.threshold_invalid", reason)
        case .riskCalculationFailed(let reason): ("risk.calculation_failed", reason)
        case .notTheReviewer: ("campaign.not_the_reviewer", "The caller is not asked about this line.")
        case .holderMayNotReview: ("campaign.own_line", "Nobody reviews what they hold themselves.")
        default: ("governance.refused", "The command was refused.")
        }
    }
}
