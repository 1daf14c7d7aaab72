import Glibc
import Vocabulary

/// The few file operations whose durability the journal depends on.
enum Files {
    /// Makes a directory (mode 0700) with its parents; one that exists is left as it is.
    static func makeDirectory(_ path: String) throws {
        var built = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            built += "/" + part
            guard mkdir(built, 0o700) == 0 || errno == EEXIST else { throw failure("make", path) }
        }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Free bytes of a folder's volume for this user (statvfs(3)); nil where it cannot be looked at.
    static func freeSpace(at folder: String) -> Int? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        let (bytes, isMore) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isMore ? .max : Int(clamping: bytes)
    }

    /// Reads a whole file of at most `limit` bytes.
    static func read(_ path: String, limit: Int) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else {
                throw Fault("storage.file_too_large", .caller, "The file \(path) has more than \(limit) bytes.")
            }
            bytes += buffer[..<count]
        }
    }

    /// Writes a new file (mode 0600) that must not exist, durably.
    static func create(_ path: String, _ bytes: [UInt8]) throws {
        try write(path, bytes, flags: O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)
        try syncDirectory(of: path)
    }

    /// Appends to a file (mode 0600), durably; the whole piece or an error.
    static func append(_ path: String, _ bytes: [UInt8]) throws {
        try write(path, bytes, flags: O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC)
    }

    private static func write(_ path: String, _ bytes: [UInt8], flags: Int32) throws {
        let descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else { throw failure("write", path) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure("write", path) }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw failure("sync", path) }
    }

    static func syncDirectory(of path: String) throws {
        let directory = path.contains("/") ? String(path[..<path.lastIndex(of: "/")!]) : "."
        let descriptor = open(directory.isEmpty ? "/" : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("sync", directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync", directory) }
    }

    static func failure(_ verb: String, _ path: String) -> Fault {
        Fault("storage.file", .ourselves, "Could not \(verb) \(path): \(String(cString: strerror(errno))).")
    }
}
