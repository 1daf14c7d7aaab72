import HTTPTypes
import Vocabulary

/// The cookies of one request. A cookie of ours sent twice is refused: one of the two was put there by somebody else
/// (a sibling host, a proxy), and guessing which would be guessing who is signed in.
public struct CookieHeader: Sendable {
    /// Bytes of all `Cookie` headers together, and cookies in them.
    public static let byteLimit = 16_384
    public static let countLimit = 100

    private let values: [String: [String]]

    /// - Throws: `Refusal.badRequest("cookie.invalid")` beyond the limits. Foreign cookies that are malformed are
    ///   skipped.
    public init(_ headers: HTTPFields) throws {
        let fields = headers[values: .cookie]
        guard fields.reduce(0, { $0 + $1.utf8.count }) <= Self.byteLimit else {
            throw Refusal.badRequest(code: "cookie.invalid", where: "The cookies are too large.")
        }
        var values: [String: [String]] = [:]
        var count = 0
        for pair in fields.flatMap({ $0.split(separator: ";") }) {
            count += 1
            guard count <= Self.countLimit else {
                throw Refusal.badRequest(code: "cookie.invalid", where: "There are too many cookies.")
            }
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2 else { continue }
            values[halves[0].trimmingSpaces(), default: []].append(halves[1].trimmingSpaces())
        }
        self.values = values
    }

    /// The cookie's value; nil when it is absent, empty or not made of base64url characters, as all of ours are.
    ///
    /// - Throws: `Refusal.badRequest("cookie.duplicate")`.
    public func secret(_ name: String) throws -> SecretText? {
        guard let found = values[name], let value = found.first else { return nil }
        guard found.count == 1 else {
            throw Refusal.badRequest(code: "cookie.duplicate", where: "A cookie was sent twice.")
        }
        let isOurs =
            (1...512).contains(value.utf8.count)
            && value.utf8.allSatisfy { ASCII.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F }
        return isOurs ? Secret(value) : nil
    }
}
