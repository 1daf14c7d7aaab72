import Crypto
import Foundation
import JOSE
import Vocabulary

extension GovernanceRequest {
    /// SHA-256 of what tells two commands apart.
    static func digest(of name: String, _ payload: AttributeValue) throws -> [UInt8] {
        Array(SHA256.hash(data: Data("\(name)\n".utf8) + JSONValue(payload).serialized))
    }
}
