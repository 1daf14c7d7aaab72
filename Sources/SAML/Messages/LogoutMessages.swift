/// Somebody's sessions are to end (SAML Core §3.7.1).
public struct LogoutRequest: Sendable, Hashable {
    /// Why (§3.7.3).
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        case user = "urn:oasis:names:tc:SAML:2.0:logout:user"
        case admin = "urn:oasis:names:tc:SAML:2.0:logout:admin"
        case globalTimeout = "urn:oasis:names:tc:SAML:2.0:logout:global-timeout"
        case spTimeout = "urn:oasis:names:tc:SAML:2.0:logout:sp-timeout"
    }

    public var header: MessageHeader
    public var subject: NameID
    /// The sessions that are meant; empty for all there are of this name.
    public var sessionIndexes: [String]
    /// Seconds since 1970: later it means nothing.
    public var notOnOrAfter: Int64?
    public var reason: Reason?
    /// No answer is waited for (Asynchronous Single Logout Profile Extension §2).
    public var isAsynchronous: Bool

    public init(
        _ header: MessageHeader, subject: NameID, sessionIndexes: [String] = [], notOnOrAfter: Int64? = nil,
        reason: Reason? = nil, isAsynchronous: Bool = false
    ) {
        self.header = header
        self.subject = subject
        self.sessionIndexes = sessionIndexes
        self.notOnOrAfter = notOnOrAfter
        self.reason = reason
        self.isAsynchronous = isAsynchronous
    }

    /// No more sessions are named in one request.
    public static let sessionIndexLimit = 256
}

extension LogoutRequest {
    static let elementName = XMLName.samlp("LogoutRequest")

    /// - Throws: `forbidden_character`, `malformed`.
    public func element() throws(MessageFault) -> XMLElement { try element(naming: subject.element) }

    /// The message with its subject's name encrypted (IIP-SP16, IIP-IDP19).
    ///
    /// - Throws: `MessageFault` as above, and `unsupported`; `SAMLError` for what cannot be encrypted.
    public func element(encryptingFor choice: AlgorithmPolicy.EncryptionChoice, recipient: String) throws -> XMLElement
    {
        let name = try SAMLEncryption.encrypt(
            try Markup.checked(subject.element), as: .nameID, for: try choice.key.verificationKey(),
            options: try choice.options(for: recipient))
        return try element(naming: name)
    }

    private func element(naming name: XMLElement) throws(MessageFault) -> XMLElement {
        let extensions =
            isAsynchronous
            ? Markup.element(
                .samlp("Extensions"), [:],
                [Markup.element(XMLName(XMLNamespace.asynchronousLogout, "Asynchronous"))])
            : nil
        return try header.element(
            Self.elementName, ["NotOnOrAfter": notOnOrAfter.map(SchemaTime.text), "Reason": reason?.rawValue],
            [extensions, name] + sessionIndexes.map { Markup.text(.samlp("SessionIndex"), $0) })
    }

    /// Reads a request that came and opens its name where that is encrypted: of a request that was verified, so that nobody
    /// else has us open anything.
    ///
    /// - Throws: `MessageFault` as below, `SAMLError` with `DECRYPT` and `ENC_ALG`.
    public init(
        reading element: XMLElement, keys: [SAMLDecryptionKey], policy: SAMLAlgorithmPolicy = .strict
    ) throws {
        let opened = try element.children(.saml("EncryptedID")).first.map { encrypted in
            let name = try SAMLEncryption.decrypt(encrypted, keys: keys, policy: policy)
            guard name.name == .saml("NameID") else {
                throw MessageFault(.malformed, "EncryptedID: what was encrypted is no NameID")
            }
            return try NameID(reading: name)
        }
        try self.init(reading: element, decrypted: opened)
    }

    /// Reads a request that came; nothing of it is verified.
    ///
    /// - Parameter decrypted: the name out of `EncryptedID`, where that is how it came.
    /// - Throws: `malformed`, `version`, `issuer`; `unsupported` for an `EncryptedID` that nobody opened.
    public init(reading element: XMLElement, decrypted: NameID? = nil) throws(MessageFault) {
        guard element.name == Self.elementName else {
            throw MessageFault(.malformed, "the message is \(element.name.local), not LogoutRequest")
        }
        let header = try MessageHeader(reading: element)
        let indexes = element.children(.samlp("SessionIndex"))
        guard indexes.count <= Self.sessionIndexLimit, !indexes.contains(where: { $0.holdsElements || $0.text.isEmpty })
        else {
            throw MessageFault(
                .malformed, "LogoutRequest: a SessionIndex is empty, or there are more than \(Self.sessionIndexLimit)")
        }
        var until: Int64?
        if let text = element.attribute("NotOnOrAfter") {
            guard let seconds = SchemaTime.seconds(text) else {
                throw MessageFault(.malformed, "LogoutRequest: NotOnOrAfter is no moment in UTC")
            }
            until = seconds
        }
        let asynchronous = element.child(.samlp("Extensions"))?
            .child(XMLName(XMLNamespace.asynchronousLogout, "Asynchronous"))
        self.init(
            header, subject: try Self.subject(of: element, decrypted), sessionIndexes: indexes.map(\.text),
            notOnOrAfter: until, reason: element.attribute("Reason").flatMap(Reason.init),
            isAsynchronous: asynchronous != nil)
    }

    /// Exactly one of the three ways to name somebody, and of those two that are taken.
    private static func subject(of element: XMLElement, _ decrypted: NameID?) throws(MessageFault) -> NameID {
        let plain = element.children(.saml("NameID"))
        let encrypted = element.children(.saml("EncryptedID"))
        guard plain.count + encrypted.count == 1, element.child(.saml("BaseID")) == nil else {
            throw MessageFault(.malformed, "LogoutRequest: names nobody, or more than one")
        }
        if let name = plain.first { return try NameID(reading: name) }
        guard let decrypted else { throw MessageFault(.unsupported, "LogoutRequest: EncryptedID was not decrypted") }
        return decrypted
    }
}

/// What became of a wish to end sessions (SAML Core §3.7.2).
public struct LogoutResponse: Sendable, Hashable {
    public var header: MessageHeader
    public var status: Status

    public init(_ header: MessageHeader, status: Status) {
        self.header = header
        self.status = status
    }

    static let elementName = XMLName.samlp("LogoutResponse")

    /// - Throws: `forbidden_character`, `malformed`.
    public func element() throws(MessageFault) -> XMLElement {
        try header.element(Self.elementName, [:], [status.element])
    }

    /// Reads an answer that came; nothing of it is verified.
    ///
    /// - Throws: `malformed`, `version`, `issuer`.
    public init(reading element: XMLElement) throws(MessageFault) {
        guard element.name == Self.elementName else {
            throw MessageFault(.malformed, "the message is \(element.name.local), not LogoutResponse")
        }
        guard let status = element.child(.samlp("Status")) else {
            throw MessageFault(.malformed, "LogoutResponse: Status is missing")
        }
        self.init(try MessageHeader(reading: element), status: try Status(reading: status))
    }
}
