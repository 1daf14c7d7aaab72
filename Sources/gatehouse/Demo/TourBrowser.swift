import Fetch
import Fixtures
import Foundation
import Vocabulary

/// As much of a browser as the tour needs: cookies per host, forms, and one step of a redirect at a time.
final class TourBrowser {
    private let fetcher: HTTPFetcher
    private(set) var cookies: CookieJar = [:]
    private(set) var url = ""
    private(set) var status = 0
    private(set) var page = ""
    /// `WWW-Authenticate` of the last answer.
    private(set) var challenge: String?
    private var location: String?
    private static let redirectLimit = 12

    init(authorityFile: String) throws {
        var configuration = FetchConfiguration()
        configuration.certificateAuthorityFile = authorityFile
        configuration.threadCount = 1
        configuration.allowedNetworks = [CIDR("127.0.0.0/8")].compactMap(\.self)
        // RFC 6761 §6.3: names below localhost are loopback, whether or not the system's resolver knows.
        configuration.resolve = { host in
            guard host == "localhost" || host.hasSuffix(".localhost"), let address = IPAddress("127.0.0.1") else {
                return try SystemResolver.addresses(of: host)
            }
            return [address]
        }
        fetcher = try HTTPFetcher(configuration)
    }

    /// One request, without following what it answers.
    func request(
        _ method: FetchRequest.Method, _ target: String, headers: [FetchHeader] = [], body: [UInt8] = [],
        accepting type: String = "text/html"
    ) async throws {
        var fields = headers + [FetchHeader("Accept", type)]
        let host = Self.origin(target)
        if let held = cookies.header(for: host) { fields.append(FetchHeader("Cookie", held)) }
        let answer = try await fetcher.fetch(FetchRequest(method, url: target, headers: fields, body: body))
        for header in answer.headers where header.name.lowercased() == "set-cookie" {
            cookies.keep(header.value, from: host)
        }
        url = target
        status = answer.status
        page = String(decoding: answer.body, as: UTF8.self)
        challenge = answer.header("WWW-Authenticate")
        location = Self.target(of: answer)
    }

    /// One request, and every redirect after it, as a browser follows them.
    func open(_ target: String) async throws {
        try await request(.get, target)
        try await followRedirects()
    }

    private func followRedirects() async throws {
        for _ in 0..<Self.redirectLimit {
            guard let location else { return }
            try await request(.get, Self.resolve(location, against: url))
        }
        throw CommandRefusal("The tour was redirected in circles at \(url).")
    }

    /// Where the answer sends a browser: a redirect, or a page that moves on at once (`Refresh: 0; url=…`).
    private static func target(of answer: FetchResponse) -> String? {
        if (300..<400).contains(answer.status) { return answer.header("Location") }
        let refresh = answer.header("Refresh")?.split(separator: "=", maxSplits: 1)
        return refresh?.count == 2 ? refresh.map { String($0[1]) } : nil
    }

    /// Fills and sends the page's form that holds a field of that name.
    func submit(formWith field: String, _ values: [String: String]) async throws {
        guard let form = HTMLForm.all(in: page).first(where: { $0.fields[field] != nil }) else {
            throw CommandRefusal("\(url) answered \(status) without a form that asks for \(field).")
        }
        let fields = form.fields.merging(values) { _, new in new }
        let origin = Self.origin(url)
        try await request(
            .post, Self.resolve(form.action, against: url),
            headers: [
                FetchHeader("Content-Type", "application/x-www-form-urlencoded"), FetchHeader("Origin", origin),
                FetchHeader("Sec-Fetch-Site", "same-origin"),
            ], body: Array(Self.form(fields).utf8))
        try await followRedirects()
    }

    /// Fields as a form sends them (`application/x-www-form-urlencoded`).
    static func form(_ fields: [String: String]) -> String {
        fields.sorted { $0.key < $1.key }
            .map { "\(ControlClient.encode($0.key))=\(ControlClient.encode($0.value))" }.joined(separator: "&")
    }

    func forgetCookies() { cookies = [:] }

    /// Carries cookies of one origin to another, as somebody would who stole them.
    func replay(cookiesOf one: String, at other: String) { cookies[other] = cookies[one] }

    static func origin(_ url: String) -> String {
        guard let start = url.firstRange(of: "://")?.upperBound else { return url }
        return String(url[..<start] + url[start...].prefix { $0 != "/" && $0 != "?" })
    }

    static func resolve(_ location: String, against url: String) -> String {
        if location.contains("://") { return location }
        if location.hasPrefix("/") { return origin(url) + location }
        return url
    }
}
