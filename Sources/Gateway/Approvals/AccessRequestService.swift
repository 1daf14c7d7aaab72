import Crypto
import Foundation
import Governance
import Identity
import Storage
import Vocabulary

/// Access that somebody asks for: an assignment that waits, and the approval it waits for, made together.
public struct AccessRequestService: Sendable {
    let store: Store
    let table: AuthorizationTable
    let zones: ZoneFiles
    let clock: @Sendable () -> Timestamp
    var validators: [AssignmentValidator] = []

    /// What is asked for.
    public struct Wish: Sendable {
        public let entitlement: EntitlementID
        public let subject: Subject
        public let expiresAt: Timestamp?
        public let justification: String?

        /// An entitlement for somebody, until a moment if one is given.
        public init(
            _ entitlement: EntitlementID, for subject: Subject, until expiresAt: Timestamp? = nil,
            justification: String? = nil
        ) {
            (self.entitlement, self.subject) = (entitlement, subject)
            (self.expiresAt, self.justification) = (expiresAt, justification)
        }
    }

    /// Asks for access: judged by the validators and separation of duties as an assignment is, it begins only once it is
    /// approved along the workflow of the entitlement, or of the tenant, or in one stage by the tenant's approver roles.
    /// Throws what `AssignmentService.assign` does, `approval.too_many` for who has asked too often, and `governance.invalid_state` for a workflow that is retired.
    public func request(
        _ wish: Wish, by caller: Caller
    ) async throws -> (assignment: EntitlementAssignment, approval: Approval) {
        try table.settings.require(.approvalWorkflows)
        let authorization = try await table.snapshot(of: caller.tenant)
        return try await store.govern(by: caller) { writer in
            try RequestThrottle.admit(caller.principal?.subject ?? wish.subject, writer)
            let input = AssignmentInput(
                id: .random(at: writer.now), entitlement: wish.entitlement, subject: wish.subject,
                expiresAt: wish.expiresAt, justification: wish.justification, awaitsApproval: true)
            let assignment = try writer.assign(.assign(input), input, authorization, validators)
            return (assignment, try ask(wish, for: assignment, writer))
        }
    }

    private func ask(
        _ wish: Wish, for assignment: EntitlementAssignment, _ writer: GovernedWriter
    ) throws -> Approval {
        let rules = try writer.view.assignmentRules()
        let template = try rules.workflow(for: wish.entitlement).map { try writer.view.usable(workflow: $0) }
        let details = template?.details ?? Approval.plainStage(rules.approverRoles)
        let entitlement = try writer.view.catalog(naming: wish.entitlement).entitlement(wish.entitlement)
        let requester = writer.caller.principal?.subject ?? wish.subject
        let request = ApprovalRequest(
            id: .random(at: writer.now), requester: requester,
            for: requester == wish.subject ? nil : wish.subject, assignment: assignment.id,
            requestDigest: Self.digest(of: assignment),
            circumstances: StageCircumstances(
                risk: entitlement.details.riskLevel,
                context: [
                    "entitlement": .string(entitlement.details.name),
                    "application": .string(entitlement.application.description),
                ]), reason: wish.justification, matter: try matter(of: assignment, entitlement, writer.view))
        return try writer.beginApproval(request.id, counting: table.approvalTally) {
            try Approval.request(
                request, along: details, template: template?.id, zones: zones.table(details.zoneNames),
                now: writer.now)
        }
    }

    /// What whoever decides is shown.
    private func matter(
        of assignment: EntitlementAssignment, _ entitlement: Entitlement, _ view: GovernedView
    ) throws -> AttributeValue {
        let application = try view.load(Governed.application(entitlement.application)).state
        var members: [String: AttributeValue] = ["entitlement": .string(entitlement.details.name)]
        if let application { members["application"] = .string(application.details.name) }
        if let end = assignment.expiresAt { members["until"] = .string(end.rfc3339) }
        return .object(members)
    }

    /// What an approval of access is bound to: this entitlement, for this subject, until this moment.
    static func digest(of assignment: EntitlementAssignment) -> [UInt8] {
        let text = [
            "access", assignment.id.description, assignment.entitlement.description, assignment.subject.kind,
            assignment.subject.id, assignment.expiresAt?.rfc3339 ?? "",
        ].joined(separator: "\n")
        return Array(SHA256.hash(data: Data(text.utf8)))
    }
}

extension Gateway {
    /// Access that somebody asks for.
    public var accessRequests: AccessRequestService {
        AccessRequestService(store: store, table: authorization, zones: authorization.zones, clock: clock)
    }
}
