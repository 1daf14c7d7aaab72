import COpenSSL
import Vocabulary

/// scrypt (RFC 7914) as `$scrypt$ln=…,r=…,p=…$salt$hash`.
struct ScryptHash: Hashable, Sendable {
    /// Base-2 logarithm of N.
    let logN: Int
    let blockSize: Int
    let parallelization: Int
    let salt: [UInt8]
    let hash: [UInt8]

    /// 128·N·r bytes (RFC 7914 §2), in KiB rounded up.
    var memoryKiB: Int { ((128 << logN) * blockSize + 1_023) / 1_024 }

    init?(_ phc: PHCString) {
        guard phc.identifier == "scrypt", phc.version == nil, phc.parameters.map(\.name) == ["ln", "r", "p"],
            let logN = phc.integer("ln"), let blockSize = phc.integer("r"), let parallelization = phc.integer("p"),
            let salt = phc.salt, let hash = phc.hash, (1...30).contains(logN), (1...64).contains(blockSize),
            (1...64).contains(parallelization), (1...64).contains(salt.count), (16...64).contains(hash.count)
        else { return nil }
        self.logN = logN
        self.blockSize = blockSize
        self.parallelization = parallelization
        self.salt = salt
        self.hash = hash
    }

    /// Blocks; runs on a hashing thread.
    /// - Throws: `passwords.openssl` when the library refuses.
    func matches(_ password: SecretBuffer) throws(Fault) -> Bool {
        var status: Int32 = 0
        // Its own work area beside V: 128·r·p bytes and a little.
        let ceiling = UInt64(memoryKiB) * 1_024 + UInt64(128 * blockSize * (parallelization + 4)) + 65_536
        let derived = SecretBuffer(count: hash.count) { output in
            status = password.withBytes { input in
                EVP_PBE_scrypt(
                    input.baseAddress?.assumingMemoryBound(to: CChar.self), input.count, salt, salt.count,
                    UInt64(1) << UInt64(logN), UInt64(blockSize), UInt64(parallelization), ceiling,
                    output.baseAddress?.assumingMemoryBound(to: UInt8.self), output.count)
            }
        }
        guard status == 1 else { throw Fault("passwords.openssl", .ourselves, "OpenSSL refused to derive scrypt.") }
        return derived.equals(hash)
    }
}
