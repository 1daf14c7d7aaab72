import JOSE

/// The members at the top of a token, beside `nats`.
struct Envelope {
    var common: CommonClaims
    var issuer: NKey
    var issuedAt: Int64
    var tokenID: String?

    init(common: CommonClaims, issuer: NKey, issuedAt: Int64) {
        self.common = common
        self.issuer = issuer
        self.issuedAt = issuedAt
    }

    init(_ reader: inout ClaimsReader) throws {
        let issuer = try reader.key("iss")
        let subject = try reader.key("sub")
        let issuedAt = try reader.time("iat")
        self.issuer = try reader.require(issuer, "iss")
        self.issuedAt = try reader.require(issuedAt, "iat")
        common = CommonClaims(
            try reader.require(subject, "sub"), name: try reader.text("name") ?? "", audience: try reader.text("aud"),
            notBefore: try reader.time("nbf"), expires: try reader.time("exp"))
        tokenID = try reader.text("jti")
    }

    func write(_ writer: inout ClaimsWriter) {
        writer.set("iss", issuer.text)
        writer.set("iat", issuedAt)
        writer.set("jti", tokenID)
        writer.set("sub", common.subject.text)
        writer.set("name", common.name)
        writer.set("aud", common.audience)
        writer.set("nbf", common.notBefore)
        writer.set("exp", common.expires)
    }
}
