import Fixtures
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Vocabulary

/// A form filled and not yet sent, with the cookies of its browser.
struct PreparedForm: Sendable {
    let path: String
    let headers: HTTPFields
    let body: String
}

/// A person at a browser without scripts, in front of a reverse proxy: cookies per host, forms, redirects. Pages of an
/// application's host go through `/auth/verify`, as nginx asks it.
final class WebPerson {
    private let client: any TestClientProtocol
    private var cookies: [String: [String: String]] = [:]
    /// The cookies by host, to take them to another server.
    var jar: [String: [String: String]] {
        get { cookies }
        set { cookies = newValue }
    }
    private(set) var url = ""
    private(set) var status = 0
    private(set) var page = ""
    private(set) var challenge = ""
    private(set) var location: String?
    private(set) var contentSecurityPolicy = ""

    static let gateway = "https://gate.example.org"
    /// Where the addresses begin that nobody answers here, such as a client's: the browser stops before them.
    var halt: String?
    /// Where the proxy in front says that the browser is.
    var address = "192.0.2.7"

    init(_ client: any TestClientProtocol) { self.client = client }

    /// Opens a page and follows where it leads, as far as a browser would.
    func open(_ target: String, accepting type: String = "text/html") async throws {
        try await request(.get, target, accepting: type)
        try await follow()
    }

    /// Where the page's link with this label leads.
    func link(_ label: String) -> String? {
        let links = page.matches(of: /<a [^>]*href="([^"]*)"[^>]*>([^<]*)</)
        return links.first { $0.output.2 == label }.map { match in
            let target = String(match.output.1).replacing("&amp;", with: "&").replacing("&#x3D;", with: "=")
            return target.hasPrefix("/") ? Self.gateway + target : target
        }
    }

    /// Fills and sends the page's form that has a field of this name.
    func submit(_ field: String, _ values: [String: String]) async throws {
        try await send(try filled(field, values))
    }

    /// Fills and sends the page's form that goes there.
    func submit(to action: String, _ values: [String: String]) async throws {
        try await send(try filled(values, "form to \(action)") { $0.action == action })
    }

    private func send(_ form: (action: String, body: String)) async throws {
        try await request(.post, Self.gateway + form.action, body: form.body)
        try await follow()
    }

    /// Where that form goes, and what it says.
    private func filled(_ field: String, _ values: [String: String]) throws -> (action: String, body: String) {
        try filled(values, "field \(field)") { $0.fields[field] != nil }
    }

    private func filled(
        _ values: [String: String], _ what: String, where isMeant: (HTMLForm) -> Bool
    ) throws -> (action: String, body: String) {
        guard let form = HTMLForm.all(in: page).first(where: isMeant) else {
            throw Fault("test.form", .ourselves, "\(url) (\(status)) has no \(what): \(page.suffix(600))")
        }
        let body = form.fields.merging(values) { $1 }
            .map { "\(Self.encoded($0.key))=\(Self.encoded($0.value))" }.joined(separator: "&")
        return (form.action, body)
    }

    /// The same request, to be sent by whoever wants many at once.
    func prepared(_ field: String, _ values: [String: String]) throws -> PreparedForm {
        let (action, body) = try filled(field, values)
        return PreparedForm(path: action, headers: headers(.post, Self.gateway, action, body), body: body)
    }

    /// The page's form that goes there, as it stands.
    func prepared(to action: String) throws -> PreparedForm {
        let (_, body) = try filled([:], "form to \(action)") { $0.action == action }
        return PreparedForm(path: action, headers: headers(.post, Self.gateway, action, body), body: body)
    }

    private func follow() async throws {
        for _ in 0..<12 {
            guard let next = location else { return }
            if let halt, next.hasPrefix(halt) { return }
            try await request(.get, next.hasPrefix("/") ? Self.origin(url) + next : next)
        }
        throw Fault("test.circle", .ourselves, "Redirected in circles at \(url).")
    }

    /// Posts a form from a page of somebody else's, as a browser does: without cookies that are Lax (RFC 6265bis §5.2); then
    /// goes where that leads, with them.
    func sendElsewhere(_ body: String, to target: String) async throws {
        let origin = Self.origin(target)
        let held = cookies[origin]
        cookies[origin] = nil
        try await request(.post, target, body: body)
        cookies[origin] = (held ?? [:]).merging(cookies[origin] ?? [:]) { $1 }
        try await follow()
    }

    /// One request, without following what it answers.
    func request(
        _ method: HTTPRequest.Method, _ target: String, body: String? = nil, accepting type: String = "text/html"
    ) async throws {
        let origin = Self.origin(target)
        let path = String(target.dropFirst(origin.count))
        let isApplication = origin != Self.gateway
        let isOwn = isApplication && path.hasPrefix("/.gatehouse/")
        let headers = headers(method, origin, path, body, accepting: type)
        let asked = isApplication && !isOwn ? "/auth/verify" : path
        try await client.execute(
            uri: asked, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
        ) { self.take($0, origin, target) }
    }

    private func headers(
        _ method: HTTPRequest.Method, _ origin: String, _ path: String, _ body: String?,
        accepting type: String = "text/html"
    ) -> HTTPFields {
        var headers = proxied(origin, path, method)
        headers[.accept] = type
        if let held = cookies[origin], !held.isEmpty {
            headers[.cookie] = held.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
        }
        if body != nil {
            headers[.contentType] = "application/x-www-form-urlencoded"
            headers[.origin] = origin
            headers[HTTPField.Name("Sec-Fetch-Site")!] = "same-origin"
        }
        return headers
    }

    private func proxied(_ origin: String, _ path: String, _ method: HTTPRequest.Method) -> HTTPFields {
        [
            HTTPField.Name("X-Original-Method")!: method.rawValue, HTTPField.Name("X-Original-URI")!: path,
            HTTPField.Name("X-Forwarded-Proto")!: "https", HTTPField.Name("X-Forwarded-For")!: address,
            HTTPField.Name("X-Forwarded-Host")!: String(origin.dropFirst("https://".count)),
        ]
    }

    private func take(_ answer: TestResponse, _ origin: String, _ target: String) {
        for value in answer.headers[values: .setCookie] {
            let pair = value.split(separator: ";")[0].split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            cookies[origin, default: [:]][String(pair[0])] = value.contains("Max-Age=0") ? nil : String(pair[1])
        }
        url = target
        status = answer.status.code
        page = String(buffer: answer.body)
        challenge = answer.headers[.wwwAuthenticate] ?? ""
        contentSecurityPolicy = answer.headers[.contentSecurityPolicy] ?? ""
        let refresh = answer.headers[HTTPField.Name("Refresh")!]?.split(separator: "=", maxSplits: 1).last.map(
            String.init)
        location = answer.headers[.location] ?? refresh
    }

    private static func origin(_ url: String) -> String {
        "https://" + url.dropFirst("https://".count).prefix { $0 != "/" && $0 != "?" }
    }

    static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
