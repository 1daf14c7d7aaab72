import HTTPTypes
import Vocabulary

/// Holds a form post to our own origin, before its token is even looked at.
public enum OriginCheck {
    /// - Parameter origin: the tenant's public origin from configuration (`https://login.example.org`), never from
    ///   `Host`.
    /// - Throws: `Refusal.forbidden("csrf.origin")`.
    public static func require(_ headers: HTTPFields, origin: String) throws {
        let site = headers[values: HTTPField.Name("Sec-Fetch-Site")!]
        let origins = headers[values: .origin]
        // Fetch Metadata §2.2: browsers set it and pages cannot. `none` is a person typing an address: no form does.
        if let first = site.first, site.count > 1 || first != "same-origin" { throw refusal }
        if !origins.isEmpty { guard origins == [origin] else { throw refusal } }
        // With neither there is nothing to go by; every browser of today sends one of them with a POST.
        if site.isEmpty, origins.isEmpty { throw refusal }
    }

    private static let refusal = Refusal.forbidden(code: "csrf.origin")
}
