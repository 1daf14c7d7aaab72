/// Ways in which somebody proved who they are, by the names of SAML Authentication Context §3.4 and REFEDS.
public enum AuthnContextClass {
    public static let unspecified = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
    public static let password = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
    public static let passwordProtectedTransport =
        "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
    public static let previousSession = "urn:oasis:names:tc:SAML:2.0:ac:classes:PreviousSession"
    public static let kerberos = "urn:oasis:names:tc:SAML:2.0:ac:classes:Kerberos"
    public static let x509 = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509"
    public static let timeSyncToken = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"
    public static let singleFactor = "https://refeds.org/profile/sfa"
    public static let multiFactor = "https://refeds.org/profile/mfa"
}

/// An order of strength among classes, each step with the classes that are as strong. What stands in no step is comparable
/// to nothing but itself.
public struct AuthnContextOrder: Sendable, Hashable {
    /// From the weakest to the strongest.
    public var steps: [[String]]

    /// The usual order: whatever it was, a password, a second factor.
    public static let usual = AuthnContextOrder(steps: [
        [AuthnContextClass.unspecified],
        [AuthnContextClass.password, AuthnContextClass.passwordProtectedTransport, AuthnContextClass.singleFactor],
        [AuthnContextClass.timeSyncToken, AuthnContextClass.multiFactor],
    ])

    public init(steps: [[String]]) { self.steps = steps }

    func rank(_ name: String) -> Int? { steps.firstIndex { Exact.holds($0, name) } }

    /// Whether what was reached is what was asked for (SAML Core §3.3.2.2.1).
    public func satisfies(_ reached: String, _ requested: RequestedAuthnContext) -> Bool {
        // Declarations are never said here, so none is ever reached.
        guard !requested.classes.isEmpty else { return false }
        if requested.comparison == .exact { return Exact.holds(requested.classes, reached) }
        let asked = requested.classes.compactMap(rank)
        guard let mine = rank(reached), !asked.isEmpty else {
            // Of a class that stands in no order only the same one is known to be as strong.
            return requested.comparison != .better && Exact.holds(requested.classes, reached)
        }
        return switch requested.comparison {
        case .exact: false
        case .minimum: asked.contains { mine >= $0 }
        // "as strong as possible without exceeding at least one"
        case .maximum: asked.contains { mine <= $0 }
        case .better: asked.count == requested.classes.count && asked.allSatisfy { mine > $0 }
        }
    }
}
