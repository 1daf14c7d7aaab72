import COpenSSL

/// Key material: overwritten before its memory is given back, and blank in every description.
///
/// Arrays and strings that Swift copied before are out of reach; this keeps ours from adding to them.
/// `@unchecked Sendable`: the bytes are written by the initializer only and never change until `deinit`.
public final class SecretOctets: @unchecked Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let storage: UnsafeMutableRawBufferPointer
    /// How many bytes there are.
    public let count: Int

    /// A copy of these bytes.
    public init(_ bytes: some Collection<UInt8>) {
        storage = .allocate(byteCount: max(1, bytes.count), alignment: 16)
        storage.initializeMemory(as: UInt8.self, repeating: 0)
        storage.copyBytes(from: bytes)
        count = bytes.count
    }

    /// Allocates `count` zero bytes and lets `fill` write them; the pointer must not outlive the call.
    public init(count: Int, filledBy fill: (UnsafeMutablePointer<UInt8>) throws -> Void) rethrows {
        storage = .allocate(byteCount: max(1, count), alignment: 16)
        let bytes = storage.initializeMemory(as: UInt8.self, repeating: 0)
        self.count = count
        if let start = bytes.baseAddress { try fill(start) }
    }

    deinit {
        OPENSSL_cleanse(storage.baseAddress, storage.count)
        storage.deallocate()
    }

    /// Lends the bytes for the time of the call; they must not outlive it.
    public func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        try body(UnsafeBufferPointer(rebasing: storage.bindMemory(to: UInt8.self)[0..<count]))
    }

    /// Hands a copy out, by a name that can be searched for.
    public func reveal() -> [UInt8] { withBytes { Array($0) } }

    /// The first and the other bytes.
    func split(at place: Int) -> (SecretOctets, SecretOctets) {
        withBytes { (SecretOctets($0[..<place]), SecretOctets($0[place...])) }
    }

    public var description: String { "‹secret›" }
    public var debugDescription: String { "‹secret›" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension SecretOctets {
    /// Random bytes of the operating system's quality.
    ///
    /// - Throws: `JOSEError` with `cryptography_failed`.
    public static func random(_ count: Int) throws -> SecretOctets {
        try SecretOctets(count: count) { start in
            try OpenSSL.require(RAND_priv_bytes(start, Int32(count)))
        }
    }
}
