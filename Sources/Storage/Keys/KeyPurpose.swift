/// What a key is for. A ciphertext, MAC or signature made for one purpose is refused for every other.
/// The numbers are stored; they are never reused.
public enum KeyPurpose: UInt8, Sendable, CaseIterable, Hashable {
    /// Tenant keys under the master key; used by the key ring alone.
    case tenantKey = 1
    /// Person keys under their tenant's key.
    case personKey = 2
    /// Ed25519 signatures over heads of the journal.
    case headSigning = 3
    /// TOTP secrets and whatever a credential keeps readable.
    case credential = 4
    /// Pepper of local passwords.
    case passwordPepper = 5
    /// Keyed digests of unknown login names and undeclared values in the journal and in decisions.
    case digest = 6
    /// Tokens against cross-site request forgery, and flow bindings.
    case requestBinding = 7
    // 8 was for secrets of providers in rows, which there are none of.
    /// Personal data held in rows beside the journal.
    case record = 9
    // 10 was for codes that people type, of which plain hashes are kept.
    /// Private keys that sign tokens.
    case tokenSigning = 11

    /// The word that the journal, the API and the command line use.
    public var word: String {
        switch self {
        case .tenantKey: "tenant_key"
        case .personKey: "person_key"
        case .headSigning: "head_signing"
        case .credential: "credential"
        case .passwordPepper: "password_pepper"
        case .digest: "digest"
        case .requestBinding: "request_binding"
        case .record: "record"
        case .tokenSigning: "token_signing"
        }
    }
}
