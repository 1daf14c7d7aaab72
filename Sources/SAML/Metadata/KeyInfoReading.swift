/// Reads `ds:KeyInfo` as the Metadata Interoperability Profile §2.6.1 has it: a certificate, or a bare key.
enum KeyInfoReading {
    /// - Returns: nil when it holds neither a certificate nor a key that can be read.
    static func key(in descriptor: XMLElement) -> MetadataKey? {
        guard let info = descriptor.child(.ds("KeyInfo")) else { return nil }
        let names = info.children(.ds("KeyName")).map { $0.text.trimmingXMLSpace() }
        let use = descriptor.attribute("use").flatMap(MetadataKey.Use.init)
        let methods = descriptor.children(.md("EncryptionMethod")).compactMap(method)
        if let text = certificate(in: info) {
            // One that cannot be read is not passed over for a key beside it: they would be two keys.
            guard let der = SAMLBase64.decode(text) else { return nil }
            return MetadataKey(certificate: der, use: use, names: names, encryptionMethods: methods)
        }
        guard let spki = bareKey(in: info) else { return nil }
        return MetadataKey(publicKey: spki, use: use, names: names, encryptionMethods: methods)
    }

    /// The first, which is the one that holds the key.
    private static func certificate(in info: XMLElement) -> String? {
        for data in info.children(.ds("X509Data")) {
            if let found = data.child(.ds("X509Certificate")) { return found.text }
        }
        return nil
    }

    private static func bareKey(in info: XMLElement) -> [UInt8]? {
        if let der = info.child(XMLName(XMLNamespace.signature11, "DEREncodedKeyValue")) {
            return SAMLBase64.decode(der.text)
        }
        guard let rsa = info.child(.ds("KeyValue"))?.child(.ds("RSAKeyValue")),
            let modulus = rsa.child(.ds("Modulus")).flatMap({ SAMLBase64.decode($0.text) }),
            let exponent = rsa.child(.ds("Exponent")).flatMap({ SAMLBase64.decode($0.text) }),
            (1...2_048).contains(modulus.count), (1...64).contains(exponent.count)
        else { return nil }
        return DER.rsaPublicKey(modulus: modulus, exponent: exponent)
    }

    private static func method(_ element: XMLElement) -> MetadataKey.EncryptionMethod? {
        element.attribute("Algorithm").map {
            MetadataKey.EncryptionMethod($0, digest: element.child(.ds("DigestMethod"))?.attribute("Algorithm"))
        }
    }
}

/// As much of DER as a public key of RSA is written in (RFC 8017 §A.1.1, RFC 5280 §4.1).
enum DER {
    static func rsaPublicKey(modulus: [UInt8], exponent: [UInt8]) -> [UInt8] {
        let key = value(0x30, number(modulus) + number(exponent))
        // rsaEncryption, with the NULL it has for parameters.
        let algorithm: [UInt8] = [0x30, 13, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 13, 1, 1, 1, 5, 0]
        return value(0x30, algorithm + value(3, [0] + key))
    }

    private static func number(_ bytes: [UInt8]) -> [UInt8] {
        var digits = Array(bytes.drop { $0 == 0 })
        if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
        return value(2, digits)
    }

    private static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = content.count
        if rest < 0x80 { return [tag, UInt8(rest)] + content }
        while rest > 0 {
            length.insert(UInt8(rest & 0xFF), at: 0)
            rest >>= 8
        }
        return [tag, 0x80 | UInt8(length.count)] + length + content
    }
}
