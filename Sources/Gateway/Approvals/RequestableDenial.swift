import Foundation
import Governance
import Identity
import Storage
import Vocabulary

/// A refusal that an approval would turn around, and the proof of it that whoever asks for the approval sends back
/// (AuthZEN Access Request and Approval Profile, requestable denial context).
public struct RequestableDenial: Sendable {
    /// How long somebody may take to ask for what was refused.
    static let lifetime = Duration.minutes(10)

    /// The decision that refused.
    public let evaluation: DecisionID
    public let evaluatedAt: Timestamp
    public let expiresAt: Timestamp
    /// Opaque to whoever carries it: it opens here only, and says which question it was.
    public let bindingToken: String
}

/// What a binding token says, once it is opened.
struct DenialBinding: Sendable, Hashable {
    let evaluation: DecisionID
    let expiresAt: Timestamp
    /// Of the question that was refused: its subject, action, resource and context.
    let digest: [UInt8]

    init(evaluation: DecisionID, expiresAt: Timestamp, digest: [UInt8]) {
        (self.evaluation, self.expiresAt, self.digest) = (evaluation, expiresAt, digest)
    }

    private static let context = Array("denial binding".utf8)

    /// Nil for what this gateway did not make for this tenant.
    init?(_ token: String, keys: KeyRing, tenant: TenantID) {
        guard token.utf8.count <= 1_024, let sealed = Base64.decode(token, .url),
            let bytes = try? keys.open(sealed, purpose: .requestBinding, tenant: tenant, context: Self.context),
            bytes.count == 56, let evaluation = DecisionID(bytes: Array(bytes.prefix(16)))
        else { return nil }
        let time = bytes[16..<24].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        self.init(
            evaluation: evaluation, expiresAt: Timestamp(microseconds: Int64(bitPattern: time)),
            digest: Array(bytes[24...]))
    }

    func token(keys: KeyRing, tenant: TenantID) throws -> String {
        let time = UInt64(bitPattern: expiresAt.microseconds)
        let bytes = evaluation.bytes + (0..<8).map { UInt8(truncatingIfNeeded: time >> (56 - 8 * UInt64($0))) } + digest
        return Base64.encode(
            try keys.seal(bytes, purpose: .requestBinding, tenant: tenant, context: Self.context), .url)
    }
}

extension DecisionService {
    /// What lets the refused question be asked about; nil where an approval would not help.
    func requestable(_ decided: Decided, _ id: DecisionID) -> RequestableDenial? {
        guard decided.decision.isGoverned, decided.decision.governed?.needsApproval == true,
            resolver.table.settings.capabilities.contains(.approvalWorkflows)
        else { return nil }
        let (call, keys) = (decided.call, resolver.store.keys)
        let until = Timestamp(seconds: (call.now + RequestableDenial.lifetime).seconds)
        let binding = DenialBinding(
            evaluation: id, expiresAt: until,
            digest: RuleApprovals.digest(of: call.question, decided.resolved.subject))
        guard let token = try? binding.token(keys: keys, tenant: call.authorization.tenant) else { return nil }
        return RequestableDenial(evaluation: id, evaluatedAt: call.now, expiresAt: until, bindingToken: token)
    }
}
