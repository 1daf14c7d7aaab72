import Glibc
import Vocabulary

/// A file read in place by position, never as a whole.
///
/// `pread` carries its own position, so that one descriptor serves every thread.
final class PositionedFile: Sendable {
    let size: Int64
    private let descriptor: Int32

    /// - Throws: `blocklist.unreadable` when there is no such regular file or it may not be read.
    init(path: String) throws(Fault) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Fault("blocklist.unreadable", .ourselves, "\(path): \(String(cString: strerror(errno))).")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw Fault("blocklist.unreadable", .ourselves, "\(path): not a regular file.")
        }
        size = Int64(status.st_size)
    }

    deinit { close(descriptor) }

    /// Up to `count` bytes from `offset`; fewer at the end of the file.
    /// - Throws: `blocklist.unreadable` when the system cannot read.
    func read(at offset: Int64, count: Int) throws(Fault) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = buffer.withUnsafeMutableBytes { bytes in
                pread(descriptor, bytes.baseAddress! + filled, count - filled, off_t(offset) + off_t(filled))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else {
                throw Fault("blocklist.unreadable", .ourselves, "Reading failed: \(String(cString: strerror(errno))).")
            }
            if got == 0 { break }
            filled += got
        }
        return Array(buffer.prefix(filled))
    }
}
