/// Writes entries as LDIF (RFC 2849), encoding what is not safe as text.
struct LDIFWriter {
    private(set) var bytes: [UInt8] = []

    mutating func entry(_ dn: String, _ attributes: [(String, String)]) {
        line("dn", dn)
        for (name, value) in attributes { line(name, value) }
        bytes.append(0x0A)
    }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    private mutating func line(_ name: String, _ value: String) {
        bytes += name.utf8
        if Self.isSafe(value) {
            bytes += ": ".utf8
            bytes += value.utf8
        } else {
            bytes += ":: ".utf8
            Self.appendBase64(Array(value.utf8), to: &bytes)
        }
        bytes.append(0x0A)
    }

    private static func isSafe(_ value: String) -> Bool {
        guard let first = value.utf8.first, let last = value.utf8.last else { return true }
        return ![0x20, 0x3A, 0x3C].contains(first) && last != 0x20
            && value.utf8.allSatisfy { $0 != 0 && $0 != 0x0A && $0 != 0x0D && $0 < 0x80 }
    }

    private static func appendBase64(_ value: [UInt8], to bytes: inout [UInt8]) {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for start in stride(from: 0, to: value.count, by: 3) {
            let group = value[start..<min(start + 3, value.count)]
            let number = (0..<3).reduce(0) { $0 << 8 | (start + $1 < value.count ? Int(value[start + $1]) : 0) }
            for place in 0..<4 {
                bytes.append(place <= group.count ? digits[number >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
    }
}
