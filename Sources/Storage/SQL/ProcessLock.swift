import Glibc
import Synchronization
import Vocabulary

/// Keeps a second gateway off one data directory. The lock goes with the process, however it ends.
final class ProcessLock: Sendable {
    private let descriptor: Mutex<Int32?>

    /// Takes the lock, or throws `storage.locked` naming the process that holds it.
    init(directory: String) throws {
        let path = directory + "/gatehouse.lock"
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw Fault(
                "storage.denied", .ourselves, "The lock file \(path) cannot be opened.",
                remedy: "Check who owns the data directory.")
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.holder(opened)
            close(opened)
            throw Fault(
                "storage.locked", .ourselves, "Process \(holder) already has the data directory \(directory) open.",
                remedy: "Stop that process first.")
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(opened, 0) == 0, pwrite(opened, text, text.count, 0) == text.count else {
            close(opened)
            throw Files.failure("write", path)
        }
        descriptor = Mutex(opened)
    }

    /// Lets another process in.
    func release() {
        descriptor.withLock {
            if let open = $0 {
                // A child between fork and exec holds a copy of the descriptor; closing ours alone would not unlock.
                flock(open, LOCK_UN)
                close(open)
            }
            $0 = nil
        }
    }

    deinit { release() }

    private static func holder(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        let digits = buffer.prefix(max(0, count)).prefix { (0x30...0x39).contains($0) }
        return digits.isEmpty ? "unknown" : String(decoding: digits, as: UTF8.self)
    }
}
