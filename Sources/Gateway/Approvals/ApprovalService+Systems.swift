import Crypto
import Fetch
import Foundation
import Governance
import Identity
import Storage
import Vocabulary

/// What a system that was asked answers with.
public struct SystemAnswer: Sendable {
    public let approval: ApprovalID
    public let stage: Int
    public let isApproved: Bool
    public let comment: String?
    /// Chosen by the system for each answer; the same one again is a repetition.
    public let nonce: String

    /// An answer, as its body says.
    public init(approval: ApprovalID, stage: Int, isApproved: Bool, comment: String?, nonce: String) {
        (self.approval, self.stage, self.isApproved) = (approval, stage, isApproved)
        (self.comment, self.nonce) = (comment, nonce)
    }
}

/// A signed call as it came in.
public struct SignedCall: Sendable {
    public let method: String
    /// Its own public address, never what a `Host` header says.
    public let url: String
    public let contentType: String?
    public let contentDigest: String?
    public let signatureInput: String?
    public let signature: String?
    public let body: [UInt8]

    public init(
        method: String, url: String, contentType: String?, contentDigest: String?, signatureInput: String?,
        signature: String?, body: [UInt8]
    ) {
        (self.method, self.url, self.contentType, self.contentDigest) = (method, url, contentType, contentDigest)
        (self.signatureInput, self.signature, self.body) = (signatureInput, signature, body)
    }
}

/// Takes the answers of systems that decide in an approver's place.
public struct ApprovalSystemDesk: Sendable {
    let approvals: ApprovalService
    let notifier: Notifier
    let clock: @Sendable () -> Timestamp

    /// How far a signature's time may be from ours.
    static let window = Duration.minutes(5)
    static let nonceLimit = 64

    /// A system's answer, proven by its signature (RFC 9421, `hmac-sha256`, over an RFC 9530 digest of the body). The
    /// same answer sent again is answered as it was the first time, and changes nothing.
    ///
    /// - Throws: `callback.forged` for a system that there is none of, a signature that does not hold, or a time that is
    ///   too far off; `callback.replayed` for a nonce that was used for another answer; `approval.closed` where nothing
    ///   is asked of the system any more.
    public func take(
        _ answer: SystemAnswer, _ call: SignedCall, of name: String, in tenant: TenantID, trace: String
    ) async throws -> Approval {
        let now = clock()
        guard let system = notifier.settings.systems.first(where: { $0.name == name }),
            notifier.isOf(system.webhook, tenant),
            MessageSignature(secret: try system.callbackSecret.load(), keyID: "").verifies(
                call, at: now, within: Self.window)
        else { throw Self.forged }
        guard (1...Self.nonceLimit).contains(answer.nonce.utf8.count) else {
            throw Fault.invalid("A nonce has 1 to \(Self.nonceLimit) bytes.")
        }
        let digest = Array(SHA256.hash(data: Data(call.body)))
        let nonce = Array(SHA256.hash(data: Data(answer.nonce.utf8)).prefix(16))
        let noted = try await approvals.store.write(.administration) { tx in
            // Longer than a signature is believed: what is forgotten is too old to be sent again.
            try tx.sql.noteCallback(nonce, of: name, in: tenant, digest: digest, until: tx.now + Self.window * 4)
        }
        guard noted.digest == digest else {
            throw Fault("callback.replayed", .caller, "This nonce was used for another answer.")
        }
        if noted.isNew, let approval = try await decide(answer, name, tenant, trace) { return approval }
        // Told again, or asked of somebody else by now: an answer that was counted is answered as it was.
        let known = try await approvals.approval(answer.approval, in: tenant)
        let voice = Approver.outsider(Notifier.digest(of: name, answer.approval, stage: answer.stage))
        guard known.votes.contains(where: { $0.by == voice }) || known.rejections.contains(voice) else {
            throw GovernanceError.approvalClosed(state: known.state.rawValue).fault
        }
        return known
    }

    private func decide(
        _ answer: SystemAnswer, _ name: String, _ tenant: TenantID, _ trace: String
    ) async throws -> Approval? {
        let caller = Caller(
            tenant: tenant, actor: .system("approval-system"), command: .random(at: clock()), trace: trace)
        let digest = Notifier.digest(of: name, answer.approval, stage: answer.stage)
        return try await approvals.vote(answer.isApproved, answer.comment, digest, on: answer.approval, by: caller)
    }

    private static let forged = Fault(
        "callback.forged", .caller, "The call is not signed by the system it names, or not now.",
        remedy: "Sign method, address, body and a present time with the shared secret (RFC 9421, hmac-sha256).")
}

extension Gateway {
    /// Takes the answers of systems that decide in an approver's place.
    public var approvalSystems: ApprovalSystemDesk {
        ApprovalSystemDesk(approvals: approvals, notifier: notifier, clock: clock)
    }
}
