import COpenSSL
import Glibc

/// One handshake as a client of TLS 1.2 or later that believes anything: what the server showed is judged afterwards,
/// and nothing is sent over it.
final class TLSHandshake {
    private let context: OpaquePointer
    private let session: OpaquePointer
    private let socket: ProbeSocket
    /// The server's own certificate.
    let leaf: ShownCertificate?

    init(_ socket: ProbeSocket, host: String) throws(TLSFlaw) {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw .handshakeRefused(detail: "out of memory") }
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        guard let session = SSL_new(context), SSL_set_fd(session, socket.descriptor) == 1 else {
            SSL_CTX_free(context)
            throw .handshakeRefused(detail: "out of memory")
        }
        do throws(TLSFlaw) {
            Self.name(host, session)
            try Self.connect(session, socket)
        } catch {
            SSL_free(session)
            SSL_CTX_free(context)
            throw error
        }
        self.context = context
        self.session = session
        self.socket = socket
        leaf = SSL_get1_peer_certificate(session).map(ShownCertificate.init)
    }

    deinit {
        SSL_free(session)
        SSL_CTX_free(context)
    }

    /// The chain as the server sent it, the leaf first; borrowed from the session.
    var chain: OpaquePointer? { SSL_get_peer_cert_chain(session) }

    /// RFC 6066 §3: a name, never an address.
    private static func name(_ host: String, _ session: OpaquePointer) {
        guard !ShownCertificate.isAddress(host) else { return }
        var bytes = host.utf8.map { CChar(bitPattern: $0) } + [0]
        _ = bytes.withUnsafeMutableBytes {
            SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), $0.baseAddress)
        }
    }

    private static func connect(_ session: OpaquePointer, _ socket: ProbeSocket) throws(TLSFlaw) {
        while true {
            ERR_clear_error()
            let status = SSL_connect(session)
            if status == 1 { return }
            switch SSL_get_error(session, status) {
            case SSL_ERROR_WANT_READ: guard socket.wait(POLLIN) else { throw .silent }
            case SSL_ERROR_WANT_WRITE: guard socket.wait(POLLOUT) else { throw .silent }
            case SSL_ERROR_SSL: throw .handshakeRefused(detail: reason())
            default: throw .handshakeRefused(detail: "the server closed the connection")
            }
        }
    }

    private static func reason() -> String {
        guard let text = ERR_reason_error_string(ERR_get_error()) else { return "unknown reason" }
        return String(cString: text)
    }
}
