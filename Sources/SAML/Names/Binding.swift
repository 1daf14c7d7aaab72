/// How a message travels (SAML Bindings §3).
public enum Binding: String, Sendable, Hashable, Codable, CaseIterable {
    case redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    case post = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
    case artifact = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
    case soap = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
    case paos = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"

    /// The last part of the name, as people say it.
    public var shortName: String { Self.shortName(of: rawValue) }

    /// The last part of any binding's name, those that are not spoken here included.
    public static func shortName(of uri: String) -> String {
        uri.split(separator: ":").last.map(String.init) ?? uri
    }

    /// The browser carries the message: there is somebody who can be asked and shown something.
    public var isFrontChannel: Bool { self == .redirect || self == .post || self == .artifact }
}
