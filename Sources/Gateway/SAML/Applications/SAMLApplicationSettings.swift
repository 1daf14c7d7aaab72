import SAML
import Vocabulary

/// What is settled for an application that speaks SAML beside its metadata.
public struct SAMLApplicationSettings: Sendable, Hashable, Codable {
    /// What people are shown; its entity id where there is none.
    public var title: String?
    /// Where the application's metadata are.
    public var metadata: MetadataPlace
    /// How it is answered, by the rules of the protocol.
    public var policy = ServiceProviderPolicy()
    /// What is told of people beyond what rules of the whole tenant tell, by the names of `saml.attributes`.
    public var attributes: [String] = []
    /// The value of a name whose format is neither transient nor persistent: an address, or a format of the application's
    /// own.
    public var nameIDSource = ClaimSource.mail
    /// Other groups of service providers that it belongs to, whose names it may ask for (SAML Core §3.4.1.1).
    public var affiliations: [String] = []
    /// Addresses that somebody who comes without a request of the application's may be sent on to (`RelayState`); one who
    /// asks for none gets none.
    public var startTargets: [String] = []

    /// Where metadata come from.
    public enum MetadataPlace: Sendable, Hashable, Codable {
        /// They were handed over, and are kept as they came.
        case document(String)
        /// A file of the administrator's, read again when it changes.
        case file(String)
        /// An address, fetched again and again; signed with one of these keys, in PEM, where any are given.
        case address(String, keys: [String])
        /// A responder of the Metadata Query Protocol.
        case query(String, keys: [String])
    }

    public init(metadata: MetadataPlace) { self.metadata = metadata }
}
