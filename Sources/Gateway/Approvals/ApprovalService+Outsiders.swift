import Crypto
import Fetch
import Foundation
import Governance
import Identity
import Storage
import Vocabulary

/// A link by which somebody outside decides one stage of one approval, once.
public struct OutsideLink: Sendable {
    /// Never stored: what is kept is a digest of it, of the tenant, of the approval and of the stage.
    public let token: SecretText
    public let until: Timestamp
    /// Whether mail carries it; otherwise it is whoever invited who hands it over.
    public let isMailed: Bool
}

extension ApprovalService {
    /// Lets somebody outside decide the stage that is being decided, once, by a link that ends with its time. The link is
    /// mailed where an address is given and there is a mail server. Throws `approval.closed`, `approval.requester` to who
    /// asked for it or gets it, `approval.already_decided` to whose word is in, and `governance.invalid` for a time that
    /// is past or more than 30 days ahead.
    ///
    /// - Parameter notifier: carries the link.
    public func invite(
        to id: ApprovalID, at mail: String?, until: Timestamp?,
        heeding: @escaping @Sendable (Int64) throws -> Void,
        notifier: Notifier, by caller: Caller
    ) async throws -> (approval: Approval, link: OutsideLink) {
        let address = try mail.map { mail in
            guard let address = MailAddress(mail) else { throw Fault.invalid("`mail` is no plain address.") }
            return address
        }
        let secret = Randomness.bytes(32)
        return try await store.govern(by: caller) { writer in
            guard let known = try writer.view.load(Governed.approval(id)).state else {
                throw Fault.notFound("approval")
            }
            let until = until ?? max(known.deadline, writer.now + .hours(1))
            let digest = OutsideToken(approval: id, secret: secret).digest(in: writer.tenant, stage: known.stage)
            let approval = try writer.changeApproval(id, counting: table.approvalTally) { approval in
                try heeding(approval.version)
                return try approval.decide(
                    .invite(outsider: digest, until: until, by: caller.principal.map { .subject($0.subject) }),
                    now: writer.now)
            }
            let token = OutsideToken(approval: id, secret: secret).text
            var isMailed = false
            if let address {
                let notice = Notice(
                    "approval.outside", subject: "Your decision is asked for",
                    lines: [
                        "You are asked to approve or reject something. The link shows what, and works once, until "
                            + "\(until.rfc3339). Opening it decides nothing."
                    ], path: "/approvals/outside/\(token)")
                isMailed = try notifier.tell(address, notice, once: digest, in: writer.tenant, writer.tx)
            }
            return (
                approval,
                OutsideLink(token: SecretText(token), until: until, isMailed: isMailed)
            )
        }
    }

    /// What the page behind a link shows; nil for a link that opens nothing: unknown, used, too old, of another tenant,
    /// or of a stage that is over. Looking changes nothing.
    public func offer(_ text: String, in tenant: TenantID) async throws -> ApprovalCase? {
        guard let token = OutsideToken(text) else { return nil }
        let history: [Recorded<ApprovalEvent>]
        do { history = try await self.history(of: token.approval, in: tenant) } catch let fault as Fault
            where fault.code == "not_found"
        {
            return nil
        }
        guard let approval = try Approval.aggregate.fold(nil, history),
            approval.mayVote(outsider: token.digest(in: tenant, stage: approval.stage), now: clock()),
            case .requested(let content)? = history.first?.event
        else { return nil }
        return ApprovalCase(
            approval: approval, matter: content.matter, reason: content.reason, history: history, mayDecide: true,
            isOwn: false)
    }

    /// The word of whoever has a link; it is used up by it. Nil where the link opens nothing any more.
    public func decide(
        _ isApproved: Bool, comment: String?, with text: String, in tenant: TenantID, trace: String
    ) async throws -> Approval? {
        guard let token = OutsideToken(text) else { return nil }
        let caller = Caller(
            tenant: tenant, actor: .system("outside-approver"), command: .random(at: clock()), trace: trace)
        let known = try await store.ask(tenant, now: clock()) { try $0.load(Governed.approval(token.approval)).state }
        guard let known else { return nil }
        let digest = token.digest(in: tenant, stage: known.stage)
        return try await vote(isApproved, comment, digest, on: token.approval, by: caller)
    }

    /// Writes an outsider's word, and what follows from it; nil where the digest opens nothing at that moment.
    func vote(
        _ isApproved: Bool, _ comment: String?, _ digest: [UInt8], on id: ApprovalID, by caller: Caller
    ) async throws -> Approval? {
        let authorization = try await table.snapshot(of: caller.tenant)
        return try await store.govern(by: caller) { writer in
            guard let known = try writer.view.load(Governed.approval(id)).state,
                known.mayVote(outsider: digest, now: writer.now)
            else { return nil }
            let word: ApprovalCommand =
                isApproved
                ? .approve(by: .outsider(digest), roles: [], comment: comment)
                : .reject(by: .outsider(digest), roles: [], comment: comment)
            let approval = try writer.changeApproval(id, counting: table.approvalTally) {
                try $0.decide(word, now: writer.now)
            }
            try writer.follow(approval, authorization)
            return approval
        }
    }
}

/// What stands in a link: the approval and 256 random bits. It opens only what its digest was kept for.
struct OutsideToken: Sendable {
    let approval: ApprovalID
    let secret: [UInt8]

    init(approval: ApprovalID, secret: [UInt8]) { (self.approval, self.secret) = (approval, secret) }

    /// Nil for what is no token of ours.
    init?(_ text: String) {
        guard text.utf8.count == 64, let bytes = Base64.decode(text, .url), bytes.count == 48,
            let approval = ApprovalID(bytes: Array(bytes.prefix(16)))
        else { return nil }
        self.init(approval: approval, secret: Array(bytes.suffix(32)))
    }

    var text: String { Base64.encode(approval.bytes + secret, .url) }

    func digest(in tenant: TenantID, stage: Int) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: Data("outside approval\n\(tenant)\n\(approval)\n\(stage)\n".utf8))
        hash.update(data: Data(secret))
        return Array(hash.finalize())
    }
}
