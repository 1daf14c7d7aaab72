import SAML
import Storage
import Vocabulary

extension Transaction {
    /// Uses up what an identity provider may show once; false where it was shown before. It is remembered for as long as it
    /// would be believed, over restarts.
    func spend(_ key: ReplayKey, in tenant: TenantID) throws -> Bool {
        try sql.noteOnce(
            .samlAssertion, Digests.sha256("\(key.issuer.utf8.count):\(key.issuer)\(key.id)"), in: tenant, at: now,
            until: Timestamp(seconds: key.keepUntil))
    }
}
