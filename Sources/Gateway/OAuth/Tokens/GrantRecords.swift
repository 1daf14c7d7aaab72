import OAuth
import Storage
import Vocabulary

/// What stands in the row of an opaque access token.
struct AccessTokenRecord: Codable {
    let tokens: TokenGrant
    let issuedAt: Int64
}

extension LiveGrant {
    init(stored: StoredGrant) throws {
        self.init(
            id: stored.id, tenant: stored.tenant, client: stored.client, person: stored.person,
            session: stored.session, tokens: try JSONColumn.decode(TokenGrant.self, stored.record),
            createdAt: stored.createdAt, expiresAt: stored.expiresAt)
    }

    var stored: StoredGrant {
        get throws {
            StoredGrant(
                id: id, tenant: tenant, client: client, person: person, session: session,
                record: try JSONColumn.text(of: tokens), createdAt: createdAt, expiresAt: expiresAt)
        }
    }
}

extension LiveAccessToken {
    init(stored: StoredAccessToken) throws {
        let record = try JSONColumn.decode(AccessTokenRecord.self, stored.record)
        self.init(
            hash: stored.hash, tenant: stored.tenant, client: stored.client, grant: stored.grant,
            tokens: record.tokens, issuedAt: Timestamp(seconds: record.issuedAt), expiresAt: stored.expiresAt)
    }

    var stored: StoredAccessToken {
        get throws {
            StoredAccessToken(
                hash: hash, tenant: tenant, client: client, grant: grant,
                record: try JSONColumn.text(of: AccessTokenRecord(tokens: tokens, issuedAt: issuedAt.seconds)),
                expiresAt: expiresAt)
        }
    }
}
