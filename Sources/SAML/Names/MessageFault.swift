/// Why a message was not taken or could not be made: whose fault it is follows from where it came from.
public struct MessageFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, for programs.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case malformed
        case version
        case tooLarge = "too_large"
        case forbiddenCharacter = "forbidden_character"
        case binding
        case issuer
        case destination
        case stale
        /// Not signed, or by nobody whose key is known.
        case unsigned
        /// Signed by an algorithm or with a key that is not believed.
        case signatureAlgorithm = "signature_algorithm"
        /// What is there for a signature is none.
        case signatureStructure = "signature_structure"
        case consumer
        case unsupported
        case artifact
    }

    public let code: Code
    /// Where and what, for whoever administers; names elements, not what somebody wrote into them.
    public let detail: String

    public init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    public var description: String { "\(code.rawValue): \(detail)" }
}
