/// ECDH-ES (RFC 7518 §4.6): from one key of ours and one of theirs to the bytes that encrypt.
enum KeyAgreement {
    /// Bytes of `apu` and of `apv`.
    static let partyLimit = 512

    /// What a header says of the agreement.
    struct Parameters {
        let ephemeral: JSONWebKey
        let partyU: [UInt8]
        let partyV: [UInt8]

        /// - Throws: `JOSEError` with `malformed_header`, or what is wrong with the ephemeral key.
        init(_ header: JSONObject) throws {
            guard let json = header["epk"]?.object else { throw JOSEError(.malformedHeader, "epk") }
            ephemeral = try JSONWebKey(json)
            partyU = try Self.party("apu", header)
            partyV = try Self.party("apv", header)
        }

        private static func party(_ name: String, _ header: JSONObject) throws -> [UInt8] {
            guard let value = header[name] else { return [] }
            guard let text = value.text, let bytes = Base64URL.decode(text), bytes.count <= partyLimit else {
                throw JOSEError(.malformedHeader, name)
            }
            return bytes
        }
    }

    /// The key of `length` bytes that both sides derive (NIST SP 800-56A §5.8.1, RFC 7518 §4.6.2).
    ///
    /// - Parameter name: the algorithm it is for: of the content, or of the wrapping.
    static func derive(
        _ shared: SecretOctets, name: String, partyU: [UInt8], partyV: [UInt8], length: Int
    ) throws -> SecretOctets {
        func counted(_ bytes: [UInt8]) -> [UInt8] { bigEndian(UInt32(bytes.count)) + bytes }
        let info = counted(Array(name.utf8)) + counted(partyU) + counted(partyV) + bigEndian(UInt32(length * 8))
        let size = HashFunction.sha256.length
        let rounds = (length + size - 1) / size
        let derived = try SecretOctets(count: rounds * size) { start in
            for round in 0..<rounds {
                let counter = bigEndian(UInt32(round + 1))
                try HashFunction.sha256.hash(counter, shared, info, into: start + round * size)
            }
        }
        return derived.split(at: length).0
    }
}
