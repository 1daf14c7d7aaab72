import Foundation
import Glibc

/// A client of NATS that speaks the plain protocol and hides nothing of what the server says. Of one thread at a time.
public final class NatsConnection {
    /// What the server sends.
    public enum Event: Equatable {
        case message(subject: String, reply: String?, payload: String)
        /// What stands behind `-ERR`.
        case error(String)
        case pong
        case closed
    }

    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var subscriptions = 0
    /// What the server wants signed.
    public private(set) var nonce = ""

    /// Connects to a port of 127.0.0.1 and reads the server's greeting.
    ///
    /// - Throws: `FixtureError`.
    public init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = LoopbackPort.loopback(port)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0, let greeting = try line(within: .seconds(5)), greeting.hasPrefix("INFO "),
            let said = try JSONSerialization.jsonObject(with: Data(greeting.dropFirst(5).utf8)) as? [String: Any]
        else { throw FixtureError("No server of NATS answers at port \(port).") }
        nonce = said["nonce"] as? String ?? ""
    }

    deinit { Glibc.close(descriptor) }

    /// Shows a token and a signature over the nonce. Nil when the server lets us in, else what it says.
    ///
    /// - Throws: whatever `sign` throws, or a `FixtureError`.
    public func signIn(token: String, sign: (([UInt8]) throws -> [UInt8])?) throws -> String? {
        var options: [String: Any] = [
            "jwt": token, "verbose": false, "pedantic": false, "lang": "fixture", "version": "1", "protocol": 1,
        ]
        if let sign { options["sig"] = Data(try sign(Array(nonce.utf8))).base64EncodedString() }
        let text = try JSONSerialization.data(withJSONObject: options, options: [.withoutEscapingSlashes])
        send("CONNECT " + String(decoding: text, as: UTF8.self) + "\r\nPING\r\n")
        switch try next(within: .seconds(5)) {
        case .pong: return nil
        case .error(let text): return text
        case let other: return "\(other.map { "\($0)" } ?? "silence")"
        }
    }

    /// Publishes, and says what the server complains about until it has seen everything.
    public func publish(_ subject: String, _ payload: String = "", reply: String? = nil) throws -> [String] {
        send("PUB \(subject) \(reply.map { $0 + " " } ?? "")\(payload.utf8.count)\r\n\(payload)\r\n")
        return try complaints()
    }

    /// Subscribes, and says what the server complains about until it has seen it.
    public func subscribe(_ subject: String, queue: String? = nil) throws -> [String] {
        subscriptions += 1
        send("SUB \(subject) \(queue.map { $0 + " " } ?? "")\(subscriptions)\r\n")
        return try complaints()
    }

    /// Messages that came while something else was waited for.
    private var kept: [Event] = []

    private func complaints() throws -> [String] {
        send("PING\r\n")
        var said: [String] = []
        while let event = try read(within: .seconds(5)) {
            switch event {
            case .pong: return said
            case .error(let text): said.append(text)
            case .closed: return said + ["closed"]
            case .message: kept.append(event)
            }
        }
        return said + ["silence"]
    }

    /// The next thing that the server sends; nil when nothing comes in time.
    public func next(within limit: Duration) throws -> Event? {
        kept.isEmpty ? try read(within: limit) : kept.removeFirst()
    }

    /// Asks, and waits for the answer.
    ///
    /// - Throws: `FixtureError` when none comes.
    public func request(_ subject: String, _ payload: String) throws -> String {
        let inbox = "_INBOX.\(UUID().uuidString)"
        _ = try subscribe(inbox)
        _ = try publish(subject, payload, reply: inbox)
        guard case .message(_, _, let answer)? = try next(within: .seconds(5)) else {
            throw FixtureError("No answer from \(subject).")
        }
        return answer
    }

    private func send(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private func read(within limit: Duration) throws -> Event? {
        let deadline = ContinuousClock.now + limit
        while true {
            guard let line = try line(within: deadline - ContinuousClock.now) else {
                return isClosed ? .closed : nil
            }
            let words = line.split(separator: " ").map(String.init)
            switch words.first {
            case "PING": send("PONG\r\n")
            case "PONG": return .pong
            case "-ERR": return .error(String(line.dropFirst(5)).trimmingCharacters(in: ["'"]))
            case "MSG":
                guard let size = words.last.flatMap(Int.init), words.count >= 4 else {
                    throw FixtureError("The server sent \(line).")
                }
                let payload = try bytes(size + 2).dropLast(2)
                return .message(
                    subject: words[1], reply: words.count > 4 ? words[3] : nil,
                    payload: String(decoding: payload, as: UTF8.self))
            default: continue
            }
        }
    }

    private var isClosed = false

    /// The next line; nil when none comes in time, or no more at all.
    private func line(within limit: Duration) throws -> String? {
        let deadline = ContinuousClock.now + limit
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                defer { buffer.removeSubrange(...end) }
                return String(decoding: buffer[..<end], as: UTF8.self).trimmingCharacters(in: ["\r"])
            }
            guard fill(until: deadline) else { return nil }
        }
    }

    private func bytes(_ count: Int) throws -> ArraySlice<UInt8> {
        let deadline = ContinuousClock.now + .seconds(5)
        while buffer.count < count {
            guard fill(until: deadline) else { throw FixtureError("A message was cut off.") }
        }
        defer { buffer.removeFirst(count) }
        return buffer[..<count]
    }

    private func fill(until deadline: ContinuousClock.Instant) -> Bool {
        let left = max(0, (deadline - .now) / .milliseconds(1))
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard !isClosed, poll(&waiting, 1, Int32(left)) == 1 else { return false }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else {
            isClosed = true
            return false
        }
        buffer += chunk[..<count]
        return true
    }
}
