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
    /// Approvals that are read at once, and parts that are read for one answer at most: many that the caller has had
    /// their word on already cost no more than that.
    private static let (fewest, most, parts) = (16, 100, 50)

    /// What waits for the caller's own word, oldest first, after one if it is named. Read by the caller's roles, so that
    /// what waits for others costs nothing.
    public func waiting(
        for caller: Caller, after last: ApprovalID? = nil, limit: Int = 50
    ) async throws -> [Approval] {
        guard let principal = caller.principal else { return [] }
        let authorization = try await table.snapshot(of: caller.tenant)
        let own = try await speaker(principal, about: [], authorization)
        let links = own.roles.sorted().map(Approval.link(ofRole:)) + [Approval.link(of: principal.subject)]
        var (found, last) = ([Approval](), last?.bytes)
        for _ in 0..<Self.parts where found.count < limit {
            let size = min(max(limit - found.count, Self.fewest), Self.most)
            let part = try await candidates(links, in: caller.tenant, after: last, limit: size)
            let speaker = try await speaker(principal, about: part.approvals, authorization)
            found += part.approvals.filter { speaker.mayDecide($0, at: clock()) }
            guard part.ids.count == size else { break }
            last = part.ids.last
        }
        return Array(found.prefix(limit))
    }

    /// What is linked to one of these, by id.
    private func candidates(
        _ links: [[UInt8]], in tenant: TenantID, after last: [UInt8]?, limit: Int
    ) async throws -> (ids: [[UInt8]], approvals: [Approval]) {
        try await store.ask(tenant, now: clock()) { view in
            let ids = try view.sql.linked(
                .governed(Approval.aggregate.kind), toAny: links, in: tenant, after: last, limit: limit)
            return (
                ids,
                try ids.compactMap { ApprovalID(bytes: $0) }.compactMap { try view.load(Governed.approval($0)).state }
            )
        }
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
        // Whoever administers the machine has no name to decide by, and reads all the same.
        let isNobody = mayRead && caller.principal == nil
        let speaker =
            isNobody ? nil : try await speaker(caller, about: id, try await table.snapshot(of: caller.tenant))
        let history: [Recorded<ApprovalEvent>]
        do { history = try await self.history(of: id, in: caller.tenant) } catch let fault as Fault
            where fault.code == "not_found"
        {
            throw Fault.notFound("approval")
        }
        guard let approval = try Approval.aggregate.fold(nil, history) else { throw Fault.notFound("approval") }
        let now = clock()
        guard mayRead || speaker?.isConcerned(approval, at: now) ?? false else { throw Fault.notFound("approval") }
        var requested: ApprovalEvent.Requested?
        if case .requested(let content)? = history.first?.event { requested = content }
        return ApprovalCase(
            approval: approval, matter: requested?.matter, reason: requested?.reason, history: history,
            mayDecide: speaker?.mayDecide(approval, at: now) ?? false,
            isOwn: speaker.map { approval.parties.contains($0.subject) } ?? false)
    }
}
