import Governance
import Identity
import Storage
import Vocabulary

/// An approval with what was written of it, as far as it is not erased.
public struct ApprovalCase: Sendable {
    public let approval: Approval
    /// What is asked for, in names that people know.
    public let matter: AttributeValue?
    /// Why, in the requester's words.
    public let reason: String?
    /// Everything that was said and done, oldest first.
    public let history: [Recorded<ApprovalEvent>]
    /// Whether whoever looks may decide it now.
    public let mayDecide: Bool
    /// Whether it is their own request.
    public let isOwn: Bool
}

extension ApprovalService {
    /// Approvals that are examined for one part of a list; many that are already decided by the caller cost no more.
    private static let examined = 500

    /// What waits for the caller's own word, oldest first, after one if it is named. Read by the caller's roles, so that
    /// what waits for others costs nothing.
    public func waiting(
        for caller: Caller, after last: ApprovalID? = nil, limit: Int = 50
    ) async throws -> [Approval] {
        guard let principal = caller.principal else { return [] }
        let authorization = try await table.snapshot(of: caller.tenant)
        let own = try await speaker(principal, about: [], authorization)
        let links = own.roles.sorted().map(Approval.link(ofRole:)) + [Approval.link(of: principal.subject)]
        let candidates = try await store.ask(caller.tenant, now: clock()) { view in
            try view.sql.linked(
                .governed(Approval.aggregate.kind), toAny: links, in: view.tenant, after: last?.bytes,
                limit: Self.examined
            ).compactMap { ApprovalID(bytes: $0) }.compactMap { try view.load(Governed.approval($0)).state }
        }
        let speaker = try await speaker(principal, about: candidates, authorization)
        return Array(candidates.lazy.filter { speaker.mayDecide($0, at: clock()) }.prefix(limit))
    }

    /// What the caller has asked for, oldest first.
    public func requested(by caller: Caller, after last: ApprovalID? = nil, limit: Int = 50) async throws -> [Approval]
    {
        guard let subject = caller.principal?.subject else { return [] }
        return try await approvals(
            in: caller.tenant, requester: subject, GovernedPart(after: last?.bytes, limit: limit))
    }

    /// One approval as its page shows it. Throws `not_found` for what is not there and for what is none of the caller's
    /// business, alike.
    ///
    /// - Parameter mayRead: whether the caller may read every approval.
    public func consider(_ id: ApprovalID, mayRead: Bool = false, by caller: Caller) async throws -> ApprovalCase {
        let speaker = try await speaker(caller, about: id, try await table.snapshot(of: caller.tenant))
        let history: [Recorded<ApprovalEvent>]
        do { history = try await self.history(of: id, in: caller.tenant) } catch let fault as Fault
            where fault.code == "not_found"
        {
            throw Fault.notFound("approval")
        }
        guard let approval = try Approval.aggregate.fold(nil, history) else { throw Fault.notFound("approval") }
        let now = clock()
        guard mayRead || speaker.isConcerned(approval, at: now) else { throw Fault.notFound("approval") }
        var requested: ApprovalEvent.Requested?
        if case .requested(let content)? = history.first?.event { requested = content }
        return ApprovalCase(
            approval: approval, matter: requested?.matter, reason: requested?.reason, history: history,
            mayDecide: speaker.mayDecide(approval, at: now), isOwn: approval.parties.contains(speaker.subject))
    }
}
