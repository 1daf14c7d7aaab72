import CNATS
import JOSE
import NKeys
import Vocabulary

/// The library's options for one attempt at one server. They are never shared: the library holds a lock of theirs while it
/// shakes hands over TLS, for which it sets no limit of time.
final class ConnectionOptions {
    let pointer: OpaquePointer
    let server: MessagingServer

    init(
        _ configuration: MessagingConfiguration, _ server: MessagingServer, credentials: UInt, closed: UInt,
        trouble: UInt
    ) throws(ConnectionTrouble) {
        var made: OpaquePointer?
        guard natsOptions_Create(&made) == NATS_OK, let made else {
            throw ConnectionTrouble(.library, "out of memory", server: server.description)
        }
        pointer = made
        self.server = server
        let scheme = server.requiresTLS ? "tls" : "nats"
        let host = server.host.contains(":") ? "[\(server.host)]" : server.host
        try set(natsOptions_SetURL(pointer, "\(scheme)://\(host):\(server.port)"))
        // Reconnecting is done here: the library gives up for good when a server refuses the credentials twice, keeps
        // what was published for a server that may have lost what came before, and says neither.
        try set(natsOptions_SetAllowReconnect(pointer, false))
        try set(natsOptions_SetIgnoreDiscoveredServers(pointer, true))
        try set(natsOptions_SetTimeout(pointer, configuration.connectTimeout.milliseconds))
        try set(natsOptions_SetPingInterval(pointer, configuration.pingInterval.milliseconds))
        try set(natsOptions_SetMaxPingsOut(pointer, 2))
        try set(natsOptions_SetWriteDeadline(pointer, configuration.writeTimeout.milliseconds))
        try set(natsOptions_SetSendAsap(pointer, !configuration.gathersWrites))
        try set(natsOptions_SetName(pointer, Self.escaped(configuration.clientName)))
        try set(natsOptions_SetClosedCB(pointer, CallbackTable.onClosed, CallbackTable.pointer(closed)))
        try set(natsOptions_SetErrorHandler(pointer, CallbackTable.onTrouble, CallbackTable.pointer(trouble)))
        try setTLS(configuration.tls)
        try set(configuration.credentials, credentials)
    }

    deinit { natsOptions_Destroy(pointer) }

    private func setTLS(_ tls: MessagingTLS) throws(ConnectionTrouble) {
        if tls.isRequired || server.requiresTLS { try set(natsOptions_SetSecure(pointer, true)) }
        if let file = tls.authorityFile { try set(natsOptions_LoadCATrustedCertificates(pointer, file), .tlsFailed) }
        if let certificate = tls.certificateFile, let key = tls.keyFile {
            try set(natsOptions_LoadCertificatesChain(pointer, certificate, key), .tlsFailed)
        }
    }

    private func set(_ credentials: MessagingCredentials, _ number: UInt) throws(ConnectionTrouble) {
        switch credentials.kind {
        case .none: break
        case .token(let token): try set(natsOptions_SetToken(pointer, Self.escaped(token)))
        case .password(let user, let password):
            try set(natsOptions_SetUserInfo(pointer, Self.escaped(user), Self.escaped(password.reveal())))
        case .user:
            let closure = CallbackTable.pointer(number)
            try set(
                natsOptions_SetUserCredentialsCallbacks(
                    pointer, CallbackTable.giveToken, closure, CallbackTable.signNonce, closure))
        }
    }

    private func set(_ status: natsStatus, _ kind: ConnectionTrouble.Kind = .library) throws(ConnectionTrouble) {
        guard status != NATS_OK else { return }
        throw ConnectionTrouble(kind, lastErrorText(status), server: server.description)
    }

    /// As a string of JSON has it: the library writes names and passwords between quotation marks as they are.
    static func escaped(_ text: String) -> String {
        String(decoding: JSONValue.string(text).serialized.dropFirst().dropLast(), as: UTF8.self)
    }
}

/// What the library says about its last failure on this thread, or else about the status.
func lastErrorText(_ status: natsStatus) -> String {
    let text = nats_GetLastError(nil).map { String(cString: $0) } ?? ""
    return text.isEmpty ? natsStatus_GetText(status).map { String(cString: $0) } ?? "" : text
}

extension Duration {
    /// Whole milliseconds, one at least.
    var milliseconds: Int64 { max(1, Int64(self / .milliseconds(1))) }
}
