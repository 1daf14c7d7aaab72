import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Says why, where the server refuses what it could not read as a request: it answers such a one with a bare 400, before
/// any route is asked, and a program that reads every refusal as a problem (RFC 9457) would find nothing in it.
final class UnreadableRequest: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private static let body = CanonicalJSON.encode(
        Problem(
            status: 400, code: "http.unreadable",
            detail: "It is not HTTP as RFC 9112 has it, or its target, a header field or all of them are too long."
        ).json)

    private var isBare = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where Self.isBare(head):
            isBare = true
            head.headerFields[.contentType] = "application/problem+json"
            head.headerFields[.contentLength] = String(Self.body.utf8.count)
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end where isBare:
            isBare = false
            let bytes = context.channel.allocator.buffer(string: Self.body)
            context.write(wrapOutboundOut(.body(bytes)), promise: nil)
            context.write(data, promise: promise)
        default: context.write(data, promise: promise)
        }
    }

    /// No route answers 400 without a body.
    private static func isBare(_ head: HTTPResponse) -> Bool {
        head.status == .badRequest && head.headerFields[.contentLength] == "0"
    }
}

@available(*, unavailable)
extension UnreadableRequest: Sendable {}
