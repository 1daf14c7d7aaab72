import Crypto
import Foundation
import Governance
import Identity
import Vocabulary

extension Approval {
    /// What an approval is found by: the request that it is good for and, while it waits, the roles and the delegates who
    /// may decide it. However many wait, whoever decides reads only what may be theirs.
    var links: [[UInt8]] {
        var links = [terms.requestDigest] + outsiders.map(\.digest)
        if let beneficiary = terms.beneficiary { links.append(Self.link(of: beneficiary)) }
        guard state == .pending else { return links }
        links += approverRoles.map(Self.link(ofRole:))
        for delegation in delegations where delegation.stage == stage {
            if case .subject(let subject) = delegation.to { links.append(Self.link(of: subject)) }
        }
        return links
    }

    /// What approvals that one of a role may decide are linked to.
    static func link(ofRole name: String) -> [UInt8] { link("role", name) }

    /// What approvals of which somebody is a party, or which were delegated to them, are linked to.
    static func link(of subject: Subject) -> [UInt8] { link(subject.kind, subject.id) }

    private static func link(_ kind: String, _ name: String) -> [UInt8] {
        Array(SHA256.hash(data: Data("approval\n\(kind)\n\(name)".utf8)).prefix(16))
    }
}
