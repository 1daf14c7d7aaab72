import Authorization
import Crypto
import Foundation
import Governance
import Identity
import Storage
import Vocabulary

extension Notifier {
    /// People who are told of one event at most; more hold the role than anybody should.
    static let recipientLimit = 500

    /// Tells everybody concerned of one event, and asks the systems that speak for a role of the stage.
    func announce(_ news: ApprovalNews, _ authorization: TenantAuthorization, _ writer: GovernedWriter) throws {
        let approval = news.approval
        guard let notice = news.notice else { return }
        let once = news.event.bytes
        try announce(notice, once: once, in: writer.tenant, writer.tx)
        for person in try recipients(of: news, authorization, writer) {
            try tell(person, notice, once: once, in: writer.tenant, writer.tx)
        }
        guard news.opensStage else { return }
        for system in settings.systems
        where isOf(system.webhook, writer.tenant) && !Set(system.roles).isDisjoint(with: approval.approverRoles) {
            try ask(system, about: approval, once: once, writer)
        }
    }

    // MARK: People

    private func recipients(
        of news: ApprovalNews, _ authorization: TenantAuthorization, _ writer: GovernedWriter
    ) throws -> [PersonID] {
        let approval = news.approval
        var people: Set<PersonID> = []
        switch news.audience {
        case .approvers(let roles):
            people = try holders(of: roles, authorization, writer.view)
            people.subtract(approval.parties.union(approval.voices).compactMap(\.person))
        case .parties: people = Set(approval.parties.compactMap(\.person))
        case .one(let subject): people = Set([subject.person].compactMap { $0 })
        case .everybody:
            people = try holders(
                of: approval.approverRoles + [PredefinedRole.admin.rawValue], authorization, writer.view)
            people.formUnion(approval.parties.compactMap(\.person))
        }
        return Array(people.sorted().prefix(Self.recipientLimit))
    }

    /// Everybody who holds one of these roles, inherited ones included.
    private func holders(
        of names: [String], _ authorization: TenantAuthorization, _ view: GovernedView
    ) throws -> Set<PersonID> {
        let wanted = Set(authorization.roles.values.filter { names.contains($0.name) }.map(\.id))
        let carriers = authorization.roles.keys.filter { role in
            !wanted.isDisjoint(with: authorization.rules.closure(of: [role]))
        }
        return Set(try Holders(view, authorization).of(Set(carriers)).compactMap(\.person))
    }

    // MARK: Systems

    /// Invites a system to the stage and asks it; what it may answer with is bound to the stage, and ends with its time.
    private func ask(
        _ system: NotificationConfiguration.ApprovalSystem, about approval: Approval, once: [UInt8],
        _ writer: GovernedWriter
    ) throws {
        let until = writer.now + system.timeout
        let digest = Self.digest(of: system.name, approval.id, stage: approval.stage)
        let present = try writer.view.load(Governed.approval(approval.id)).state
        // Decided, or moved on, since the event: there is nothing to ask any more.
        guard let present, present.state == .pending, present.stage == approval.stage else { return }
        _ = try writer.changeApproval(approval.id, counting: nil) {
            try $0.decide(.invite(outsider: digest, until: until), now: writer.now)
        }
        var members = approval.members
        members["system"] = .string(system.name)
        members["answer_by"] = .string(until.rfc3339)
        members["callback"] = .string(
            tenants.publicURL(of: writer.tenant) + "/api/v1/governance/approval-systems/\(system.name)/callbacks")
        let notice = Notice(
            "approval.asked", subject: "A decision is asked of you", lines: [], path: approval.path, members: members)
        try self.ask(system.name, notice, once: once, in: writer.tenant, writer.tx)
    }

    /// What a system's word is bound to: this system, this approval, this stage.
    static func digest(of system: String, _ approval: ApprovalID, stage: Int) -> [UInt8] {
        Array(SHA256.hash(data: Data("approval system\n\(system)\n\(approval)\n\(stage)".utf8)))
    }
}

extension ApprovalNews {
    enum Audience {
        case approvers([String])
        case parties
        case one(Subject)
        /// Nobody is left out of an emergency.
        case everybody
    }

    /// Whether somebody is asked anew.
    var opensStage: Bool {
        switch happened {
        case .requested, .stageEntered: true
        default: false
        }
    }

    var audience: Audience {
        switch happened {
        case .escalated(_, let roles, _): .approvers(roles)
        case .overrideBegun, .overridden: .everybody
        case .closed: .parties
        case .delegated(_, .subject(let subject), _): .one(subject)
        default: .approvers(approval.approverRoles)
        }
    }

    /// What is said of it; nil where nobody needs to be told.
    var notice: Notice? {
        guard let (topic, subject, line) = wording else { return nil }
        return Notice(
            topic, subject: subject, lines: [line, approval.summary], path: approval.path, members: approval.members)
    }

    private var wording: (String, String, String)? {
        switch happened {
        case .requested, .stageEntered:
            ("approval.waiting", "An approval waits for you", "Somebody asks for something that you may approve.")
        case .reminded:
            (
                "approval.reminder", "An approval still waits for you",
                "Nobody has decided yet, and the time for it is running out."
            )
        case .escalated:
            ("approval.escalated", "An approval was passed on to you", "It was escalated, and you may decide it now.")
        case .delegated:
            ("approval.delegated", "Somebody lets you decide in their place", "An approval was delegated to you.")
        case .overrideBegun:
            (
                "approval.override", "An emergency override was begun",
                "Somebody began to let this through without its approval. A second person has to confirm it."
            )
        case .overridden:
            (
                "approval.override", "An approval was overridden in an emergency",
                "This was let through without its approval."
            )
        case .closed(let state):
            (
                approval.terms.assignment == nil ? "approval.\(state.rawValue)" : "access_request.\(state.rawValue)",
                Self.outcome(state), "What was asked for is decided."
            )
        case .approved, .rejected, .outsiderInvited, .reviewed: nil
        }
    }

    private static func outcome(_ state: Approval.State) -> String {
        switch state {
        case .pending: "Your request waits"
        case .approved: "Your request is approved"
        case .rejected: "Your request is rejected"
        case .expired: "Your request has expired"
        case .cancelled: "Your request is withdrawn"
        case .overridden: "Your request was let through in an emergency"
        }
    }
}

extension Approval {
    /// Where people see and decide it.
    var path: String { "/admin/approvals/\(id)" }

    /// Whose word is in.
    var voices: Set<Subject> {
        let all = rejections + votes.flatMap { [$0.by] + ($0.onBehalfOf.map { [$0] } ?? []) }
        return Set(
            all.compactMap { approver in
                if case .subject(let subject) = approver { subject } else { nil }
            })
    }

    fileprivate var summary: String {
        let step = "Step \(stage + 1) of \(stages.count), “\(stages[min(stage, stages.count - 1)].name)”."
        return "\(step) Risk: \(terms.risk.rawValue). Decide by \(deadline.rfc3339)."
    }

    /// What systems are told: ids, words, numbers and times; nobody's name.
    fileprivate var members: [String: AttributeValue] {
        [
            "approval_id": .string(id.description), "state": .string(state.rawValue),
            "stage": .integer(Int64(stage)), "stages": .integer(Int64(stages.count)),
            "approver_roles": .list(approverRoles.map(AttributeValue.string)), "risk": .string(terms.risk.rawValue),
            "deadline": .string(deadline.rfc3339), "requester_id": .string(requester.id),
            "requester_type": .string(requester.kind),
            "assignment_id": terms.assignment.map { .string($0.description) } ?? .null,
        ]
    }
}
