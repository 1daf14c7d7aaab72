import HTTPTypes
import Hummingbird
import Synchronization
import Vocabulary

/// Refuses work beyond a bound instead of queueing it: an answer of 503 now is worth more than one of 200 too late.
public final class InFlightLimitMiddleware: RouterMiddleware {
    public typealias Context = GatewayRequestContext

    private let limit: Int
    private let running = Atomic<Int>(0)

    /// - Parameter limit: requests answered at the same time.
    public init(limit: Int) { self.limit = limit }

    /// Goes on, or refuses when there are too many requests at work; a refused one costs nothing further in.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let count = running.add(1, ordering: .relaxed).newValue
        defer { running.subtract(1, ordering: .relaxed) }
        guard count <= limit else { throw Refusal.busy(retryAfterSeconds: 1) }
        return try await next(request, context)
    }
}

/// Allows each address so many requests in a fixed window; for the few routes that cost much or can be guessed at.
public final class RateLimitMiddleware: RouterMiddleware {
    public typealias Context = GatewayRequestContext

    private struct Window {
        var start: Timestamp
        var counts: [IPAddress: Int] = [:]
    }

    private let limit: Int
    private let length: Duration
    private let now: @Sendable () -> Timestamp
    private let window: Mutex<Window>
    /// Addresses remembered in one window; beyond it strangers share one budget, so that memory stays bounded.
    public static let addressLimit = 65_536

    /// - Parameters:
    ///   - limit: requests one address may make in a window.
    ///   - length: the window's length.
    public init(limit: Int, per length: Duration, now: @escaping @Sendable () -> Timestamp) {
        self.limit = limit
        self.length = length
        self.now = now
        window = Mutex(Window(start: now()))
    }

    /// Goes on, or throws 429 with the window's length when the peer's budget is spent.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        if let peer = context.peer, !allows(peer) {
            throw Refusal.tooManyRequests(retryAfterSeconds: max(1, Int(length.microseconds / 1_000_000)))
        }
        return try await next(request, context)
    }

    /// Takes one from the address's budget; false when it is spent.
    func allows(_ peer: IPAddress) -> Bool {
        let moment = now()
        return window.withLock { window in
            if moment - window.start >= length { window = Window(start: moment) }
            let isKnown = window.counts[peer] != nil
            let key = isKnown || window.counts.count < Self.addressLimit ? peer : Self.overflow
            window.counts[key, default: 0] += 1
            return window.counts[key, default: 0] <= limit
        }
    }

    // 192.0.2.0/24 is documentation space (RFC 5737) and never a peer.
    private static let overflow = IPAddress("192.0.2.0")!
}
