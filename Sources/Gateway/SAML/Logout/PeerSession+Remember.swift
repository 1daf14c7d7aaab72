import Crypto
import Foundation
import SAML
import Storage
import Vocabulary

extension Transaction {
    /// Notes that a peer knows a session of ours, and by which name exactly: when an assertion of its is consumed, or one of
    /// ours issued to it. Whichever side ends first then finds the other.
    public func remember(
        _ peer: PeerSession, as role: SAMLPeerRole, of session: SessionID, in tenant: TenantID
    ) throws {
        let id = Randomness.bytes(16)
        try sql.insert(
            StoredPeerSession(
                id: id, tenant: tenant, session: session, role: role, peer: peer.peer,
                name: PeerDigest.name(peer.nameID, at: peer.peer),
                sessionIndex: PeerDigest.session(peer.sessionIndex, at: peer.peer),
                sealed: try keys.seal(record: peer, tenant: tenant, context: id)), at: now)
    }
}

/// What a peer's session is found by.
enum PeerDigest {
    /// Of a name, without its qualifiers: one that leaves them out may mean the same (SAML Core §8.3.7). Whether it does is
    /// decided over the name itself.
    static func name(_ name: NameID, at peer: String) -> [UInt8] {
        digest(["name", peer, name.value, NameIDFormat.effective(name.format)])
    }

    static func session(_ index: String?, at peer: String) -> [UInt8] {
        digest(["session", peer] + (index.map { [$0] } ?? []))
    }

    static func request(_ id: String, from issuer: String = "") -> [UInt8] { digest(["request", issuer, id]) }

    /// Each part with its length before it, so that no two run into one.
    private static func digest(_ parts: [String]) -> [UInt8] {
        var hash = SHA256()
        for part in parts { hash.update(data: Data("\(part.utf8.count):".utf8) + Data(part.utf8)) }
        return Array(hash.finalize())
    }
}
