import Foundation
import Glibc
import Synchronization

/// A server on loopback or a unix-domain socket that answers each connection with what a test hands it, on threads of
/// its own. It speaks as little HTTP as the test needs it to, and may lie.
final class LoopbackServer: Sendable {
    let port: Int
    private let listener: Int32
    private let seen = Mutex<[String]>([])
    private let accepted = Mutex(0)

    /// - Parameter answer: the raw bytes for a request; nil keeps the connection silent.
    init(path: String? = nil, answer: @escaping @Sendable (String) -> String?) throws {
        listener = path.map(Self.listenUnix) ?? Self.listenLoopback()
        try require(listener >= 0)
        port = path == nil ? Self.port(of: listener) : 0
        let socket = listener
        Thread.detachNewThread { [weak self] in
            while case let connection = accept(socket, nil, nil), connection >= 0 {
                self?.accepted.withLock { $0 += 1 }
                Thread.detachNewThread { [weak self] in
                    while let request = Self.readRequest(connection) {
                        self?.seen.withLock { $0.append(request) }
                        guard let text = answer(request) else { continue }
                        let sent = text.withCString { send(connection, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
                        if sent < 0 || text.contains("Connection: close") { break }
                    }
                    close(connection)
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// The heads (and what came with them) of all requests so far.
    var requests: [String] { seen.withLock { $0 } }

    var connections: Int { accepted.withLock { $0 } }

    static func ok(_ body: String, headers: String = "") -> String {
        "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
    }

    private static func readRequest(_ connection: Int32) -> String? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let length = text.range(of: "Content-Length: ").flatMap {
                Int(text[$0.upperBound...].prefix { $0.isNumber })
            }
            if text[end.upperBound...].utf8.count >= length ?? 0 { return text }
        }
    }

    private static func listenLoopback() -> Int32 {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return bound == 0 && listen(listener, 64) == 0 ? listener : -1
    }

    private static func listenUnix(_ path: String) -> Int32 {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8) + [0]) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return bound == 0 && listen(listener, 64) == 0 ? listener : -1
    }

    private static func port(of listener: Int32) -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

struct NoListener: Error {}
func require(_ condition: Bool) throws { if !condition { throw NoListener() } }
