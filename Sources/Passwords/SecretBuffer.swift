import Glibc

/// Bytes that are overwritten before their memory is given back: our copy of a password, a pepper's tag, a derived key.
///
/// Swift's own copies (a `String` handed in) are out of reach; this keeps ours from adding to them.
/// `@unchecked Sendable`: the bytes are written by the initializer only and never change until `deinit`.
final class SecretBuffer: @unchecked Sendable {
    private let storage: UnsafeMutableRawBufferPointer

    init(_ bytes: some Collection<UInt8>) {
        storage = .allocate(byteCount: max(1, bytes.count), alignment: 16)
        storage.copyBytes(from: bytes)
        count = bytes.count
    }

    /// Allocates `count` zero bytes and lets `fill` write them.
    init(count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        storage = .allocate(byteCount: max(1, count), alignment: 16)
        storage.initializeMemory(as: UInt8.self, repeating: 0)
        self.count = count
        try fill(UnsafeMutableRawBufferPointer(rebasing: storage[0..<count]))
    }

    deinit {
        explicit_bzero(storage.baseAddress!, storage.count)
        storage.deallocate()
    }

    let count: Int

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(rebasing: storage[0..<count]))
    }

    /// Compares without stopping at the first difference; lengths are not secret.
    func equals(_ other: [UInt8]) -> Bool {
        guard other.count == count else { return false }
        return withBytes { mine in
            var difference: UInt8 = 0
            for index in 0..<count { difference |= mine[index] ^ other[index] }
            return difference == 0
        }
    }
}
