import CLDAP
import Glibc

/// The one owner of an `LDAP *`, and the only code that calls libldap. It blocks, so it is
/// used on workers' threads alone, by one at a time (`LentHandle`).
///
/// Every wait ends by a deadline or by the caller's cancellation, whichever is first.
final class LDAPHandle {
    let configuration: LDAPConfiguration
    private(set) var pointer: OpaquePointer?
    /// Set by the first `close`: a new connection under the same object would be anonymous, and look bound.
    private var isSpent = false
    private var isConnected = false
    /// Attribute names seen, by their bytes as sent, so that an entry does not allocate the same names again.
    var names = AttributeNameTable()

    private let socket: SocketNumber

    init(_ configuration: LDAPConfiguration, _ socket: SocketNumber) {
        self.configuration = configuration
        self.socket = socket
    }

    deinit { close() }

    /// Closes the connection for good.
    func close() {
        isSpent = true
        socket.set(-1)
        if let pointer { ldap_unbind_ext(pointer, nil, nil) }
        pointer = nil
    }

    /// An open connection, TLS done where the configuration asks for it.
    func open(_ cancellation: CancellationFlag) throws(LDAPError) -> OpaquePointer {
        if let pointer { return pointer }
        guard !isSpent else { throw .connectionLost(detail: "an earlier operation ended this connection") }
        let fresh = try makeHandle()
        pointer = fresh
        do {
            if case .startTLS = configuration.transport { try startTLS(fresh, cancellation) }
        } catch {
            close()
            throw error
        }
        return fresh
    }

    // MARK: Opening

    private func makeHandle() throws(LDAPError) -> OpaquePointer {
        Self.ignoreAmbientConfiguration
        var created: OpaquePointer?
        guard ldap_initialize(&created, configuration.uri) == LDAP_SUCCESS, let created else {
            throw .invalidRequest("\(configuration.uri) is not an address")
        }
        guard applyOptions(to: created), applyTrust(to: created) else {
            ldap_unbind_ext(created, nil, nil)
            throw .unreachable(
                server: configuration.endpoint.description,
                detail: "the TLS settings cannot be used: \(configuration.transport.trust?.authoritiesFile ?? "")")
        }
        return created
    }

    /// `./ldaprc`, `~/.ldaprc` and `LDAPTLS_*` can switch verification off; libldap reads none of them with this set.
    /// The per-handle options below would win anyway: two locks on one door.
    private static let ignoreAmbientConfiguration: Void = { setenv("LDAPNOINIT", "1", 1) }()

    private func applyOptions(to handle: OpaquePointer) -> Bool {
        var version: Int32 = LDAP_VERSION3
        var network = timeval(configuration.connectTimeout)
        var operation = timeval(configuration.operationTimeout)
        var userTimeout = UInt32(clamping: configuration.operationTimeout.milliseconds)
        let applied = [
            ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version),
            ldap_set_option(handle, LDAP_OPT_NETWORK_TIMEOUT, &network),
            ldap_set_option(handle, LDAP_OPT_TIMEOUT, &operation),
            // A silent server hangs the TLS handshake for good unless connecting is asynchronous.
            gw_ldap_set_flag(handle, LDAP_OPT_CONNECT_ASYNC, 1),
            gw_ldap_set_flag(handle, LDAP_OPT_REFERRALS, 0),
            gw_ldap_set_flag(handle, LDAP_OPT_RESTART, 1),
        ]
        _ = ldap_set_option(handle, LDAP_OPT_TCP_USER_TIMEOUT, &userTimeout)
        _ = gw_ldap_limit_incoming(handle, ber_len_t(configuration.messageByteLimit))
        return applied.allSatisfy { $0 == LDAP_OPT_SUCCESS }
    }

    private func applyTrust(to handle: OpaquePointer) -> Bool {
        guard let trust = configuration.transport.trust else { return true }
        guard access(trust.authoritiesFile, R_OK) == 0 else { return false }
        var demand = LDAP_OPT_X_TLS_DEMAND
        var minimum: Int32 = 3 << 8 | 3
        var client: Int32 = 0
        var applied = [
            ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTFILE, trust.authoritiesFile),
            ldap_set_option(handle, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand),
            ldap_set_option(handle, LDAP_OPT_X_TLS_PROTOCOL_MIN, &minimum),
        ]
        if let pin = trust.pin { applied.append(ldap_set_option(handle, LDAP_OPT_X_TLS_PEERKEY_HASH, pin)) }
        // Last, because it makes the context from what is set before.
        applied.append(ldap_set_option(handle, LDAP_OPT_X_TLS_NEWCTX, &client))
        return applied.allSatisfy { $0 == LDAP_OPT_SUCCESS }
    }

    private func startTLS(_ handle: OpaquePointer, _ cancellation: CancellationFlag) throws(LDAPError) {
        let deadline = deadline(configuration.connectTimeout)
        let id = try send(.startTLS, deadline, cancellation) { id in ldap_start_tls(handle, nil, nil, &id) }
        let answer = try receive(id, .startTLS, deadline, cancellation)
        let result = try parse(answer)
        guard result.code == LDAP_SUCCESS else {
            throw .startTLSRefused(detail: "result \(result.code) \(result.diagnostic)")
        }
        let status = ldap_install_tls(handle)
        guard status == LDAP_SUCCESS, ldap_tls_inplace(handle) == 1 else {
            if status == LDAP_TIMEOUT { throw .timedOut(phase: .startTLS) }
            throw .unreachable(server: configuration.endpoint.description, detail: describe(status))
        }
    }

    // MARK: Talking

    /// A moment on the monotonic clock.
    func deadline(_ after: Duration) -> ContinuousClock.Instant { ContinuousClock.now.advanced(by: after) }

    /// Sends a request, waiting while the connection is still being made (`LDAP_X_CONNECTING`).
    func send(
        _ phase: LDAPError.Phase, _ deadline: ContinuousClock.Instant, _ cancellation: CancellationFlag,
        _ call: (inout Int32) -> Int32
    ) throws(LDAPError) -> Int32 {
        let connectDeadline = min(deadline, self.deadline(configuration.connectTimeout))
        while true {
            var id: Int32 = -1
            let status = call(&id)
            if status == LDAP_SUCCESS {
                if !isConnected { noteConnected() }
                return id
            }
            guard status == LDAP_X_CONNECTING else {
                let detail = describe(status)
                close()
                if status == LDAP_TIMEOUT { throw .timedOut(phase: .connecting) }
                if Self.isTransportFailure(status) {
                    throw .unreachable(server: configuration.endpoint.description, detail: detail)
                }
                throw .invalidRequest(detail)
            }
            guard ContinuousClock.now < connectDeadline else {
                close()
                throw .timedOut(phase: .connecting)
            }
            if cancellation.isSet {
                close()
                throw .cancelled
            }
            waitUntilConnected()
        }
    }

    /// Waits for the socket to come up, and for the server's part of a TLS handshake, which is read.
    private func waitUntilConnected() {
        guard let descriptor else {
            _ = poll(nil, 0, 1)
            return
        }
        var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&poller, 1, 50)
    }

    private func noteConnected() {
        isConnected = true
        if let descriptor { socket.set(descriptor) }
    }

    private var descriptor: Int32? {
        var descriptor: Int32 = -1
        guard let pointer, ldap_get_option(pointer, LDAP_OPT_DESC, &descriptor) == LDAP_OPT_SUCCESS, descriptor >= 0
        else { return nil }
        return descriptor
    }

    /// The next message that answers `id`; the caller frees it (`parse` does). A late or cancelled bind leaves the
    /// connection in an unknown state and closes it; any other operation is abandoned (RFC 4511 §4.11).
    func receive(
        _ id: Int32, _ phase: LDAPError.Phase, _ deadline: ContinuousClock.Instant, _ cancellation: CancellationFlag
    ) throws(LDAPError) -> OpaquePointer {
        guard let pointer else { throw .closed }
        while true {
            let remaining = ContinuousClock.now.duration(to: deadline)
            guard remaining > .zero, !cancellation.isSet else {
                giveUp(on: id, phase)
                throw cancellation.isSet ? .cancelled : .timedOut(phase: phase)
            }
            var slice = timeval(min(remaining, .milliseconds(100)))
            var message: OpaquePointer?
            let kind = ldap_result(pointer, id, Int32(LDAP_MSG_ONE), &slice, &message)
            if kind > 0, let message { return message }
            if kind < 0 {
                let detail = describe(lastError())
                close()
                throw .connectionLost(detail: detail)
            }
        }
    }

    private func giveUp(on id: Int32, _ phase: LDAPError.Phase) {
        guard phase == .search, let pointer else { return close() }
        if ldap_abandon_ext(pointer, id, nil, nil) != LDAP_SUCCESS { close() }
    }

    struct Result {
        let code: Int32
        let matched: String
        let diagnostic: String
        let controls: [Control]
    }

    struct Control {
        let oid: String
        let value: [UInt8]
    }

    /// Reads the final message of an operation and frees it.
    func parse(_ message: OpaquePointer) throws(LDAPError) -> Result {
        guard let pointer else { throw .closed }
        var code: Int32 = 0
        var matched: UnsafeMutablePointer<CChar>?
        var diagnostic: UnsafeMutablePointer<CChar>?
        var controls: UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>?
        let status = ldap_parse_result(pointer, message, &code, &matched, &diagnostic, nil, &controls, 1)
        defer {
            ldap_memfree(matched)
            ldap_memfree(diagnostic)
            ldap_controls_free(controls)
        }
        guard status == LDAP_SUCCESS else {
            close()
            throw .malformedAnswer(describe(status))
        }
        return Result(
            code: code, matched: Self.text(matched), diagnostic: Self.text(diagnostic), controls: Self.copy(controls))
    }

    private static func copy(_ list: UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>?) -> [Control] {
        var copies: [Control] = []
        var next = list
        while let control = next?.pointee, copies.count < 32 {
            let value = control.pointee.ldctl_value
            let bytes = UnsafeRawBufferPointer(start: value.bv_val, count: value.bv_val == nil ? 0 : Int(value.bv_len))
            copies.append(Control(oid: text(control.pointee.ldctl_oid), value: Array(bytes)))
            next = next?.advanced(by: 1)
        }
        return copies
    }

    /// Server text, bounded and without control characters, since it will stand in logs.
    private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
        guard let pointer else { return "" }
        let bytes = UnsafeRawBufferPointer(start: pointer, count: strnlen(pointer, 512))
        return String(
            String.UnicodeScalarView(
                String(decoding: bytes, as: UTF8.self).unicodeScalars.map {
                    $0.properties.generalCategory == .control ? " " : $0
                }))
    }

    private func lastError() -> Int32 {
        var code: Int32 = 0
        guard let pointer else { return LDAP_SERVER_DOWN }
        _ = ldap_get_option(pointer, LDAP_OPT_RESULT_CODE, &code)
        return code
    }

    private func describe(_ code: Int32) -> String {
        var text = String(cString: ldap_err2string(code))
        var more: UnsafeMutablePointer<CChar>?
        if let pointer, ldap_get_option(pointer, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more) == LDAP_OPT_SUCCESS, more != nil {
            let diagnostic = Self.text(more)
            if !diagnostic.isEmpty { text += " (\(diagnostic))" }
            ldap_memfree(more)
        }
        return text
    }

    private static func isTransportFailure(_ code: Int32) -> Bool {
        [LDAP_SERVER_DOWN, LDAP_CONNECT_ERROR, LDAP_LOCAL_ERROR, LDAP_UNAVAILABLE].contains(code)
    }
}

extension timeval {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = max(duration, .microseconds(1)).components
        self.init(tv_sec: Int(clamping: seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
