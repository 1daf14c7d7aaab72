import Crypto
import Foundation
import Storage
import Vocabulary

extension GovernanceRequest {
    /// SHA-256 of what tells two commands apart.
    static func digest(of name: String, _ payload: AttributeValue) throws -> [UInt8] {
        let json = try JSONColumn.text(of: payload)
        return Array(SHA256.hash(data: Data("\(name)\n\(json)".utf8)))
    }
}
