import Dispatch
import Fixtures
import Foundation

/// A browser made of curl: cookies by host, forms, redirects, and requests as malformed as a test wants them.
final class CurlBrowser {
    struct Answer: Sendable {
        let status: Int
        let headers: [(name: String, value: String)]
        let body: String

        subscript(name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
        func all(_ name: String) -> [String] {
            headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        }
    }

    let port: Int
    private let authority: String
    var cookies: CookieJar = [:]
    /// The host of the last request, and its path.
    private(set) var host = ""
    private(set) var path = ""
    /// Every address that was asked for, in order.
    private(set) var visited: [String] = []

    init(port: Int, authority: String) {
        self.port = port
        self.authority = authority
    }

    /// One request; `target` goes out as it is.
    @discardableResult
    func ask(
        _ host: String, _ target: String, method: String = "GET", _ headers: [String] = [], body: String? = nil,
        accept: String = "text/html", sendsCookies: Bool = true
    ) async throws -> Answer {
        var arguments = [
            "/usr/bin/curl", "-sS", "-i", "--http1.1", "--max-time", "15", "--noproxy", "*", "--cacert", authority,
            "--resolve", "\(host):\(port):127.0.0.1", "--path-as-is", "-X", method, "--request-target", target,
            "-H", "Accept: \(accept)",
        ]
        if sendsCookies, let held = cookies.header(for: host) { arguments += ["-H", "Cookie: \(held)"] }
        for header in headers { arguments += ["-H", header] }
        if let body { arguments += ["--data-raw", body] }
        arguments.append("https://\(host):\(port)/")
        let text = try await Self.run(arguments)
        let answer = Self.parse(text)
        self.host = host
        path = target
        visited.append("https://\(host):\(port)\(target)")
        for cookie in answer.all("Set-Cookie") { cookies.keep(cookie, from: host) }
        return answer
    }

    /// One request, and every redirect after it, as a browser follows them.
    func open(_ host: String, _ target: String) async throws -> Answer {
        try await follow(try await ask(host, target))
    }

    func follow(_ first: Answer) async throws -> Answer {
        var answer = first
        for _ in 0..<12 {
            guard let location = Self.location(answer) else { return answer }
            let (host, target) = split(location)
            answer = try await ask(host, target)
        }
        throw Loop()
    }

    struct Loop: Error {}

    /// Sends the page's form that has this field, and follows.
    func submit(_ page: Answer, _ values: [String: String], following: Bool = true) async throws -> Answer {
        let form = try Self.form(page.body)
        let fields = form.fields.merging(values) { _, new in new }
        let body = fields.sorted { $0.key < $1.key }.map { "\(Self.encode($0.key))=\(Self.encode($0.value))" }
            .joined(separator: "&")
        let answer = try await ask(
            host, form.action, method: "POST",
            [
                "Origin: https://\(host):\(port)", "Sec-Fetch-Site: same-origin",
                "Content-Type: application/x-www-form-urlencoded",
            ], body: body)
        return following ? try await follow(answer) : answer
    }

    /// Signs in at the gateway's pages, from the page that asks who it is.
    func signIn(_ page: Answer, _ login: String, _ password: String, following: Bool = true) async throws -> Answer {
        let second = try await submit(page, ["identifier": login])
        return try await submit(second, ["password": password], following: following)
    }

    static func location(_ answer: Answer) -> String? {
        if (300..<400).contains(answer.status) { return answer["Location"] }
        guard let refresh = answer["Refresh"], let mark = refresh.firstRange(of: "url=") else { return nil }
        return String(refresh[mark.upperBound...])
    }

    func split(_ location: String) -> (host: String, target: String) {
        guard let scheme = location.firstRange(of: "://") else { return (host, location) }
        let rest = location[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = String(rest.dropFirst(authority.count))
        return (String(authority.prefix { $0 != ":" }), target.hasPrefix("/") ? target : "/" + target)
    }

    /// The header of a signed-in page has a form of its own, for signing out; the page's is the last one.
    static func form(_ page: String) throws -> HTMLForm {
        guard let form = HTMLForm.all(in: page).last else { throw NoForm(page: String(page.prefix(600))) }
        return form
    }

    struct NoForm: Error { let page: String }

    static func encode(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    private static func parse(_ text: String) -> Answer {
        let end = text.firstRange(of: "\r\n\r\n")
        let head = text[..<(end?.lowerBound ?? text.endIndex)].components(separatedBy: "\r\n")
        let status = head.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let headers = head.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            return (String(line[..<colon]), value)
        }
        return Answer(status: status, headers: headers, body: end.map { String(text[$0.upperBound...]) } ?? "")
    }

    // Off the pool of tasks: reading to the end blocks.
    private static func run(_ arguments: [String]) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let process = Process()
                        let output = Pipe()
                        process.executableURL = URL(fileURLWithPath: arguments[0])
                        process.arguments = Array(arguments.dropFirst())
                        process.standardOutput = output
                        process.standardError = output
                        process.standardInput = FileHandle.nullDevice
                        try process.run()
                        let data = output.fileHandleForReading.readDataToEndOfFile()
                        process.waitUntilExit()
                        return String(decoding: data, as: UTF8.self)
                    })
            }
        }
    }
}
