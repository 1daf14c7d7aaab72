import Foundation
import Storage
import Vocabulary

/// Making what a new installation needs and nothing ever makes again.
public enum Installation {
    /// Writes a new master key to a file (mode 0400) that must not exist yet, and beside it, under `.recovery`, the
    /// same key sealed under a code. Answers the code, which is nowhere else: print it once, keep it apart.
    ///
    /// - Throws: `Fault` `configuration.secret_exists`, `configuration.write_failed`.
    public static func makeMasterKey(at path: String) throws -> SecretText {
        let key = MasterKey.generate()
        let recovery = try RecoveryKey.make(for: key)
        try SecretFile.create(path, key.hexadecimal + "\n")
        try SecretFile.create(path + ".recovery", Data(recovery.sealed).base64EncodedString() + "\n")
        return recovery.code
    }

    /// Opens a sealed master key with the code that was printed when it was made, and writes it to a new file.
    ///
    /// - Throws: `keys.recovery_mistyped`, `keys.refused` when code and file do not belong together,
    ///   `configuration.secret_exists`.
    public static func recoverMasterKey(sealed path: String, code: SecretText, to target: String) throws {
        try SecretFile.create(target, try openRecovery(sealed: path, code: code).hexadecimal + "\n")
    }

    static func openRecovery(sealed path: String, code: SecretText) throws -> MasterKey {
        guard let data = Data(base64Encoded: try SecretFile.read(path)) else {
            throw Fault(
                "keys.recovery_malformed", .caller, "\(path) is not a sealed master key.",
                remedy: "Name the file that `gatehouse init` wrote beside the master key, master.key.recovery.")
        }
        return try RecoveryKey.open(code: code, sealed: [UInt8](data))
    }

    /// Writes one secret to a new file of mode 0400.
    ///
    /// - Throws: `Fault` `configuration.secret_exists`, `configuration.write_failed`.
    public static func writeSecret(_ secret: SecretText, to path: String) throws {
        try SecretFile.create(path, secret.reveal() + "\n")
    }
}
