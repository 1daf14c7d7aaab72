/// A message within an address (SAML Bindings §3.4).
public enum RedirectBinding {
    /// No longer query is read, in octets.
    public static let queryByteLimit = 400_000

    /// A message that is to be sent. Where it is signed, `octets` are what is signed and `query` gets the signature.
    public struct Outgoing: Sendable, Hashable {
        /// `SAMLRequest=…&RelayState=…&SigAlg=…`: exactly what goes out, and what a signature is over.
        public let octets: String
        private let isToBeSigned: Bool

        /// - Parameters:
        ///   - message: the document, without a signature of its own (§3.4.4.1).
        ///   - signatureAlgorithm: the URI; nil for a message that is not signed.
        public init(
            _ message: [UInt8], kind: MessageKind, relayState: RelayState?, signatureAlgorithm: String?
        ) {
            var parts = [kind.rawValue + "=" + PercentCoding.encode(SAMLBase64.encode(Deflate.bytes(message)))]
            if let relayState { parts.append("RelayState=" + PercentCoding.encode(relayState.text)) }
            if let signatureAlgorithm { parts.append("SigAlg=" + PercentCoding.encode(signatureAlgorithm)) }
            octets = parts.joined(separator: "&")
            isToBeSigned = signatureAlgorithm != nil
        }

        /// The address to send a browser to.
        ///
        /// - Parameter signature: over the octets, where an algorithm was named.
        /// - Throws: `binding` for a signature that is missing or was not asked for.
        public func address(at location: String, signature: [UInt8]? = nil) throws(MessageFault) -> String {
            guard (signature != nil) == isToBeSigned else {
                throw MessageFault(.binding, "an algorithm and a signature go together")
            }
            let tail = signature.map { "&Signature=" + PercentCoding.encode(SAMLBase64.encode($0)) } ?? ""
            return location + (location.contains("?") ? "&" : "?") + octets + tail
        }
    }

    /// A message that came.
    public struct Incoming: Sendable {
        public let kind: MessageKind
        /// The document.
        public let message: [UInt8]
        public let relayState: RelayState?
        /// By which its signature is verified, over the octets as they came.
        public let query: SignedQuery

        /// It carries a signature, which is to be verified whoever sent it.
        public var isSigned: Bool { query.algorithm != nil }
    }

    /// Reads a query as it came. Parameters that are not of this binding are passed over.
    ///
    /// - Throws: `binding` for a query that is not this binding's, `malformed`, `too_large`.
    public static func read(query: String) throws(MessageFault) -> Incoming {
        let signed: SignedQuery
        do {
            signed = try SignedQuery(query)
        } catch {
            let detail = (error as? SAMLError)?.detail ?? "the query is none of HTTP-Redirect"
            throw MessageFault(.binding, detail)
        }
        guard let kind = MessageKind(rawValue: signed.parameter) else {
            throw MessageFault(.binding, "the query has neither SAMLRequest nor SAMLResponse")
        }
        guard let packed = SAMLBase64.decode(signed.message), !packed.isEmpty else {
            throw MessageFault(.malformed, "\(kind.rawValue) is not Base64")
        }
        return Incoming(
            kind: kind, message: try Inflate.bytes(packed), relayState: try RelayState.read(signed.relayState),
            query: signed)
    }
}
