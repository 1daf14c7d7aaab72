import Foundation
import Gateway
import Vocabulary

/// The unix-domain socket in the storage directory over which the command line speaks to a running gateway. The folder
/// has mode 0700 and the socket 0600: whoever can open it is the service's own user or the machine's administrator.
struct ControlSocket: Sendable {
    let path: String
    private let folder: String

    init(_ configuration: Configuration) {
        folder = configuration.storage.directory
        path = folder + "/control.sock"
    }

    /// Removes what a crashed process left. Call it only while holding the store: its lock keeps others away.
    func prepare() throws {
        guard chmod(folder, 0o700) == 0 else {
            throw Fault(
                "control.folder", .ourselves, "The storage directory \(folder) cannot be made private.",
                remedy: "Let the service's user own it.")
        }
        unlink(path)
    }

    /// Whether a process accepts connections there now.
    var isAnswered: Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
