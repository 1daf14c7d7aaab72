import Foundation
import Glibc
import Synchronization

/// Speaks LDAP on a port of 127.0.0.1 and answers as it is told, for what no server at hand does: ranges of values,
/// Active Directory's refusals, short answers, stalls and cuts. It ends with the object.
public final class ScriptedLDAPServer: Sendable {
    /// What to answer; called on the connection's own thread, so it may be called for several connections at once.
    public typealias Script = @Sendable (ScriptedLDAPRequest) -> [ScriptedLDAPAnswer]

    public let port: Int
    private let listener: Int32
    private let script: Script
    private let state = Mutex(State())

    private struct State {
        var requests: [ScriptedLDAPRequest] = []
        var connections: Set<Int32> = []
        var accepted = 0
        var isOver = false
    }

    /// Everything asked so far, over all connections, in the order it arrived.
    public var requests: [ScriptedLDAPRequest] { state.withLock(\.requests) }
    /// Connections taken so far.
    public var accepted: Int { state.withLock(\.accepted) }

    /// - Throws: `FixtureError` when no port can be had.
    public init(_ script: @escaping Script) throws {
        self.script = script
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { throw FixtureError("No port of loopback can be listened at.") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [weak self] in
            // Closed here and nowhere else: a number closed under a waiting thread is soon somebody else's.
            defer { close(listener) }
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                var isOn: Int32 = 1
                setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
                guard let server = self, server.take(client) else {
                    close(client)
                    return
                }
                Thread.detachNewThread { server.serve(client) }
            }
        }
    }

    deinit { stop() }

    /// Ends every connection and stops listening. A second call does nothing.
    public func stop() {
        let isFirst = state.withLock { state in
            guard !state.isOver else { return false }
            state.isOver = true
            for client in state.connections { shutdown(client, Int32(SHUT_RDWR)) }
            return true
        }
        if isFirst { shutdown(listener, Int32(SHUT_RDWR)) }
    }

    private func take(_ client: Int32) -> Bool {
        state.withLock { state in
            guard !state.isOver else { return false }
            state.accepted += 1
            state.connections.insert(client)
            return true
        }
    }

    private func serve(_ client: Int32) {
        defer {
            state.withLock { state in
                state.connections.remove(client)
                _ = close(client)
            }
        }
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            while let size = BER.size(pending[...]), size.total <= pending.count {
                guard let (id, request) = ScriptedLDAPRequest.read(pending[..<size.total]) else { return }
                pending.removeFirst(size.total)
                state.withLock { $0.requests.append(request) }
                if request == .unbind { return }
                guard answer(id, request, client) else { return }
            }
            let count = read(client, &buffer, buffer.count)
            guard count > 0 else { return }
            pending += buffer[..<count]
        }
    }

    /// False when the connection is over.
    private func answer(_ id: Int, _ request: ScriptedLDAPRequest, _ client: Int32) -> Bool {
        for answer in script(request) {
            switch answer {
            case .hangUp: return false
            case .pause(let duration):
                Thread.sleep(
                    forTimeInterval: Double(duration.components.seconds)
                        + Double(duration.components.attoseconds) / 1e18)
            default:
                guard let bytes = answer.message(id) else { continue }
                guard send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return false }
            }
        }
        return true
    }
}
