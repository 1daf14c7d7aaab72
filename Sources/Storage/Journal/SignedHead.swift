import Vocabulary

/// A signed statement that at `time` the tenant's tree of this epoch had `size` leaves under `root`.
public struct SignedHead: Hashable, Sendable, Codable {
    public let tenant: TenantID
    /// Grows by one at each restore.
    public let epoch: Int64
    public let size: Int64
    /// RFC 9162 §2.1.1, 32 bytes.
    public let root: [UInt8]
    public let time: Timestamp
    public let keyID: KeyID
    /// Ed25519 over `message`.
    public let signature: [UInt8]

    public init(
        tenant: TenantID, epoch: Int64, size: Int64, root: [UInt8], time: Timestamp, keyID: KeyID, signature: [UInt8]
    ) {
        self.tenant = tenant
        self.epoch = epoch
        self.size = size
        self.root = root
        self.time = time
        self.keyID = keyID
        self.signature = signature
    }

    /// The bytes that are signed.
    public var message: [UInt8] { Self.message(tenant, epoch, size, root, time) }

    static func message(_ tenant: TenantID, _ epoch: Int64, _ size: Int64, _ root: [UInt8], _ time: Timestamp)
        -> [UInt8]
    {
        var bytes = Array("gatehouse head v1\n".utf8)
        bytes.append(tenant)
        bytes.append(bigEndian: epoch)
        bytes.append(bigEndian: size)
        bytes.append(bigEndian: time.microseconds)
        return bytes + root
    }
}

/// Somewhere outside the database that signed heads are copied to.
public protocol HeadSink: Sendable {
    /// Keeps the heads durably, or throws.
    func publish(_ heads: [SignedHead]) throws
    /// The newest head per tenant that this sink kept; empty for sinks that cannot read back.
    func newest() throws -> [TenantID: SignedHead]
}
