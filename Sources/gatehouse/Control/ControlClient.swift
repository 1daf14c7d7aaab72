import Fetch
import HTTPAPI
import Vocabulary

/// Asks a running gateway over its control socket.
struct ControlClient: Sendable {
    private let socket: String
    /// The tenant whose URL space is asked; nil for the default one.
    private let tenant: String?
    /// The API key of whom the caller speaks for; nil for the machine's administrator.
    private let key: SecretText?
    private static let responseLimit = 64 << 20
    /// Items of one listing at most.
    private static let listLimit = 1_000_000

    typealias Method = FetchRequest.Method

    init(socket: String, tenant: String? = nil, key: SecretText? = nil) {
        self.socket = socket
        self.tenant = tenant
        self.key = key
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
        if let key { headers.append(FetchHeader("Authorization", "Bearer \(key.reveal())")) }
        if body != nil { headers.append(FetchHeader("Content-Type", "application/json")) }
        if let ifMatch { headers.append(FetchHeader("If-Match", ifMatch)) }
        let response = try await fetch(
            method, path, headers: headers, body: body.map { Array(CanonicalJSON.encode($0).utf8) } ?? [],
            timeout: timeout)
        let answer = response.body.isEmpty ? .null : try StrictJSON.parse(response.body)
        guard (200..<300).contains(response.status) else { throw refusal(answer, response.status) }
        return answer
    }

    /// Text of a route that answers with it, part by part, handed on as it comes: nothing is kept.
    func text(_ path: String, _ take: (String) throws -> Void) async throws {
        var next: String? = path
        while let part = next {
            let response = try await fetch(.get, part, headers: [], body: [], timeout: .seconds(120))
            guard (200..<300).contains(response.status) else {
                throw refusal((try? StrictJSON.parse(response.body)) ?? .null, response.status)
            }
            try take(String(decoding: response.body, as: UTF8.self))
            next = Self.next(response.header("link")).map { path.prefix { $0 != "?" } + $0 }
        }
    }

    /// The relative reference of `<?…>; rel="next"` (RFC 8288 §3), as the gateway writes it.
    private static func next(_ link: String?) -> String? {
        guard let link, link.hasPrefix("<?"), let end = link.firstIndex(of: ">") else { return nil }
        return String(link[link.index(after: link.startIndex)..<end])
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

    private func fetch(
        _ method: Method, _ path: String, headers: [FetchHeader], body: [UInt8], timeout: Duration
    ) async throws -> FetchResponse {
        var limits = FetchLimits()
        limits.totalTimeout = timeout
        limits.responseBytes = Self.responseLimit
        let prefix = tenant.map { "/t/\($0)" } ?? ""
        let request = FetchRequest(
            method, url: "http://gatehouse.localhost\(prefix)\(path)", headers: headers, body: body,
            unixSocket: socket, limits: limits)
        return try await Self.fetcher.get().fetch(request)
    }

    /// RFC 9457: the sentence is `detail`, else `title`.
    private func refusal(_ problem: AttributeValue, _ status: Int) -> CommandRefusal {
        let detail = problem["detail"]?.string ?? (status == 404 ? absence : nil)
        let sentence = detail ?? problem["title"]?.string ?? "The gateway answered \(status)."
        return CommandRefusal(Console.plain(sentence))
    }

    /// What is not there is a name that was typed: the command's, or the tenant's.
    private var absence: String {
        let place = tenant.map { "There is no tenant `\($0)`, or it has nothing" } ?? "There is nothing"
        return
            "\(place) of this name or id. Lists show ids: where a command asks for one, a name is none."
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
