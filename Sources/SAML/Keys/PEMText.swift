/// The blocks of a PEM text (RFC 7468).
enum PEMText {
    struct Block {
        let label: String
        let bytes: [UInt8]
    }

    /// The first block with one of these labels.
    ///
    /// - Throws: `SAMLError` with `KEY`.
    static func first(in text: String, labels: [String]) throws -> Block {
        guard text.utf8.count <= 4 * SAMLVerificationKey.byteLimit else {
            throw SAMLError(.key, "the PEM text has too many bytes")
        }
        var label: String?
        var body = ""
        for line in text.split(whereSeparator: \.isNewline) {
            let line = String(line).trimmingXMLSpace()
            if line.hasPrefix("-----BEGIN "), line.hasSuffix("-----") {
                label = String(line.dropFirst(11).dropLast(5))
                body = ""
            } else if line.hasPrefix("-----END ") {
                guard let found = label, labels.contains(found) else { continue }
                guard let bytes = SAMLBase64.decode(body) else { throw SAMLError(.key, "the PEM text is not base64") }
                return Block(label: found, bytes: bytes)
            } else if label != nil {
                body += line
            }
        }
        throw SAMLError(.key, "no \(labels.joined(separator: " and no ")) is in the PEM text")
    }
}
