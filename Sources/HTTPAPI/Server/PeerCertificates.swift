import Hummingbird
import NIOCore
import NIOSSL
import OAuth
import Synchronization

/// The certificates that the other end of a connection has shown: a place in its pipeline, filled by the handshake.
///
/// Every certificate is taken there, self-signed ones too: the handshake proves that its key is held, and whose it is can
/// only be judged once a request names a client.
final class PeerCertificates: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let memory = Mutex<Result<ShownCertificate, OAuthError>?>(nil)

    /// Nil for a connection that was opened without; a refusal for certificates that are past what is read.
    var shown: Result<ShownCertificate, OAuthError>? { memory.withLock { $0 } }

    /// Takes what was shown, leaf first.
    func take(_ chain: [NIOSSLCertificate]) {
        guard !chain.isEmpty else { return }
        let result: Result<ShownCertificate, OAuthError>
        do throws(OAuthError) {
            // One more than is taken is enough to refuse them.
            let ders = chain.prefix(ShownCertificate.intermediateLimit + 2).map { (try? $0.toDERBytes()) ?? [] }
            result = .success(try ShownCertificate(leaf: ders[0], intermediates: Array(ders.dropFirst())))
        } catch {
            result = .failure(error)
        }
        memory.withLock { $0 = result }
    }

    /// The handlers of a connection that asks for a certificate and does without.
    static func handlers(_ context: NIOSSLContext) -> [any ChannelHandler] {
        let peer = PeerCertificates()
        let secured = NIOSSLServerHandler(context: context) { chain, promise in
            peer.take(chain)
            promise.succeed(.certificateVerified)
        }
        return [secured, peer]
    }
}

/// Tells routes what the connection was opened with, at the listener that asks for certificates. A header says nothing
/// there: whoever is at the other end speaks for themselves.
struct PeerCertificateMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: GatewayRequestContext,
        next: (Request, GatewayRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        // Throws where there is no such place: then nobody knows what was shown, and nothing is answered.
        context.certificate = try await context.channel.pipeline.handler(type: PeerCertificates.self)
            .map { $0.shown }.get()
        return try await next(request, context)
    }
}
