/// An answer to a request to sign somebody in (SAML Core §3.3.3), to be written.
public struct ResponseMessage: Sendable, Hashable {
    public var header: MessageHeader
    public var status: Status

    public init(_ header: MessageHeader, status: Status) {
        self.header = header
        self.status = status
    }

    /// The message, with what is asserted as it is to travel: signed or not, encrypted or not.
    ///
    /// - Parameter assertion: an `Assertion` or `EncryptedAssertion`; nil for an error.
    /// - Throws: `malformed` for a success that asserts nothing, an error that does, and anything else within.
    public func element(containing assertion: XMLElement? = nil) throws(MessageFault) -> XMLElement {
        // SAML Profiles §4.1.4.2: no assertion in a response that tells of an error, one at least in any other.
        guard (status.code == .success) == (assertion != nil) else {
            throw MessageFault(.malformed, "Response: the status and what is asserted do not go together")
        }
        if let name = assertion?.name, name != .saml("Assertion"), name != .saml("EncryptedAssertion") {
            throw MessageFault(.malformed, "Response: \(name.local) is no assertion")
        }
        return try header.element(.samlp("Response"), [:], [status.element, assertion])
    }
}
