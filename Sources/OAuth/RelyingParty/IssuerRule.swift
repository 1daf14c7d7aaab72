/// Which issuers a provider's tokens may have.
public enum IssuerRule: Sendable, Hashable {
    case exactly(String)
    /// Entra ID for several tenants: the issuer holds the tenant, which has to be one of the list. An empty list lets
    /// nobody in.
    case entra(tenants: Set<String>)

    /// What stands in the metadata of Entra's common endpoints, and in place of it in tokens.
    static let entraTemplate = "https://login.microsoftonline.com/{tenantid}/v2.0"

    /// The issuer that the provider's document has to name.
    public var documented: String {
        switch self {
        case .exactly(let issuer): issuer
        case .entra: Self.entraTemplate
        }
    }

    /// The issuer a token has to have, given the tenant it names.
    ///
    /// - Throws: `foreign_tenant`.
    func expected(tenant: String?) throws(UpstreamFault) -> String {
        switch self {
        case .exactly(let issuer): return issuer
        case .entra(let tenants):
            guard let tenant, EntraTenant.isOne(tenant), tenants.contains(tenant) else {
                throw UpstreamFault(.foreignTenant, "tid")
            }
            return Self.entraTemplate.replacing("{tenantid}", with: tenant)
        }
    }

    /// Whether the `iss` of an authorization response is of this provider (RFC 9207).
    public func accepts(_ issuer: String) -> Bool {
        switch self {
        case .exactly(let own): Texts.same(own, issuer)
        case .entra(let tenants):
            tenants.contains { Texts.same(Self.entraTemplate.replacing("{tenantid}", with: $0), issuer) }
        }
    }
}

/// The identifiers of Entra's tenants and objects: UUIDs in lower case.
enum EntraTenant {
    static func isOne(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            [8, 13, 18, 23].contains(index)
                ? byte == UInt8(ascii: "-")
                : (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
        }
    }
}
