import Foundation
import Vocabulary

/// The one place where a typed password becomes bytes, and the only one here that needs Foundation (for NFKC).
enum PasswordNormalization {
    /// Longest password in bytes of UTF-8 as typed; longer is refused before any hashing.
    static let lengthLimit = 1_024

    /// NFKC (RFC 8265 §4.2.2 asks for NFC, NIST SP 800-63B-4 §3.1.1.2 allows NFKC; keyboards differ in what they send).
    /// - Throws: `passwords.too-long`.
    static func normalized(_ password: SecretText) throws(Fault) -> SecretBuffer {
        try checkLength(password)
        return SecretBuffer(Array(password.reveal().precomposedStringWithCompatibilityMapping.utf8))
    }

    /// The bytes an imported hash may have been made from: as typed, then normalized where that differs.
    /// - Throws: `passwords.too-long`.
    static func spellings(_ password: SecretText) throws(Fault) -> [SecretBuffer] {
        try checkLength(password)
        let typed = Array(password.reveal().utf8)
        let normal = Array(password.reveal().precomposedStringWithCompatibilityMapping.utf8)
        return typed == normal ? [SecretBuffer(typed)] : [SecretBuffer(typed), SecretBuffer(normal)]
    }

    private static func checkLength(_ password: SecretText) throws(Fault) {
        guard password.reveal().utf8.count <= lengthLimit else {
            throw Fault("passwords.too-long", .caller, "The password is longer than \(lengthLimit) bytes.")
        }
    }
}
