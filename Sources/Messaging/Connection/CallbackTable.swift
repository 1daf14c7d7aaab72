import CNATS
import Glibc
import Synchronization

/// What the library calls back by number, so that it never holds a pointer into memory of ours: a call that comes after the
/// end of what it was for finds nothing.
enum CallbackTable {
    /// What is called: on the library's threads, so it must neither wait nor take long.
    enum Entry: Sendable {
        /// The message is destroyed afterwards.
        case message(@Sendable (OpaquePointer) -> Void)
        /// The connection ended; with what the library says about it.
        case closed(@Sendable (natsStatus, String) -> Void)
        /// Something of the connection's went wrong, and it goes on.
        case trouble(@Sendable (natsStatus, String) -> Void)
        /// A subscription has ended and its last message was handed over.
        case ended(@Sendable () -> Void)
        /// What a client shows, and how it signs.
        case credentials(jwt: String, sign: @Sendable ([UInt8]) -> [UInt8]?)
    }

    private struct State {
        var entries: [UInt: Entry] = [:]
        var last: UInt = 0
    }

    private static let state = Mutex(State())

    static func add(_ entry: Entry) -> UInt {
        state.withLock { state in
            state.last += 1
            state.entries[state.last] = entry
            return state.last
        }
    }

    static func remove(_ number: UInt) { _ = state.withLock { $0.entries.removeValue(forKey: number) } }

    /// How many there are.
    static var count: Int { state.withLock { $0.entries.count } }

    static func pointer(_ number: UInt) -> UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: number) }

    private static func entry(_ closure: UnsafeMutableRawPointer?) -> Entry? {
        let number = UInt(bitPattern: closure)
        return state.withLock { $0.entries[number] }
    }

    static let onMessage: natsMsgHandler = { _, _, message, closure in
        guard let message else { return }
        defer { natsMsg_Destroy(message) }
        if case .message(let call)? = entry(closure) { call(message) }
    }

    static let onClosed: natsConnectionHandler = { connection, closure in
        guard case .closed(let call)? = entry(closure) else { return }
        var text: UnsafePointer<CChar>?
        let status = natsConnection_GetLastError(connection, &text)
        call(status, text.map { String(cString: $0) } ?? "")
    }

    static let onTrouble: natsErrHandler = { connection, _, status, closure in
        guard case .trouble(let call)? = entry(closure) else { return }
        var text: UnsafePointer<CChar>?
        natsConnection_GetLastError(connection, &text)
        call(status, text.map { String(cString: $0) } ?? "")
    }

    static let onEnded: natsOnCompleteCB = { closure in
        if case .ended(let call)? = entry(closure) { call() }
    }

    static let giveToken: natsUserJWTHandler = { token, _, closure in
        guard case .credentials(let jwt, _)? = entry(closure), let copy = strdup(jwt) else { return NATS_ERR }
        token?.pointee = copy
        return NATS_OK
    }

    static let signNonce: natsSignatureHandler = { _, signature, count, nonce, closure in
        guard case .credentials(_, let sign)? = entry(closure), let nonce,
            let bytes = sign(Array(UnsafeRawBufferPointer(start: nonce, count: strlen(nonce)))),
            let copy = malloc(bytes.count)
        else { return NATS_ERR }
        copy.copyMemory(from: bytes, byteCount: bytes.count)
        signature?.pointee = copy.assumingMemoryBound(to: UInt8.self)
        count?.pointee = Int32(bytes.count)
        return NATS_OK
    }
}
