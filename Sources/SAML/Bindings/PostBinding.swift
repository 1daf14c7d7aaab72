/// A message within a form (SAML Bindings §3.5).
public enum PostBinding {
    /// No longer a form field is read, in octets: Base64 of the longest message, folded into lines.
    public static let fieldByteLimit = 400_000

    /// Values for a page that posts itself. The page escapes them; nothing here is HTML.
    public struct Form: Sendable, Hashable {
        public let address: String
        /// In order; names are `SAMLRequest` or `SAMLResponse`, and `RelayState`.
        public let fields: [Field]

        public init(_ message: [UInt8], kind: MessageKind, relayState: RelayState?, at location: String) {
            address = location
            fields =
                [Field(name: kind.rawValue, value: SAMLBase64.encode(message))]
                + (relayState.map { [Field(name: "RelayState", value: $0.text)] } ?? [])
        }

        /// A name and a value.
        public struct Field: Sendable, Hashable {
            public let name: String
            public let value: String
        }
    }

    /// A message that came.
    public struct Incoming: Sendable, Hashable {
        public let kind: MessageKind
        public let message: [UInt8]
        public let relayState: RelayState?
    }

    /// Reads a form's fields, each name as often as it came.
    ///
    /// - Throws: `binding` for a field that stands twice, both messages or none; `malformed`, `too_large`.
    public static func read(_ fields: [(name: String, value: String)]) throws(MessageFault) -> Incoming {
        func only(_ name: String) throws(MessageFault) -> String? {
            let found = fields.filter { Exact.same($0.name, name) }
            guard found.count <= 1 else { throw MessageFault(.binding, "\(name) stands twice in the form") }
            return found.first?.value
        }
        let (request, response) = (try only("SAMLRequest"), try only("SAMLResponse"))
        guard (request == nil) != (response == nil), let text = request ?? response else {
            throw MessageFault(.binding, "the form has to hold SAMLRequest or SAMLResponse, and not both")
        }
        guard text.utf8.count <= fieldByteLimit else { throw MessageFault(.tooLarge, "the form field is too long") }
        let kind: MessageKind = request == nil ? .response : .request
        guard let message = SAMLBase64.decode(text), !message.isEmpty else {
            throw MessageFault(.malformed, "\(kind.rawValue) is not Base64")
        }
        guard message.count <= Inflate.byteLimit else {
            throw MessageFault(.tooLarge, "the message is longer than \(Inflate.byteLimit) octets")
        }
        let relayState = try RelayState.read(try only("RelayState"))
        return Incoming(kind: kind, message: message, relayState: relayState)
    }
}
