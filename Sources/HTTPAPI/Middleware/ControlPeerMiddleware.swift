import Glibc
import Hummingbird
import NIOCore
import Vocabulary

/// Lets nobody but the service's own user and root speak over the control socket, whatever its file's mode came to be,
/// and notes who it is. The kernel says so, of the process that connected (unix(7), SO_PEERCRED).
struct ControlPeerMiddleware: RouterMiddleware {
    let ownUser: uid_t

    init(ownUser: uid_t = getuid()) { self.ownUser = ownUser }

    func handle(
        _ request: Request, context: GatewayRequestContext,
        next: (Request, GatewayRequestContext) async throws -> Response
    ) async throws -> Response {
        guard context.isLocalSocket else { return try await next(request, context) }
        guard let user = try await context.peerUser(), user == ownUser || user == 0 else {
            throw Refusal.forbidden(code: "control.not_permitted")
        }
        var context = context
        context.operatorID = user
        return try await next(request, context)
    }
}

/// `struct ucred` of <sys/socket.h>.
private struct PeerCredential: Sendable {
    var process: Int32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0
}

extension GatewayRequestContext {
    /// The numeric user at the other end of a unix-domain socket; nil where the kernel does not say.
    func peerUser() async throws -> UInt32? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        let credential: PeerCredential = try await provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        ).get()
        return credential.user
    }
}
