import Identity
import Storage
import Vocabulary

extension CredentialService {
    /// The enrolment a person has begun and may still confirm, so that a mistyped first code does not cost them the
    /// secret their app has already read.
    func pendingTOTP(of person: PersonID, in tenant: TenantID) async throws -> TOTPEnrolment? {
        let now = clock()
        let found = try await store.read { sql -> (StoredTOTP, String)? in
            guard let row = try sql.person(person, in: tenant),
                let pending = try sql.totp(of: person, pending: true).first,
                now < pending.createdAt + Self.enrolmentLifetime
            else { return nil }
            return (pending, row.login)
        }
        guard let (pending, account) = found else { return nil }
        let secret = SecretBytes(
            try store.keys.open(
                pending.sealedSecret, purpose: .credential, tenant: tenant, context: pending.id.bytes + person.bytes))
        return TOTPEnrolment(
            id: pending.id, secret: SecretText(Base32.encode(secret.reveal())),
            uri: totp.keyURI(issuer: issuer, account: account, secret: secret))
    }
}
