import Foundation

/// A candidate as the policy looks at it. The only place of this target that needs Foundation (for NFKC).
enum PasswordText {
    /// Compatibility-composed: what is counted, and what is hashed (NIST SP 800-63B-4 §3.1.1.2).
    static func normalized(_ text: String) -> String {
        text.utf8.allSatisfy { $0 < 0x80 } ? text : text.precomposedStringWithCompatibilityMapping
    }

    /// The form in which words are compared: normalized and in lower case.
    static func folded(_ text: String) -> String { normalized(normalized(text).lowercased()) }
}
