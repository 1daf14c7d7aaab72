import Vocabulary

/// The head every ciphertext, MAC and signature of ours begins with: version 1, purpose, tenant, key id (34 bytes).
struct KeyEnvelope: Equatable {
    static let version: UInt8 = 1
    static let headerLength = 34
    let purpose: KeyPurpose
    let tenant: TenantID
    let key: KeyID

    var header: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerLength)
        bytes.append(Self.version)
        bytes.append(purpose.rawValue)
        bytes.append(tenant)
        bytes.append(key)
        return bytes
    }

    /// Reads a head; throws `keys.malformed` for anything too short, of another version or of an unknown purpose.
    init(reading bytes: [UInt8]) throws {
        guard bytes.count >= Self.headerLength, bytes[0] == Self.version, let purpose = KeyPurpose(rawValue: bytes[1]),
            let tenant = TenantID(bytes: bytes[2..<18]), let key = KeyID(bytes: bytes[18..<34])
        else { throw Fault("keys.malformed", .ourselves, "A sealed value is not of a known form.") }
        self.init(purpose: purpose, tenant: tenant, key: key)
    }

    init(purpose: KeyPurpose, tenant: TenantID, key: KeyID) {
        self.purpose = purpose
        self.tenant = tenant
        self.key = key
    }
}

/// A message authentication code with the key that made it, so that it can be checked after a rotation.
public struct MAC: Hashable, Sendable {
    public let keyID: KeyID
    /// 32 bytes, HMAC-SHA-256.
    public let tag: [UInt8]
    public init(keyID: KeyID, tag: [UInt8]) {
        self.keyID = keyID
        self.tag = tag
    }
    /// Key id followed by tag, for storing in one column.
    public var bytes: [UInt8] { keyID.bytes + tag }
    public init?(bytes: [UInt8]) {
        guard bytes.count == 48, let id = KeyID(bytes: bytes[..<16]) else { return nil }
        self.init(keyID: id, tag: Array(bytes[16...]))
    }
}

extension [UInt8] {
    /// Appends an id's sixteen bytes without an intermediate array.
    mutating func append<Kind>(_ id: Identifier<Kind>) {
        append(bigEndian: id.high)
        append(bigEndian: id.low)
    }

    mutating func append<Number: FixedWidthInteger>(bigEndian number: Number) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }
}

extension Collection<UInt8> {
    /// The bytes read as one number, most significant first; callers pass at most eight.
    var bigEndianNumber: UInt64 { reduce(0) { $0 << 8 | UInt64($1) } }
}
