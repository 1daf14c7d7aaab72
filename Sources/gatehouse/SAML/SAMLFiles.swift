import Foundation
@_spi(SAMLDebugging) import SAML

/// Files that SAML commands read.
enum SAMLFiles {
    /// Metadata may be long; messages are held to their own limit when they are parsed.
    private static let byteLimit = 67_108_864

    /// - Throws: `CommandRefusal` for a file that cannot be read or is too long.
    static func read(_ path: String) throws -> [UInt8] {
        do {
            let handle =
                path == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            let data = try handle.read(upToCount: byteLimit + 1) ?? Data()
            guard data.count <= byteLimit else { throw CommandRefusal("\(path) has more than \(byteLimit) bytes.") }
            return [UInt8](data)
        } catch let refusal as CommandRefusal {
            throw refusal
        } catch {
            throw CommandRefusal("\(path) cannot be read.")
        }
    }

    /// Messages begin with a tag, or are base64 of what begins with one; what is not XML then is DEFLATE.
    static func encoding(of bytes: [UInt8]) -> SAMLInspection.Encoding {
        if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "<") || bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            return .xml
        }
        guard let decoded = SAMLBase64.decode(bytes) else { return .base64 }
        return decoded.first(where: { $0 > 0x20 }) == UInt8(ascii: "<") ? .base64 : .deflated
    }

    /// The certificates and public keys of a PEM file: each block is one.
    static func verificationKeys(_ path: String) throws -> [SAMLVerificationKey] {
        let text = String(decoding: try read(path), as: UTF8.self)
        let ends = ["-----END CERTIFICATE-----", "-----END PUBLIC KEY-----"]
        var keys: [SAMLVerificationKey] = []
        var block = ""
        for line in text.split(whereSeparator: \.isNewline) {
            block += line + "\n"
            guard ends.contains(where: line.contains) else { continue }
            keys.append(try named(path) { try SAMLVerificationKey(pem: block) })
            block = ""
        }
        guard !keys.isEmpty else { throw CommandRefusal("\(path) has no certificate and no public key in PEM.") }
        return keys
    }

    static func decryptionKey(_ path: String) throws -> SAMLDecryptionKey {
        try named(path) { try SAMLDecryptionKey(pem: String(decoding: try read(path), as: UTF8.self)) }
    }

    private static func named<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as SAMLError {
            throw CommandRefusal("\(path): \(error.detail).")
        }
    }
}
