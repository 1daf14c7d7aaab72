import SAML
import Vocabulary

/// Why metadata cannot be used: a closed word, and what an administrator reads.
struct SAMLMetadataFailure: Error, CustomStringConvertible {
    let word: String
    let detail: String

    init(_ word: String, _ detail: String) { (self.word, self.detail) = (word, detail) }

    var description: String { "\(word): \(detail)" }

    /// Says in the gateway's words what SAML's say.
    static func telling<Value>(
        isolation: isolated (any _Concurrency.Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let failure as SAMLMetadataFailure {
            throw Fault(failure.word, .peer, "The metadata cannot be used: \(failure.detail).")
        } catch let fault as MessageFault {
            throw Fault("saml.\(fault.code.rawValue)", .peer, "It cannot be asked: \(fault.detail).")
        } catch let error as SAMLError {
            throw Fault("saml.\(error.reason.rawValue.lowercased())", .peer, "The metadata cannot be read: \(error).")
        } catch let faults as MetadataFaults {
            throw Fault("saml.metadata_faults", .peer, "The metadata cannot be used: \(faults).")
        }
    }
}
