import Fetch
import HTTPAPI
import Vocabulary

/// Asks a running gateway over its control socket.
struct ControlClient: Sendable {
    private let socket: String
    /// The tenant whose URL space is asked; nil for the default one.
    private let tenant: String?
    private static let responseLimit = 64 << 20
    /// Items of one listing at most.
    private static let listLimit = 1_000_000

    typealias Method = FetchRequest.Method

    init(socket: String, tenant: String? = nil) {
        self.socket = socket
        self.tenant = tenant
    }

    /// Calls one route and answers its body; `.null` where it has none.
    ///
    /// - Throws: `CommandRefusal` with the gateway's own sentence when it refuses.
    @discardableResult
    func call(
        _ method: FetchRequest.Method, _ path: String, _ body: AttributeValue? = nil, ifMatch: String? = nil,
        timeout: Duration = .seconds(120)
    ) async throws -> AttributeValue {
        var headers = [FetchHeader("Accept", "application/json")]
        if body != nil { headers.append(FetchHeader("Content-Type", "application/json")) }
        if let ifMatch { headers.append(FetchHeader("If-Match", ifMatch)) }
        var limits = FetchLimits()
        limits.totalTimeout = timeout
        limits.responseBytes = Self.responseLimit
        let prefix = tenant.map { "/t/\($0)" } ?? ""
        let request = FetchRequest(
            method, url: "http://gatehouse.localhost\(prefix)\(path)", headers: headers,
            body: body.map { Array(CanonicalJSON.encode($0).utf8) } ?? [], unixSocket: socket, limits: limits)
        let response = try await Self.fetcher.get().fetch(request)
        let answer = response.body.isEmpty ? .null : try StrictJSON.parse(response.body)
        guard (200..<300).contains(response.status) else { throw Self.refusal(answer, response.status) }
        return answer
    }

    /// Items of one page, as many as the API gives.
    private static let pageLimit = 200

    /// All items of a list that comes in pages, or the first so many.
    func all(_ path: String, atMost limit: Int = listLimit) async throws -> [AttributeValue] {
        var items: [AttributeValue] = []
        let first = path + (path.contains("?") ? "&" : "?") + "limit=\(min(limit, Self.pageLimit))"
        var cursor: String?
        repeat {
            let page = try await call(.get, first + (cursor.map { "&cursor=\($0)" } ?? ""))
            items += page["items"]?.list ?? []
            cursor = page["next"]?.string
        } while cursor != nil && items.count < limit
        return Array(items.prefix(limit))
    }

    /// RFC 9457: the sentence is `detail`, else `title`.
    private static func refusal(_ problem: AttributeValue, _ status: Int) -> CommandRefusal {
        let sentence = problem["detail"]?.string ?? problem["title"]?.string ?? "The gateway answered \(status)."
        return CommandRefusal(Console.plain(sentence))
    }

    // The socket is this machine's; plain HTTP never leaves it.
    private static let fetcher = Result { () throws -> HTTPFetcher in
        var configuration = FetchConfiguration()
        configuration.plainHTTP = .loopbackOnly
        configuration.allowedNetworks = [CIDR("127.0.0.0/8")].compactMap(\.self)
        configuration.threadCount = 1
        configuration.resolve = { _ in [IPAddress("127.0.0.1")].compactMap(\.self) }
        return try HTTPFetcher(configuration)
    }

    /// A word as one segment of a path or one value of a query (RFC 3986 §2.1).
    static func encode(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._~".utf8.contains(byte)
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }
}
