import JOSE
import OAuth
import Storage
import Vocabulary

/// What a client knows a person by (OpenID Connect Core §8).
enum SubjectNames {
    /// The `sub` of a person for a client, made where the client's sector is to know them for the first time.
    static func name(_ person: PersonID, for client: OAuthClient, _ sql: any SQLConnection) throws -> String {
        guard client.metadata.subjectType == .pairwise, let sector = SectorIdentifier.sector(of: client.metadata) else {
            return person.description
        }
        return try sql.pairwiseSubject(
            of: person, sector: sector, in: client.tenant, fresh: Base64URL.encode(Randomness.bytes(24)))
    }

    /// The same, where it is known already; nil for somebody whom the sector does not know.
    static func known(_ person: PersonID, for client: OAuthClient, _ sql: any SQLConnection) throws -> String? {
        guard client.metadata.subjectType == .pairwise, let sector = SectorIdentifier.sector(of: client.metadata) else {
            return person.description
        }
        return try sql.knownPairwiseSubject(of: person, sector: sector, in: client.tenant)
    }
}
