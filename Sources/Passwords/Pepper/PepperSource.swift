import Crypto
import Vocabulary

/// Where pepper keys come from: HMAC-SHA256 over the normalized password before argon2, under a key that the database
/// does not hold. The key's id stands in the stored hash (`keyid=`), so that keys can be rotated.
public struct PepperSource: Sendable {
    /// The key for new hashes; nil when passwords are not peppered.
    public let currentKeyID: String?
    private let tag: @Sendable (_ keyID: String, _ message: [UInt8]) throws -> [UInt8]?

    /// No pepper. A stored hash that names a key then fails with `passwords.pepper-missing`.
    public static let none = PepperSource(unchecked: nil) { _, _ in nil }

    /// Asks `tag` for HMAC-SHA256 under the named key; nil means that no such key is known.
    /// - Throws: `passwords.pepper-key` when the id is not 1 to 64 of `a-z A-Z 0-9 / + . -`.
    public init(
        currentKeyID: String, tag: @escaping @Sendable (_ keyID: String, _ message: [UInt8]) throws -> [UInt8]?
    ) throws(Fault) {
        guard PHCString.isValue(currentKeyID) else {
            throw Fault("passwords.pepper-key", .ourselves, "A pepper key's id has characters a hash cannot carry.")
        }
        self.init(unchecked: currentKeyID, tag: tag)
    }

    /// Holds the keys itself, by id.
    /// - Throws: `passwords.pepper-key` for an unfit id, a key under 16 bytes, or a current key that is not among them.
    public init(currentKeyID: String, keys: [String: SecretBytes]) throws(Fault) {
        guard keys[currentKeyID] != nil, keys.values.allSatisfy({ $0.reveal().count >= 16 }) else {
            throw Fault(
                "passwords.pepper-key", .ourselves, "The current pepper key is missing, or a key is under 16 bytes.")
        }
        try self.init(currentKeyID: currentKeyID) { keyID, message in
            guard let key = keys[keyID] else { return nil }
            return Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key.reveal())))
        }
    }

    private init(unchecked: String?, tag: @escaping @Sendable (String, [UInt8]) throws -> [UInt8]?) {
        currentKeyID = unchecked
        self.tag = tag
    }

    /// What goes into argon2 for a hash that names `keyID`: the tag, or the password itself when it names none.
    /// - Throws: `passwords.pepper-missing`, and whatever the source throws.
    func apply(keyID: String?, to password: SecretBuffer) throws -> SecretBuffer {
        guard let keyID else { return password }
        guard let tag = try tag(keyID, password.withBytes { Array($0) }) else {
            throw Fault(
                "passwords.pepper-missing", .ourselves, "The pepper key \(keyID) named by a stored hash is not known.",
                remedy: "Restore that key; without it the passwords made under it cannot be verified.")
        }
        return SecretBuffer(tag)
    }
}
