import Glibc

/// A socket of the probe's own, on which every wait ends at one deadline.
final class ProbeSocket {
    let descriptor: Int32
    private let deadline: ContinuousClock.Instant
    /// No answer to StartTLS is longer.
    private static let answerLimit = 16_384

    /// Connects to the first address of the host that answers.
    init(_ endpoint: LDAPEndpoint, timeout: Duration) throws(TLSFlaw) {
        // Connecting and handshake, as the library counts them.
        deadline = ContinuousClock.now.advanced(by: timeout * 2)
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(endpoint.host, "\(endpoint.port)", &hints, &list)
        guard status == 0, let list else {
            throw .unreachable(detail: String(cString: gai_strerror(status)))
        }
        defer { freeaddrinfo(list) }
        var reason = "no address"
        var next: UnsafeMutablePointer<addrinfo>? = list
        while let address = next?.pointee {
            switch Self.connect(address, ContinuousClock.now.advanced(by: timeout)) {
            case .success(let connected):
                descriptor = connected
                return
            case .failure(let failure): reason = failure.reason
            }
            next = address.ai_next
        }
        throw .unreachable(detail: reason)
    }

    deinit { close(descriptor) }

    private struct ConnectFailure: Error { let reason: String }

    private static func connect(
        _ address: addrinfo, _ deadline: ContinuousClock.Instant
    ) -> Result<Int32, ConnectFailure> {
        let flags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.ai_family, flags, 0)
        guard descriptor >= 0 else { return .failure(.init(reason: describe(errno))) }
        if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return .success(descriptor) }
        var code = errno
        if code == EINPROGRESS {
            code = ETIMEDOUT
            if wait(descriptor, Int16(POLLOUT), deadline) {
                var length = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
                if code == 0 { return .success(descriptor) }
            }
        }
        close(descriptor)
        return .failure(.init(reason: describe(code)))
    }

    private static func describe(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// False when the deadline comes first.
    func wait(_ events: Int32) -> Bool { Self.wait(descriptor, Int16(events), deadline) }

    private static func wait(_ descriptor: Int32, _ events: Int16, _ deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let remaining = ContinuousClock.now.duration(to: deadline).milliseconds
            guard remaining > 0 else { return false }
            var poller = pollfd(fd: descriptor, events: events, revents: 0)
            let status = poll(&poller, 1, Int32(clamping: remaining))
            if status > 0 { return true }
            if status < 0, errno != EINTR { return false }
        }
    }

    // MARK: StartTLS

    /// Asks for TLS (RFC 4511 §4.14.1) and reads the answer.
    func startTLS() throws(TLSFlaw) {
        // LDAPMessage { messageID 1, ExtendedRequest { requestName 1.3.6.1.4.1.1466.20037 } }
        let name = Array("1.3.6.1.4.1.1466.20037".utf8)
        let request = [0x30, 0x1D, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, UInt8(name.count)] + name
        guard wait(POLLOUT), send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw .silent
        }
        var answer: [UInt8] = []
        while true {
            if let result = try Self.result(answer) {
                guard result == 0 else { throw .startTLSRefused(detail: "result \(result)") }
                return
            }
            guard wait(POLLIN) else { throw .silent }
            var buffer = [UInt8](repeating: 0, count: 4_096)
            // What follows the answer belongs to TLS, so no byte past it is read: one at a time until it is whole.
            let count = recv(descriptor, &buffer, Self.missing(answer), 0)
            guard count > 0 else { throw .startTLSRefused(detail: "the server closed the connection") }
            answer += buffer[..<count]
        }
    }

    /// How many bytes may be read without going past the answer; at least one, at most 4,096.
    private static func missing(_ answer: [UInt8]) -> Int {
        guard answer.count >= 2 else { return 1 }
        let (header, length) = BERReader.length(of: answer[1...]) ?? (0, 0)
        guard header > 0 else { return 1 }
        return min(4_096, max(1, 1 + header + length - answer.count))
    }

    /// The result code; nil while the answer is not whole.
    private static func result(_ answer: [UInt8]) throws(TLSFlaw) -> Int? {
        guard let first = answer.first else { return nil }
        guard first == 0x30 else { throw .startTLSRefused(detail: "the answer is not LDAP") }
        var outer = BERReader(answer[...])
        guard let message = outer.value(tag: 0x30) else {
            guard answer.count < answerLimit else { throw .startTLSRefused(detail: "the answer is too long") }
            return nil
        }
        var inner = BERReader(message)
        guard inner.value(tag: 0x02) != nil, let response = inner.value(tag: 0x78) else {
            throw .startTLSRefused(detail: "the answer is not to StartTLS")
        }
        var fields = BERReader(response)
        guard let code = fields.value(tag: 0x0A), (1...4).contains(code.count) else {
            throw .startTLSRefused(detail: "the answer has no result")
        }
        return code.reduce(0) { $0 << 8 | Int($1) }
    }
}
