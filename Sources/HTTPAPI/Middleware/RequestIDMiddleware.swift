import Glibc
import HTTPTypes
import Hummingbird
import Logging
import Synchronization
import Vocabulary

/// Names every request. A caller's `X-Request-ID` is kept when it is harmless, otherwise a fresh one is made; either
/// way it is echoed, so that a person can quote it and an operator can find it.
public struct RequestIDMiddleware: RouterMiddleware {
    public typealias Context = GatewayRequestContext

    private let make: @Sendable () -> String

    /// - Parameter make: draws a fresh id; the default is 128 random bits in hexadecimal (a W3C trace id's shape).
    public init(make: @escaping @Sendable () -> String = RequestIDMiddleware.random) { self.make = make }

    /// Keeps the id a caller offered if it is well-formed, else gives one, and tells it in the answer.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var context = context
        let offered = request.headers[.xRequestID]
        context.requestID = offered.flatMap { Self.isValid($0) ? $0 : nil } ?? make()
        context.logger[metadataKey: "request"] = .string(context.requestID)
        var response = try await next(request, context)
        response.headers.append(HTTPField(name: .xRequestID, value: context.requestID))
        return response
    }

    /// 8 to 64 characters of `[A-Za-z0-9._-]`: nothing that could break a log line, a header or a query.
    public static func isValid(_ id: String) -> Bool {
        let bytes = id.utf8
        return (8...64).contains(bytes.count)
            && bytes.allSatisfy { ASCII.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
    }

    @Sendable public static func random() -> String {
        let halves = stock.take()
        return String(unsafeUninitializedCapacity: 32) { buffer in
            for place in 0..<32 {
                let half = place < 16 ? halves.0 : halves.1
                let digit = UInt8(truncatingIfNeeded: half >> UInt64(60 - 4 * (place & 15)) & 15)
                buffer[place] = digit < 10 ? 0x30 + digit : 0x57 + digit
            }
            return 32
        }
    }
}

extension RequestIDMiddleware {
    private static let stock = RandomStock()

    /// Random numbers in store: asked for one by one, the system would be called twice for every request.
    private final class RandomStock: Sendable {
        private let numbers = Mutex<[UInt64]>([])

        func take() -> (UInt64, UInt64) {
            numbers.withLock { numbers in
                if numbers.count < 2 {
                    numbers = [UInt64](repeating: 0, count: 512)
                    // Entropy of the system (getrandom(2)), at most 256 bytes without a chance of being interrupted.
                    numbers.withUnsafeMutableBytes { bytes in
                        for piece in stride(from: 0, to: bytes.count, by: 256) {
                            precondition(getentropy(bytes.baseAddress! + piece, 256) == 0)
                        }
                    }
                }
                return (numbers.removeLast(), numbers.removeLast())
            }
        }
    }
}

extension HTTPField.Name {
    static let xRequestID = HTTPField.Name("X-Request-ID")!
}
