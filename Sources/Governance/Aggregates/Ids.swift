import Vocabulary

// The ids of what is governed, beside those every target shares.
extension IDKind {
    /// One rule of a governed policy.
    public enum Rule {}
    /// Policies that are weighed together.
    public enum PolicySet {}
    /// A temporary exception to a policy or to a rule of separation of duties.
    public enum Exemption {}
    /// An access right of an application.
    public enum Entitlement {}
    /// An entitlement held by one subject.
    public enum EntitlementAssignment {}
    /// What gives entitlements to everybody whose attributes meet a condition.
    public enum BirthrightRule {}
    /// A combination of entitlements that must not, or must, be held together.
    public enum SodRule {}
    /// A subject found to break such a rule.
    public enum SodViolation {}
    /// An amount held back from a limit until it is used or let go.
    public enum Reservation {}
    /// The stages an approval passes through.
    public enum WorkflowTemplate {}
    /// One request on its way through the stages.
    public enum Approval {}
}

/// One rule of a governed policy; its readable name may change, this does not.
public typealias RuleID = Identifier<IDKind.Rule>
/// Policies that are weighed together.
public typealias PolicySetID = Identifier<IDKind.PolicySet>
/// A temporary exception to a policy or to a rule of separation of duties.
public typealias ExemptionID = Identifier<IDKind.Exemption>
/// An access right of an application.
public typealias EntitlementID = Identifier<IDKind.Entitlement>
/// An entitlement held by one subject; not to be confused with a role's assignment.
public typealias EntitlementAssignmentID = Identifier<IDKind.EntitlementAssignment>
/// What gives entitlements to everybody whose attributes meet a condition.
public typealias BirthrightRuleID = Identifier<IDKind.BirthrightRule>
/// A combination of entitlements that must not, or must, be held together.
public typealias SodRuleID = Identifier<IDKind.SodRule>
/// A subject found to break a rule of separation of duties.
public typealias SodViolationID = Identifier<IDKind.SodViolation>
/// An amount held back from a limit.
public typealias ReservationID = Identifier<IDKind.Reservation>
/// The stages an approval passes through.
public typealias WorkflowTemplateID = Identifier<IDKind.WorkflowTemplate>
/// One request on its way through its stages.
public typealias ApprovalID = Identifier<IDKind.Approval>

extension Identifier {
    /// The nil UUID (RFC 9562 §5.9): the absence of an id, never one.
    var isNil: Bool { high == 0 && low == 0 }
}
