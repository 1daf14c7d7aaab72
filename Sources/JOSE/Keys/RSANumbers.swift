/// What we ask of the numbers of an RSA key before the mathematics see them.
enum RSANumbers {
    /// Bits of a modulus; the upper bound holds the time one verification takes.
    static let modulusBits = 2_048...8_192
    /// Bytes of an exponent: with a longer one a verification takes as long as its author likes.
    static let exponentLength = 8

    /// - Throws: `JOSEError` with `malformed_key` or `weak_key`.
    static func material(modulus: [UInt8], exponent: [UInt8]) throws -> KeyMaterial {
        // RFC 7518 §6.3.1: as few octets as represent the value.
        guard let first = modulus.first, first != 0, let last = modulus.last else {
            throw JOSEError(.malformedKey, "n")
        }
        guard let head = exponent.first, head != 0, let tail = exponent.last else {
            throw JOSEError(.malformedKey, "e")
        }
        let bits = modulus.count * 8 - first.leadingZeroBitCount
        guard modulusBits.contains(bits), last & 1 == 1 else { throw JOSEError(.weakKey, "n") }
        guard exponent.count <= exponentLength, tail & 1 == 1, exponent != [1] else { throw JOSEError(.weakKey, "e") }
        guard !isPredictable(modulus) else { throw JOSEError(.weakKey, "n") }
        return .rsa(modulus: modulus, exponent: exponent)
    }

    /// Whether the modulus bears the mark of a smart card library whose primes can be computed (ROCA, CVE-2017-15361):
    /// modulo each of these primes it is a power of 65537.
    static func isPredictable(_ modulus: [UInt8]) -> Bool {
        marks.allSatisfy { mark in
            let residue = modulus.reduce(0) { ($0 << 8 | Int($1)) % mark.prime }
            return mark.powers.contains(residue)
        }
    }

    private static let marks: [(prime: Int, powers: Set<Int>)] = [
        11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157,
    ].map { prime in
        var powers: Set<Int> = []
        var power = 1
        while powers.insert(power).inserted { power = power * 65_537 % prime }
        return (prime, powers)
    }
}
