import Glibc
import Synchronization

/// Random bytes from the kernel, drawn 256 at a time, the most one call gives: keys, salts, nonces and ids take a few bytes each, a
/// hundred thousand people a dozen times, and a call to the kernel for every eight of them cost more than sealing.
/// Bytes are handed out once and wiped from the store as they are.
enum RandomBytes {
    private static let size = 256
    private struct Pool {
        var bytes = [UInt8](repeating: 0, count: RandomBytes.size)
        var next = RandomBytes.size
    }
    private static let pool = Mutex(Pool())

    /// `count` bytes, at most 64.
    static func draw(_ count: Int) -> [UInt8] {
        precondition(count <= 64, "random bytes are drawn for keys and ids")
        return pool.withLock { pool in
            if pool.next + count > size {
                pool.bytes.withUnsafeMutableBytes { fill($0) }
                pool.next = 0
            }
            let drawn = Array(pool.bytes[pool.next..<pool.next + count])
            for index in pool.next..<pool.next + count { pool.bytes[index] = 0 }
            pool.next += count
            return drawn
        }
    }

    /// Where the kernel does not know the call, the standard library's generator knows another way to it.
    private static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        if let start = buffer.baseAddress, getentropy(start, buffer.count) == 0 { return }
        var system = SystemRandomNumberGenerator()
        for index in buffer.indices { buffer[index] = UInt8.random(in: .min ... .max, using: &system) }
    }
}

/// The same as a generator, for ids.
struct PooledRandomNumberGenerator: RandomNumberGenerator {
    mutating func next() -> UInt64 { RandomBytes.draw(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
