import Fixtures
import Foundation
import Glibc
import Synchronization

/// Accepts connections on a port of 127.0.0.1, says one line, and never another word.
final class SilentServer: Sendable {
    let port: Int
    private let listener: Int32
    private let accepted = Mutex<[Int32]>([])

    init(greeting: String) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound, listen(listener, 64) == 0 else { throw FixtureError("No port is free.") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread { [weak self] in
            while case let client = accept(descriptor, nil, nil), client >= 0 {
                let line = Array((greeting + (greeting.isEmpty ? "" : "\r\n")).utf8)
                _ = send(client, line, line.count, Int32(MSG_NOSIGNAL))
                self?.accepted.withLock { $0.append(client) }
            }
        }.start()
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        accepted.withLock { clients in
            for client in clients { close(client) }
            clients = []
        }
    }
}
