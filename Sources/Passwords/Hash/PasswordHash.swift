import Vocabulary

/// A stored password hash: argon2id as made here, or one of the formats that are accepted from elsewhere.
///
/// Reading is bounded in length and cost: a hash whose verification would take absurd time or memory is refused when it
/// is read, not when somebody signs in. Its description never shows the hash.
public struct PasswordHash: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    enum Scheme: Hashable, Sendable {
        case argon2(Argon2Hash)
        case crypt(UnixCryptHash)
        case pbkdf2(PBKDF2Hash)
        case scrypt(ScryptHash)
        case directory(DirectoryDigest)
    }

    let scheme: Scheme
    /// The text to store.
    public let encoded: String

    /// Reads a stored or imported hash.
    /// - Throws: `passwords.hash-malformed` for an unknown or malformed format, `passwords.hash-cost` for a cost above
    ///   `limits`. Neither message repeats the hash.
    public init(_ encoded: String, limits: ImportLimits = .standard) throws(Fault) {
        guard encoded.utf8.count <= PHCString.lengthLimit, let scheme = Self.read(encoded) else {
            throw Fault(
                "passwords.hash-malformed", .caller, "The password hash has an unknown or malformed format.",
                remedy: "Accepted are argon2, bcrypt, PBKDF2, scrypt, md5/sha256/sha512 crypt and (S)SHA.")
        }
        guard limits.allow(scheme) else {
            throw Fault(
                "passwords.hash-cost", .caller, "The password hash's cost (\(Self.name(scheme))) is above the limit.",
                remedy: "Invite this person to set a new password, or raise the import limits.")
        }
        self.scheme = scheme
        self.encoded = encoded
    }

    init(_ hash: Argon2Hash) {
        scheme = .argon2(hash)
        encoded = hash.phc.description
    }

    /// The format's name: `argon2id`, `bcrypt`, `pbkdf2-sha256`, `scrypt`, `sha512-crypt`, `ssha1` …
    public var format: String { Self.name(scheme) }

    /// Which pepper key it was made with, nil for none. A key may be retired once no stored hash names it.
    public var pepperKeyID: String? {
        guard case .argon2(let hash) = scheme else { return nil }
        return hash.pepperKeyID
    }

    /// Whether a successful login should replace this hash: an imported format, lesser costs or another pepper key.
    public func needsRehash(parameters: Argon2Parameters, pepperKeyID: String?) -> Bool {
        guard case .argon2(let hash) = scheme else { return true }
        return hash.needsRehash(parameters: parameters, pepperKeyID: pepperKeyID)
    }

    public var description: String { "‹\(format) hash›" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension PasswordHash {
    private static func read(_ text: String) -> Scheme? {
        if text.hasPrefix("{") { return readDirectory(text) }
        if let hash = UnixCryptHash(text) { return .crypt(hash) }
        if let hash = PBKDF2Hash(text) { return .pbkdf2(hash) }
        guard let phc = PHCString(text) else { return nil }
        if let hash = Argon2Hash(phc) { return .argon2(hash) }
        return ScryptHash(phc).map { .scrypt($0) }
    }

    /// RFC 2307 §5.3 `userPassword` values: `{CRYPT}` wraps a crypt string, the digests stand for themselves.
    private static func readDirectory(_ text: String) -> Scheme? {
        guard text.prefix(7).uppercased() == "{CRYPT}" else {
            return DirectoryDigest(text).map { .directory($0) }
        }
        return UnixCryptHash(String(text.dropFirst(7))).map { .crypt($0) }
    }

    private static func name(_ scheme: Scheme) -> String {
        switch scheme {
        case .argon2(let hash): hash.variant.rawValue
        case .crypt(let hash): hash.method.rawValue
        case .pbkdf2(let hash): "pbkdf2-" + hash.digest.rawValue
        case .scrypt: "scrypt"
        case .directory(let hash): (hash.salt.isEmpty ? "" : "s") + hash.digest.rawValue
        }
    }
}
