/// Why a document, a key or a message was refused: a stable code, a sentence for people, and where in the bytes.
///
/// `detail` names elements, attributes and rules; of the input's values it holds what is needed to mend a setting (what was
/// expected and what came), cut short, and never a secret. It is for logs and administrators, not for the person who signs in.
public struct SAMLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was wrong, for programs.
    public let reason: Reason
    /// What was wrong, for people.
    public let detail: String
    /// Where in the document; nil where it is not about one place.
    public let position: Position?

    /// A refusal for this reason.
    public init(_ reason: Reason, _ detail: String, at position: Position? = nil) {
        self.reason = reason
        self.detail = detail
        self.position = position
    }

    public var description: String {
        "\(reason.rawValue): \(detail)" + (position.map { " (line \($0.line), column \($0.column))" } ?? "")
    }
}

extension SAMLError {
    /// A place in a document, both numbers from one.
    public struct Position: Sendable, Hashable {
        public let line: Int
        /// Bytes into the line; 0 where it is not known.
        public let column: Int

        /// A place.
        public init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }
    }

    /// The reasons, by stable codes.
    public enum Reason: String, Sendable, CaseIterable {
        // The form of what came.
        case limit = "LIMIT"
        case documentType = "XML_DTD"
        case malformed = "XML_MALFORMED"
        case root = "ROOT"
        case version = "VERSION"
        case noID = "NO_ID"
        case duplicateID = "DUP_ID"
        case attributePollution = "ATTR_POLLUTION"
        case schema = "SCHEMA"
        case assertionCount = "NUM_ASSERTIONS"
        case parameterPollution = "PARAM_POLLUTION"
        case envelope = "SOAP"
        case artifact = "ARTIFACT"
        // Its signatures.
        case signatureMissing = "SIG_MISSING"
        case signaturePlacement = "SIG_PLACEMENT"
        case signatureStructure = "SIG_STRUCT"
        case signatureReference = "SIG_REF"
        case signatureTransform = "SIG_TRANSFORM"
        case signatureAlgorithm = "SIG_ALG"
        case signatureInvalid = "SIG_INVALID"
        // What it says.
        case status = "STATUS"
        case issuer = "ISSUER"
        case destination = "DESTINATION"
        case audience = "AUDIENCE"
        case inResponseTo = "INRESPONSETO"
        case notYetValid = "NOT_YET_VALID"
        case expired = "EXPIRED"
        case sessionExpired = "SESSION_EXPIRED"
        case confirmation = "CONFIRMATION"
        case conditions = "CONDITIONS"
        case authnStatement = "AUTHNSTATEMENT"
        case nameID = "NAMEID"
        case spNameQualifier = "SPNAMEQUALIFIER"
        case duplicateAttribute = "DUP_ATTR"
        // Encryption and keys.
        case decryption = "DECRYPT"
        case encryptionAlgorithm = "ENC_ALG"
        case key = "KEY"
        // Ourselves.
        case busy = "BUSY"
        case library = "LIBRARY"
    }
}
