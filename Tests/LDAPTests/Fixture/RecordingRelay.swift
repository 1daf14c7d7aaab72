import Glibc
import Synchronization
import Testing

@testable import LDAP

/// Passes one connection at a time on to a port of loopback, and remembers what the client sent.
final class RecordingRelay: Sendable {
    let port: UInt16
    private let listener: Int32
    private let bytes = Mutex<[UInt8]>([])

    var recorded: [UInt8] { bytes.withLock(\.self) }

    init(to target: Int) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(isBound)
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        let started = LDAPWorker.spawnThread { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let relay = self else { return }
                relay.pump(client, Self.connect(to: target))
            }
        }
        try #require(started)
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    private func pump(_ client: Int32, _ server: Int32) {
        defer { _ = (close(client), close(server)) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            var polled = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&polled, 2, 5_000) > 0 else { return }
            let fromClient = polled[0].revents != 0
            let count = read(fromClient ? client : server, &buffer, buffer.count)
            guard count > 0 else { return }
            if fromClient { bytes.withLock { $0 += buffer[..<count] } }
            let other = fromClient ? server : client
            guard send(other, buffer, count, Int32(MSG_NOSIGNAL)) == count else { return }
        }
    }

    private static func connect(to port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return descriptor
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
