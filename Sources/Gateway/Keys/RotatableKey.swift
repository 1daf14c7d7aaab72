import Storage
import Vocabulary

/// The keys that an administrator may rotate by hand, each tenant's own.
public enum RotatableKey: String, Sendable, CaseIterable {
    case headSigning = "head_signing"
    case credential
    case passwordPepper = "password_pepper"
    case personKey = "person_key"
    case record
    case digest
    case requestBinding = "request_binding"
    case tokenSigning = "token_signing"

    var purpose: KeyPurpose {
        switch self {
        case .headSigning: .headSigning
        case .credential: .credential
        case .passwordPepper: .passwordPepper
        case .personKey: .personKey
        case .record: .record
        case .digest: .digest
        case .requestBinding: .requestBinding
        case .tokenSigning: .tokenSigning
        }
    }

    /// What becomes of that which stands under the old key, in a sentence.
    public var consequence: String {
        switch self {
        case .headSigning: "Heads signed so far stay proven by the old key's public half."
        case .credential: "TOTP secrets are sealed anew in the background."
        case .passwordPepper: "Each password is hashed anew at its person's next login; the old key is kept until then."
        case .personKey: "People's keys are sealed anew in the background."
        case .record:
            "Snapshots and held plans are sealed anew in the background; answers to commands are forgotten within a day, "
                + "recorded decisions with their retention."
        case .digest: "Counts of failed logins begin anew; digests in the journal no longer compare with earlier ones."
        case .tokenSigning:
            "The private keys that sign tokens are sealed anew in the background; which key signs does not change."
        case .requestBinding: "Pages that are open have to be loaded anew, and lists asked for from their beginning."
        }
    }
}

extension KeyPurpose {
    static let rotatable = RotatableKey.allCases.map(\.purpose)
}
