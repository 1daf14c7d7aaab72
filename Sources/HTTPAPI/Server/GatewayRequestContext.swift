import Hummingbird
import Logging
import NIOCore
import OAuth
import Synchronization
import Vocabulary

/// What accompanies one request from the socket to the handler.
public struct GatewayRequestContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// The address of the connection's other end, never of a forwarded header; nil on a unix-domain socket.
    public let peer: IPAddress?
    /// True on the control socket, where the kernel vouches for the other end being on this machine.
    public let isLocalSocket: Bool
    /// The user behind the control socket, once `ControlPeerMiddleware` has asked the kernel.
    public internal(set) var operatorID: UInt32?
    let channel: any Channel
    /// Names the request in the log, the journal (`trace`) and `X-Request-ID`. Set by `RequestIDMiddleware`.
    public var requestID: String
    /// The tenant whose URL space the request is in; nil before it is resolved.
    public var tenant: Tenant?
    /// The certificate of the connection, or of the one that a trusted proxy ended; nil where none was shown, and a refusal
    /// for one that cannot be read.
    var certificate: Result<ShownCertificate, OAuthError>?
    /// Who is asking, once a credential was validated; nil means nobody proven.
    public var principal: Principal?
    /// Why the request was refused, for the access log only.
    public let refusal: RefusalNote

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        operatorID = nil
        peer = source.channel.remoteAddress.flatMap(IPAddress.init(socket:))
        if case .unixDomainSocket? = source.channel.localAddress { isLocalSocket = true } else { isLocalSocket = false }
        requestID = ""
        tenant = nil
        certificate = nil
        principal = nil
        refusal = RefusalNote()
    }
}

extension IPAddress {
    /// The address of a socket's end, without a text or an array in between, because every request asks; nil for one
    /// that has none.
    fileprivate init?(socket address: SocketAddress) {
        // ip(7), ipv6(7): the address begins at the fourth byte of a `sockaddr_in`, at the eighth of a `sockaddr_in6`.
        switch address {
        case .v4:
            let word = address.withSockAddr { start, size in
                size < 8 ? nil : UnsafeRawPointer(start).loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            }
            guard let word else { return nil }
            self = .v4(UInt32(bigEndian: word))
        case .v6:
            let halves = address.withSockAddr { start, size in
                size < 24 ? nil : UnsafeRawPointer(start).loadUnaligned(fromByteOffset: 8, as: (UInt64, UInt64).self)
            }
            guard let halves else { return nil }
            self = .v6(high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1))
        case .unixDomainSocket: return nil
        }
    }
}

/// A place where the error mapping leaves the precise code of a refusal for the access log, which runs outside it.
public final class RefusalNote: Sendable {
    private let stored = Mutex<(code: String?, isPeers: Bool)>((nil, false))

    public var code: String? {
        get { stored.withLock { $0.code } }
        set { stored.withLock { $0.code = newValue } }
    }

    /// Whether it is the other side's fault whatever the status says: SOAP tells of its faults with 500 (SOAP 1.1 §6.2), and
    /// nobody of ours is to be woken for them.
    var isPeers: Bool { stored.withLock { $0.isPeers } }

    /// Notes a fault of the other side's.
    func blame(peerFor code: String) { stored.withLock { $0 = (code, true) } }
}
