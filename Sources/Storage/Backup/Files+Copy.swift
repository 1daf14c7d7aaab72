import Glibc
import Vocabulary

extension Files {
    static func readPieces(_ path: String, _ body: (ArraySlice<UInt8>) throws -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { return }
            try body(buffer[..<count])
        }
    }

    /// Cuts off a last line without its end: what a crash left of a write that nobody was told about.
    static func trimBrokenLine(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("write", path) }
        defer { close(descriptor) }
        var end = lseek(descriptor, 0, SEEK_END)
        let size = end
        var byte: UInt8 = 0
        while end > 0, pread(descriptor, &byte, 1, end - 1) == 1, byte != 0x0A { end -= 1 }
        if end != size, ftruncate(descriptor, end) != 0 { throw failure("write", path) }
    }

    /// Makes what was written to a file by other means durable, and keeps it from others' eyes.
    static func seal(_ path: String) throws {
        guard chmod(path, 0o600) == 0 else { throw failure("protect", path) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("sync", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync", path) }
        try syncDirectory(of: path)
    }

    static func copy(_ source: String, to target: String) throws {
        let descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("write", target) }
        defer { close(descriptor) }
        try readPieces(source) { piece in
            var rest = piece
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                guard count > 0 else { throw failure("write", target) }
                rest = rest.dropFirst(count)
            }
        }
        guard fsync(descriptor) == 0 else { throw failure("sync", target) }
        try syncDirectory(of: target)
    }
}
