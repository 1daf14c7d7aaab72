import Crypto
import Glibc
import Vocabulary

/// Reads a segment frame by frame, and holds each to the running digest.
final class SegmentFrames {
    enum Step {
        /// A whole frame's payload, and where in the file it begins.
        case frame([UInt8], at: Int)
        /// The file ends after a whole frame.
        case end
        /// What follows the last whole frame is cut short or was changed.
        case damaged
    }

    let header: SegmentFormat.Header
    /// The length of the header and all whole frames so far.
    private(set) var offset = SegmentFormat.headerLength
    /// SHA-256 over those bytes.
    private(set) var hasher = SHA256()
    private let descriptor: Int32
    private let path: String

    /// Nil when the file is gone or has no whole header. Throws `storage.file`.
    init?(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw Files.failure("read", path)
        }
        guard let bytes = try? Self.bytes(descriptor, at: 0, count: SegmentFormat.headerLength, path),
            let header = SegmentFormat.header(bytes)
        else {
            Glibc.close(descriptor)
            return nil
        }
        self.header = header
        hasher.update(data: bytes)
    }

    deinit { Glibc.close(descriptor) }

    func next() throws -> Step {
        let start = try read(at: offset, count: 4)
        if start.isEmpty { return .end }
        guard start.count == 4 else { return .damaged }
        let length = start.reduce(0) { $0 << 8 | Int($1) }
        guard length > 0, length <= SegmentFormat.frameLimit else { return .damaged }
        var payload = try read(at: offset + 4, count: length + SegmentFormat.tagLength)
        guard payload.count == length + SegmentFormat.tagLength else { return .damaged }
        let tag = Array(payload[length...])
        payload.removeLast(SegmentFormat.tagLength)
        var running = hasher
        running.update(data: start)
        running.update(data: payload)
        guard Array(running.finalize().prefix(SegmentFormat.tagLength)) == tag else { return .damaged }
        running.update(data: tag)
        hasher = running
        defer { offset += 4 + length + SegmentFormat.tagLength }
        return .frame(payload, at: offset + 4)
    }

    /// Up to `count` bytes; fewer only at the end of the file.
    func read(at position: Int, count: Int) throws -> [UInt8] {
        try Self.bytes(descriptor, at: position, count: count, path)
    }

    private static func bytes(_ descriptor: Int32, at position: Int, count: Int, _ path: String) throws -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let got = pread(descriptor, buffer.baseAddress! + done, count - done, position + done)
                if got < 0, errno == EINTR { continue }
                failed = got < 0
                guard got > 0 else { break }
                done += got
            }
        }
        if failed { throw Files.failure("read", path) }
        return bytes
    }
}
