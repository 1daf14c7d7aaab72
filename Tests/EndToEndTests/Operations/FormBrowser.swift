import Fetch
import Foundation
import Testing
import Vocabulary

/// As much of a browser as a walk needs: cookies, forms and redirects of one origin.
final class FormBrowser {
    private let fetcher: HTTPFetcher
    private(set) var cookies: [String: String] = [:]
    private(set) var url = ""
    private(set) var status = 0
    private(set) var page = ""
    private var location: String?

    init(authorityFile: String) throws {
        var configuration = FetchConfiguration()
        configuration.certificateAuthorityFile = authorityFile
        configuration.threadCount = 1
        configuration.allowedNetworks = [CIDR("127.0.0.0/8")].compactMap(\.self)
        configuration.resolve = { _ in [IPAddress("127.0.0.1")].compactMap(\.self) }
        fetcher = try HTTPFetcher(configuration)
    }

    deinit { fetcher.shutdown() }

    func request(
        _ method: FetchRequest.Method, _ target: String, headers: [FetchHeader] = [], body: [UInt8] = []
    ) async throws {
        var fields = headers
        if !headers.contains(where: { $0.name == "Accept" }) { fields.append(FetchHeader("Accept", "text/html")) }
        if !cookies.isEmpty {
            let pairs = cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            fields.append(FetchHeader("Cookie", pairs.joined(separator: "; ")))
        }
        let answer = try await fetcher.fetch(FetchRequest(method, url: target, headers: fields, body: body))
        for header in answer.headers where header.name.lowercased() == "set-cookie" { keep(header.value) }
        (url, status) = (target, answer.status)
        page = String(decoding: answer.body, as: UTF8.self)
        let refresh = answer.header("Refresh")?.split(separator: "=", maxSplits: 1).last.map(String.init)
        location = (300..<400).contains(answer.status) ? answer.header("Location") : refresh
    }

    /// Opens a page and follows where it leads.
    func open(_ target: String) async throws {
        try await request(.get, target)
        try await follow()
    }

    private func follow() async throws {
        for _ in 0..<12 {
            guard let next = location else { return }
            try await request(.get, next.contains("://") ? next : origin + next)
        }
        Issue.record("redirected in circles at \(url)")
    }

    private var origin: String {
        let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        return String(url[..<start] + url[start...].prefix { $0 != "/" && $0 != "?" })
    }

    /// Fills and sends the form of the page that holds a field of that name.
    func submit(formWith field: String, _ values: [String: String] = [:]) async throws {
        let form = try #require(
            forms.first { $0.fields[field] != nil }, "\(url) answered \(status): \(page.suffix(900))")
        let body = form.fields.merging(values) { _, new in new }.sorted { $0.key < $1.key }
            .map { "\(Self.encode($0.key))=\(Self.encode($0.value))" }.joined(separator: "&")
        let target = form.action.contains("://") ? form.action : origin + form.action
        try await request(
            .post, target,
            headers: [
                FetchHeader("Content-Type", "application/x-www-form-urlencoded"), FetchHeader("Origin", origin),
                FetchHeader("Sec-Fetch-Site", "same-origin"),
            ], body: Array(body.utf8))
        try await follow()
    }

    private var forms: [(action: String, fields: [String: String])] {
        page.matches(of: /<form([^>]*)>(.*?)<\/form>/.dotMatchesNewlines()).map { match in
            var fields: [String: String] = [:]
            for input in match.output.2.matches(of: /<(?:input|button)([^>]*)>/) {
                guard let name = Self.attribute("name", in: input.output.1) else { continue }
                if fields[name] != nil, input.output.1.contains("type=\"radio\"") { continue }
                fields[name] = Self.attribute("value", in: input.output.1) ?? ""
            }
            return (Self.attribute("action", in: match.output.1) ?? "", fields)
        }
    }

    private func keep(_ cookie: String) {
        let parts = cookie.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        let pair = parts[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard pair.count == 2 else { return }
        let isRemoved = pair[1].isEmpty || parts.contains { $0.lowercased() == "max-age=0" }
        cookies[String(pair[0])] = isRemoved ? nil : String(pair[1])
    }

    private static func attribute(_ name: String, in tag: Substring) -> String? {
        for match in tag.matches(of: /([a-z-]+)="([^"]*)"/) where match.output.1 == name {
            return [("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
                .reduce(String(match.output.2)) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
        }
        return nil
    }

    static func encode(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}
