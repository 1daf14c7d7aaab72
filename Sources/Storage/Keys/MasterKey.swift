import Crypto
import Glibc
import Vocabulary

/// The one secret that opens everything else: 32 bytes kept outside the data directory and outside every backup.
///
/// It is made by `init` alone; a missing or wrong key stops the start instead of being replaced.
public struct MasterKey: Sendable, CustomStringConvertible, CustomReflectable {
    let key: SymmetricKey

    /// Takes exactly 32 bytes; throws `keys.master_malformed` otherwise.
    public init(bytes: [UInt8]) throws {
        guard bytes.count == 32 else { throw Self.malformed }
        key = SymmetricKey(data: bytes)
    }

    /// Reads 64 hexadecimal digits, as the file and the environment hold it; surrounding white space is allowed.
    public init(hexadecimal text: String) throws {
        let digits = text.utf8.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0x20 }
        guard digits.count == 64 else { throw Self.malformed }
        let values = try digits.map { byte -> UInt8 in
            switch byte {
            case 0x30...0x39: return byte - 0x30
            case 0x61...0x66: return byte - 0x61 + 10
            case 0x41...0x46: return byte - 0x41 + 10
            default: throw Self.malformed
            }
        }
        try self.init(bytes: stride(from: 0, to: 64, by: 2).map { values[$0] << 4 | values[$0 + 1] })
    }

    /// Reads the key file. Throws `keys.master_missing` when there is none, `keys.master_exposed` when others than
    /// its owner may read it (any mode beyond 0600).
    public init(file path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Fault(
                "keys.master_missing", .ourselves, "There is no master key at \(path).",
                remedy: "Put the key back from where it is kept, or recover it with the offline recovery key.")
        }
        guard status.st_mode & 0o177 == 0 else {
            throw Fault(
                "keys.master_exposed", .ourselves, "The master key \(path) is readable by others.",
                remedy: "Run: chmod 600 \(path)")
        }
        try self.init(hexadecimal: String(decoding: try Files.read(path, limit: 256), as: UTF8.self))
    }

    /// Makes a new key. Only `init` calls this.
    public static func generate() -> MasterKey { MasterKey(key: SymmetricKey(size: .bits256)) }

    private init(key: SymmetricKey) { self.key = key }

    /// Writes the key to a file of mode 0600 that must not exist yet.
    public func write(to path: String) throws {
        try Files.create(path, Array((hexadecimal + "\n").utf8))
    }

    /// The key as 64 hexadecimal digits.
    public var hexadecimal: String { key.withUnsafeBytes { Hex.text($0) } }
    var bytes: [UInt8] { key.withUnsafeBytes { Array($0) } }

    public var description: String { "‹secret›" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }

    private static let malformed = Fault(
        "keys.master_malformed", .ourselves, "The master key is not 64 hexadecimal digits.")
}

/// Lower-case hexadecimal, without Foundation.
public enum Hex {
    /// Two digits for each byte.
    public static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The bytes of lower- or upper-case digits; nil for anything else.
    public static func bytes(_ text: String) -> [UInt8]? {
        let digits = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count % 2 == 0, !digits.contains(nil) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8((digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0)) }
    }
}
