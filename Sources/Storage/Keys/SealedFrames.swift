import Vocabulary

/// A value that is too large for one envelope: envelopes one after the other, each behind its length and bound to its
/// place, so that none can be moved, left out or taken from another value.
public struct SealedFrames {
    /// The bytes as they are stored.
    public private(set) var bytes: [UInt8] = []
    private let keys: KeyRing
    private let purpose: KeyPurpose
    private let tenant: TenantID
    private let context: [UInt8]
    private var count: UInt32 = 0

    /// - Parameter context: what the whole value belongs to.
    public init(keys: KeyRing, purpose: KeyPurpose, tenant: TenantID, context: [UInt8]) {
        (self.keys, self.purpose, self.tenant, self.context) = (keys, purpose, tenant, context)
    }

    /// What the frames of a directory job's plan are bound to.
    public static func planContext(_ run: [UInt8]) -> [UInt8] { Array("sync_run.plan".utf8) + run }

    /// Seals one more frame under the active key. Throws `keys.too_large`.
    public mutating func append(_ plaintext: [UInt8]) throws {
        let frame = try keys.seal(plaintext, purpose: purpose, tenant: tenant, context: place)
        bytes.append(bigEndian: UInt32(frame.count))
        bytes += frame
        count += 1
    }

    /// Opens the frames of a stored value one after the other.
    ///
    /// - Throws: `storage.corrupt` when it is cut short, and as `KeyRing.open` does.
    public mutating func forEach(_ sealed: [UInt8], _ body: ([UInt8]) throws -> Void) throws {
        var rest = sealed[...]
        while !rest.isEmpty {
            let length = rest.count >= 4 ? Int(rest.prefix(4).bigEndianNumber) : .max
            rest = rest.dropFirst(4)
            guard length <= rest.count else { throw Self.corrupt }
            try body(keys.open(Array(rest.prefix(length)), purpose: purpose, tenant: tenant, context: place))
            rest = rest.dropFirst(length)
            count += 1
        }
    }

    private var place: [UInt8] {
        var place = context
        place.append(bigEndian: count)
        return place
    }

    private static let corrupt = Fault("storage.corrupt", .ourselves, "A sealed value of several frames is cut short.")
}

extension SealedFrames {
    /// A stored value, each frame sealed anew under the active key.
    static func reseal(
        _ sealed: [UInt8], keys: KeyRing, purpose: KeyPurpose, tenant: TenantID, context: [UInt8]
    ) throws -> [UInt8] {
        var old = SealedFrames(keys: keys, purpose: purpose, tenant: tenant, context: context)
        var new = old
        try old.forEach(sealed) { try new.append($0) }
        return new.bytes
    }
}
