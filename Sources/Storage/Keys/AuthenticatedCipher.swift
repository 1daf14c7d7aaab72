import Crypto
import Vocabulary

/// AES-256-GCM with the purpose, tenant, key id and context bound to the ciphertext as associated data.
enum AuthenticatedCipher {
    static func seal(
        _ plaintext: [UInt8], key: SymmetricKey, envelope: KeyEnvelope, context: [UInt8]
    ) throws -> [UInt8] {
        var sealed = envelope.header
        let nonce = try AES.GCM.Nonce(data: RandomBytes.draw(12))
        let box = try AES.GCM.seal(plaintext, using: key, nonce: nonce, authenticating: sealed + context)
        sealed.reserveCapacity(sealed.count + 28 + plaintext.count)
        sealed.append(contentsOf: box.nonce)
        sealed.append(contentsOf: box.ciphertext)
        sealed.append(contentsOf: box.tag)
        return sealed
    }

    /// Throws `keys.refused` when the key, the head, the context or any byte is not the one it was sealed with.
    static func open(_ sealed: [UInt8], key: SymmetricKey, context: [UInt8]) throws -> [UInt8] {
        let start = KeyEnvelope.headerLength
        guard sealed.count >= start + 28 else { throw refused }
        do {
            let box = try AES.GCM.SealedBox(
                nonce: AES.GCM.Nonce(data: sealed[start..<start + 12]),
                ciphertext: sealed[(start + 12)..<(sealed.count - 16)], tag: sealed[(sealed.count - 16)...])
            return [UInt8](try AES.GCM.open(box, using: key, authenticating: sealed[..<start] + context))
        } catch {
            throw refused
        }
    }

    static let refused = Fault("keys.refused", .ourselves, "A sealed value does not open with its key and context.")
}
