import Foundation
import SAML
import Vocabulary

extension Gateway {
    /// Applications that speak SAML, as administrators see them.
    public var samlApplicationService: SAMLApplicationService {
        SAMLApplicationService(
            store: store, table: samlApplications, sources: samlSources,
            attributes: configuration.saml.attributes.names)
    }

    /// What applications are told of people.
    public var samlAttributes: SAMLAttributeService {
        SAMLAttributeService(
            store: store, facts: knownPeople, tenants: tenants, settings: configuration.saml, clock: clock)
    }

    /// What an administrator gives an application, so that it sends people here.
    public func samlConnection(of tenant: TenantID) throws -> SAMLConnection {
        SAMLConnection(
            entityID: saml.entityID(of: tenant), signOn: saml.signOn(of: tenant),
            certificates: try saml.keys().compactMap(\.signing.verificationKey.certificate))
    }
}

/// Our identity provider as an application is told of it.
public struct SAMLConnection: Sendable, Hashable {
    /// What it is called; its metadata are at this address.
    public let entityID: String
    /// Where people are sent to sign in, by HTTP-Redirect or HTTP-POST.
    public let signOn: String
    /// What assertions are signed with, in DER, the one that signs first; none where `saml.keys` names no key.
    public let certificates: [[UInt8]]

    /// The first certificate in PEM, as applications want it pasted.
    public var certificatePEM: String? {
        certificates.first.map { der in
            "-----BEGIN CERTIFICATE-----\n"
                + Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
                + "\n-----END CERTIFICATE-----"
        }
    }
}
