/// A private key with its public half, read or drawn; what signing and decryption keys are made of.
struct PrivateKey: Sendable {
    let publicKey: JSONWebKey
    let pair: EVPKey
    private let secret: EVPKey.PrivatePart

    private init(_ publicKey: JSONWebKey, _ pair: EVPKey, _ secret: EVPKey.PrivatePart) {
        self.publicKey = publicKey
        self.pair = pair
        self.secret = secret
    }

    /// Reads a private JWK. An RSA key comes with its factors (RFC 7518 §6.3.2), and with two of them.
    ///
    /// - Throws: `JOSEError`.
    init(_ json: JSONObject) throws {
        publicKey = try JSONWebKey(publicPartOf: json, refusingSecrets: false)
        secret = try Self.secret(of: publicKey.material, json)
        if case .rsa(let modulus, let exponent) = publicKey.material {
            try RSAConsistency.require(modulus: modulus, exponent: exponent, secret)
        }
        pair = try EVPKey.make(publicKey.material, secret)
        if case .rsa = publicKey.material { try provePair() }
    }

    private static func secret(of material: KeyMaterial, _ json: JSONObject) throws -> EVPKey.PrivatePart {
        func octets(_ name: String, _ length: Int? = nil) throws -> SecretOctets {
            SecretOctets(try json.octets(name, length))
        }
        switch material {
        case .rsa:
            guard json["oth"] == nil else { throw JOSEError(.unsupportedKey, "oth") }
            let factors = try EVPKey.PrivatePart.factorNames.map { try octets($0) }
            return EVPKey.PrivatePart(d: try octets("d"), factors: factors)
        case .ellipticCurve(let curve, _, _): return EVPKey.PrivatePart(d: try octets("d", curve.coordinateLength))
        case .octetKeyPair: return EVPKey.PrivatePart(d: try octets("d", OctetCurve.keyLength))
        }
    }

    /// That the factors are primes is not asked (it takes long); one signature tells whether they do for some.
    private func provePair() throws {
        let message = Array("a pair".utf8)
        guard let signature = try? SignatureOperation(.sign, pair, .rs256).sign(message),
            try SignatureOperation(.verify, publicKey.key, .rs256).verify(signature, over: message)
        else { throw JOSEError(.malformedKey, "d") }
    }

    /// Reads a private key in PEM; without a name its thumbprint is its name.
    static func read(pem text: String, keyID: String?) throws -> PrivateKey {
        let read = try EVPKey.read(pem: text)
        let (material, secret) = try read.parts()
        var description = KeyDescription(keyID: keyID, use: "sig")
        let key = try EVPKey.make(material)
        if keyID == nil { description.keyID = try JSONWebKey(material, description, key).thumbprintText() }
        // Held to the same as a JWK is.
        return try PrivateKey(
            JSONObject(parsing: PrivateKey(JSONWebKey(material, description, key), read, secret).serialized().reveal()))
    }

    /// Draws a new key; without a name its thumbprint is its name.
    static func generate(
        _ kind: Kind, keyID: String?, use: String, algorithm: String
    ) throws -> PrivateKey {
        let (pair, material, secret) = try kind.draw()
        var description = KeyDescription(keyID: keyID, use: use, algorithm: algorithm)
        let key = try EVPKey.make(material)
        if keyID == nil { description.keyID = try JSONWebKey(material, description, key).thumbprintText() }
        return PrivateKey(JSONWebKey(material, description, key), pair, secret)
    }

    /// The private JWK, to be sealed and kept.
    func serialized() -> SecretOctets {
        var json = publicKey.json
        func set(_ name: String, _ value: SecretOctets) { json[name] = .string(Base64URL.encode(value.reveal())) }
        set("d", secret.d)
        for (name, factor) in zip(EVPKey.PrivatePart.factorNames, secret.factors) { set(name, factor) }
        return SecretOctets(json.serialized)
    }
}

extension PrivateKey {
    /// The kinds of keys that can be drawn.
    enum Kind {
        case rsa(bits: Int)
        case elliptic(EllipticCurve)
        case octets(OctetCurve)

        func draw() throws -> (EVPKey, KeyMaterial, EVPKey.PrivatePart) {
            switch self {
            case .rsa(let bits):
                guard RSANumbers.modulusBits.contains(bits), bits % 8 == 0 else { throw JOSEError(.weakKey, "n") }
                let pair = try EVPKey.generateRSA(bits: bits)
                return (pair, try pair.rsaMaterial(), try pair.rsaPrivatePart())
            case .elliptic(let curve):
                let pair = try EVPKey.generate(curve)
                return (pair, try pair.material(on: curve), try pair.privatePart(on: curve))
            case .octets(let curve):
                let pair = try EVPKey.generate(curve)
                return (pair, try pair.material(on: curve), try pair.rawPrivatePart())
            }
        }
    }
}
