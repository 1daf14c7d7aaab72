import Identity
import JOSE
import SAML
import Storage
import Vocabulary

/// What an application knows somebody by, and their session.
struct SignOnNames {
    let issuer: String
    let tenant: TenantID

    /// No name can be given; the application is told why.
    struct Refusal: Error {
        let status: Status
    }

    /// The name that was decided on, made where this is the first time and it may be.
    ///
    /// - Parameter value: for a format that is neither transient nor persistent.
    /// - Throws: `Refusal`.
    func name(
        _ decision: NameIDDecision, of person: PersonID, value: String?, for peer: EntityDescriptor, _ tx: Transaction
    ) throws -> NameID? {
        switch decision {
        case .none: return nil
        case .transient:
            return NameIDMaking.transient(random: Randomness.bytes(20), issuer: issuer, for: peer.entityID)
        case .persistent(let qualifier, let mayCreate):
            return try persistent(person, qualifier, mayCreate: mayCreate, tx)
        case .emailAddress: return try described(NameIDFormat.emailAddress, value)
        case .other(let format): return try described(format, value)
        case .refuse(let status): throw Refusal(status: status)
        }
    }

    private func persistent(
        _ person: PersonID, _ qualifier: String, mayCreate: Bool, _ tx: Transaction
    ) throws -> NameID {
        // Stored, not derived, so that no rotation of a key changes who somebody is, and erasure takes it away.
        let sector = "saml:" + qualifier
        if let known = try tx.sql.knownPairwiseSubject(of: person, sector: sector, in: tenant) {
            return NameID(
                known, format: NameIDFormat.persistent, nameQualifier: issuer, spNameQualifier: qualifier)
        }
        guard mayCreate else { throw Refusal(status: Status(.requester, .invalidNameIDPolicy)) }
        let fresh = NameIDMaking.persistent(random: Randomness.bytes(20), issuer: issuer, for: qualifier)
        _ = try tx.sql.pairwiseSubject(of: person, sector: sector, in: tenant, fresh: fresh.value)
        return fresh
    }

    private func described(_ format: String, _ value: String?) throws -> NameID {
        guard let value, !value.isEmpty else { throw Refusal(status: Status(.responder, .unknownPrincipal)) }
        return NameID(value, format: format)
    }

    /// Another one for every application, and the same whenever it is told (SAML Core §2.7.2): a digest, because the id of
    /// the session would let applications tell that two of theirs are one.
    static func sessionIndex(of session: SessionID, at entityID: String) -> String {
        "_" + Base64URL.encode(Array(Digests.sha256("saml session \(session) at \(entityID)").prefix(20)))
    }
}
