import CArgon2
import Vocabulary

/// A stored argon2 hash with everything that is needed to make it again.
struct Argon2Hash: Hashable, Sendable {
    enum Variant: String, Sendable {
        case argon2id, argon2i, argon2d
    }

    static let currentVersion = 19
    static let saltLength = 16
    static let digestLength = 32

    let variant: Variant
    let version: Int
    let parameters: Argon2Parameters
    /// Which pepper key went in first; nil when none did.
    let pepperKeyID: String?
    let salt: [UInt8]
    let digest: [UInt8]

    /// A hash as made today: argon2id, version 1.3.
    init(parameters: Argon2Parameters, pepperKeyID: String?, salt: [UInt8], digest: [UInt8]) {
        variant = .argon2id
        version = Self.currentVersion
        self.parameters = parameters
        self.pepperKeyID = pepperKeyID
        self.salt = salt
        self.digest = digest
    }

    /// Nil when this is not a well-formed argon2 hash. Costs are judged by `ImportLimits`.
    init?(_ phc: PHCString) {
        guard let variant = Variant(rawValue: phc.identifier), let salt = phc.salt, let digest = phc.hash,
            let memory = phc.integer("m"), let iterations = phc.integer("t"), let lanes = phc.integer("p"),
            phc.parameters.map(\.name) == ["m", "t", "p"] + (phc["keyid"] == nil ? [] : ["keyid"]),
            phc.version == nil || phc.version == 16 || phc.version == 19,
            (8...64).contains(salt.count), (16...64).contains(digest.count), lanes >= 1, iterations >= 1,
            memory >= 8 * lanes
        else { return nil }
        self.variant = variant
        // A string without a version is of 1.0, the first that was released.
        version = phc.version ?? 16
        parameters = Argon2Parameters(unchecked: memory, iterations: iterations, lanes: lanes)
        pepperKeyID = phc["keyid"]
        self.salt = salt
        self.digest = digest
    }

    var phc: PHCString {
        var fields = [
            PHCString.Parameter("m", "\(parameters.memoryKiB)"), .init("t", "\(parameters.iterations)"),
            .init("p", "\(parameters.lanes)"),
        ]
        if let pepperKeyID { fields.append(.init("keyid", pepperKeyID)) }
        return PHCString(
            identifier: variant.rawValue, version: version, parameters: fields, salt: salt, hash: digest)
    }

    func needsRehash(parameters current: Argon2Parameters, pepperKeyID currentKey: String?) -> Bool {
        variant != .argon2id || version != Self.currentVersion || pepperKeyID != currentKey
            || salt.count < Self.saltLength || digest.count < Self.digestLength
            || parameters.isOutgrown(by: current)
    }

    /// Derives the digest of `password` with this hash's salt and costs. Blocks; runs on a hashing thread.
    /// - Throws: `passwords.memory` when the memory cannot be had, `passwords.argon2` for any other refusal.
    static func derive(_ password: SecretBuffer, like hash: Argon2Hash) throws(Fault) -> SecretBuffer {
        var status: Int32 = 0
        let derived = SecretBuffer(count: hash.digest.count) { output in
            status = password.withBytes { input in
                argon2_hash(
                    UInt32(hash.parameters.iterations), UInt32(hash.parameters.memoryKiB),
                    UInt32(hash.parameters.lanes), input.baseAddress, input.count, hash.salt, hash.salt.count,
                    output.baseAddress, output.count, nil, 0, hash.variant.type, UInt32(hash.version))
            }
        }
        guard status == ARGON2_OK.rawValue else {
            let code = status == ARGON2_MEMORY_ALLOCATION_ERROR.rawValue ? "passwords.memory" : "passwords.argon2"
            throw Fault(code, .ourselves, "Argon2 refused: \(String(cString: argon2_error_message(status))).")
        }
        return derived
    }
}

extension Argon2Hash.Variant {
    fileprivate var type: argon2_type {
        switch self {
        case .argon2id: Argon2_id
        case .argon2i: Argon2_i
        case .argon2d: Argon2_d
        }
    }
}
