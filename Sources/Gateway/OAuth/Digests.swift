import Crypto
import Foundation

/// SHA-256 of texts that are random enough to need neither key nor salt.
enum Digests {
    static func sha256(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Data(text.utf8))) }
}
