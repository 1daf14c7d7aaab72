import Identity
import SAML
import Vocabulary

/// What becomes of a request to sign somebody in to an application that speaks SAML, for now.
public enum SignOnAnswer: Sendable {
    /// The application is told, through the browser.
    case send(SignOnDelivery)
    /// Somebody has to sign in first, and comes back with the handle.
    case authenticate(SignOnDemand)
    /// A rule keeps the person out of the application.
    case barred(BarredSignOn)
    /// The same once more, by GET: a form of another site brings no cookies along.
    case goOn(handle: SecretText)
    /// Nobody is sent anywhere: it is not known that the place is right.
    case refuse(MessageFault)
}

/// How a browser brings an answer to the application.
public enum SignOnDelivery: Sendable {
    /// A form that it posts (SAML Bindings §3.5).
    case form(address: String, fields: [PostedField])
    /// An address that it goes to, with an artifact (§3.6).
    case address(String)
    /// An envelope that an enhanced client carries (§3.3): no browser is answered so.
    case envelope([UInt8])
}

/// What a sign-in has to be like for a request to go on.
public struct SignOnDemand: Sendable {
    public let handle: SecretText
    public let application: SAMLApplication
    public let strength: AuthenticationStrength?
    /// In seconds; 0 asks whoever is signed in to prove it again.
    public let maxAge: Int64?
    /// The provider to sign in at, by the configuration's name, where the application asked for one.
    public let provider: String?
    /// Nobody may be asked anything there: the provider knows the person, or does not.
    public var isPassive = false
}

/// Somebody whom policy does not let into an application.
public struct BarredSignOn: Sendable {
    public let application: SAMLApplication
    /// With which the application is told that it was refused, once the person has read why.
    public let handle: SecretText
    /// What was asked and answered no, to be explained.
    public let question: DecisionQuestion
}
