import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Bounds what one connection may cost while a request is read and an answer is written: the server's own timer knows
/// idle connections only, and neither a body that comes a byte a minute nor an answer that nobody reads is idle.
///
/// It closes the connection where a request is not read whole in time, where an answer could not be sent on in time,
/// and where an unread body goes on for too long after it was answered.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let requestTime: TimeAmount
    private let stallTime: TimeAmount
    private let discardLimit: Int
    private var isReading = false
    private var isAnswered = false
    private var discarded = 0
    private var requestTimer: Scheduled<Void>?
    private var stallTimer: Scheduled<Void>?

    init(_ limits: HTTPLimits) {
        requestTime = .seconds(Int64(limits.requestSeconds))
        stallTime = .seconds(Int64(limits.writeStallSeconds))
        discardLimit = limits.discardedBytes
    }

    func handlerRemoved(context: ChannelHandlerContext) { cancelTimers() }

    func channelInactive(context: ChannelHandlerContext) {
        cancelTimers()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            isReading = true
            isAnswered = false
            discarded = 0
        case .body(let bytes):
            guard isAnswered else { break }
            discarded += bytes.readableBytes
            if discarded > discardLimit {
                context.close(promise: nil)
                return
            }
        case .end:
            isReading = false
            requestTimer?.cancel()
            requestTimer = nil
        }
        context.fireChannelRead(data)
    }

    // A request that arrived whole, as almost all do, costs no timer.
    func channelReadComplete(context: ChannelHandlerContext) {
        if isReading, requestTimer == nil { requestTimer = close(context, after: requestTime) }
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { isAnswered = isReading }
        context.write(data, promise: promise)
    }

    // Not writable means that more is waiting than the channel's high watermark: the peer has stopped reading.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            stallTimer?.cancel()
            stallTimer = nil
        } else if stallTimer == nil {
            stallTimer = close(context, after: stallTime)
        }
        context.fireChannelWritabilityChanged()
    }

    private func close(_ context: ChannelHandlerContext, after time: TimeAmount) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: time) { context.close(promise: nil) }
    }

    private func cancelTimers() {
        requestTimer?.cancel()
        stallTimer?.cancel()
        requestTimer = nil
        stallTimer = nil
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
