import Foundation
import HTTPTypes
import Hummingbird
import Testing

@testable import HTTPAPI

/// What one connection may cost, over real sockets: each limit, and one past it.
@Suite("The listener bounds what a connection may cost")
struct ServerLimitTests {
    static func head(_ lines: [String] = [], _ target: String = "/ok") -> String {
        (["GET \(target) HTTP/1.1", "Host: a"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
    }

    func ask(_ text: String, _ change: @escaping @Sendable (inout HTTPServerConfiguration) -> Void = { _ in })
        async throws -> String
    {
        try await RunningServer.with(change) { server in
            try await offThePool {
                let connection = try RawConnection(port: server.port)
                connection.send(text)
                return connection.receive(seconds: 0.7)
            }
        }
    }

    @Test("100 header fields are read, one more is refused")
    func headerCount() async throws {
        // Host is one of them.
        let fields = { (count: Int) in (0..<count).map { "X-\($0): 1" } }
        #expect(try await ask(Self.head(fields(99))).hasPrefix("HTTP/1.1 200 "))
        #expect(try await ask(Self.head(fields(100))).hasPrefix("HTTP/1.1 4"))
    }

    @Test("a header field of 8 KiB is read, a larger one and a larger list are refused")
    func headerBytes() async throws {
        let field = { (bytes: Int) in "X-Long: " + String(repeating: "x", count: bytes) }
        #expect(try await ask(Self.head([field(8_000)])).hasPrefix("HTTP/1.1 200 "))
        #expect(try await ask(Self.head([field(8_200)])).hasPrefix("HTTP/1.1 4"))
        let list = { (count: Int) in (0..<count).map { _ in field(8_000) } }
        #expect(try await ask(Self.head(list(4))).hasPrefix("HTTP/1.1 200 "))
        #expect(try await ask(Self.head(list(5))).hasPrefix("HTTP/1.1 4"))
    }

    @Test("a target of 8 KiB is read, a longer one is refused")
    func target() async throws {
        let target = { (bytes: Int) in "/ok?" + String(repeating: "x", count: bytes) }
        #expect(try await ask(Self.head([], target(8_000))).contains("ok 8000"))
        #expect(try await ask(Self.head([], target(8_200))).hasPrefix("HTTP/1.1 4"))
    }

    @Test(
        "a request that two servers could read differently is refused, and its connection ends",
        arguments: [
            // RFC 9112 §6.3: two lengths, or a length beside chunks, is how requests are smuggled.
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
            "GET /ok HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", "GET /ok HTTP/1.1\r\nHost: a\r\nX: y\u{0}z\r\n\r\n",
            "GET /ok HTTP/1.1\r\n Host: a\r\n\r\n", "GET /o\u{1}k HTTP/1.1\r\nHost: a\r\n\r\n", "GET  HTTP/9.9\r\n\r\n",
            // RFC 9112 §3.2: no host, two of them, one that is none.
            "GET /ok HTTP/1.1\r\n\r\n", "GET /ok HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET /ok HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", "GET /ok HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET /ok HTTP/1.1\r\nHost: a,b\r\n\r\n", "GET /ok HTTP/1.1\r\nHost: a/../b\r\n\r\n",
            "GET /ok HTTP/1.1\r\nHost: a b\r\n\r\n", "GET /ok HTTP/1.1\r\nHost: x@a\r\n\r\n",
            "POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\r\n\r\n",
        ])
    func ambiguous(_ text: String) async throws {
        let answer = try await RunningServer.with { server in
            try await offThePool {
                let connection = try RawConnection(port: server.port)
                connection.send(text + "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n")
                return (connection.receive(seconds: 0.7), connection.isClosed(within: 0.5))
            }
        }
        #expect(!answer.0.contains("HTTP/1.1 200"), "\(answer.0)")
        #expect(answer.1)
    }

    @Test("what cannot be read as a request is told so as a problem, whole, and once")
    func unreadable() async throws {
        let targets = Self.head([], "/ok?" + String(repeating: "x", count: 20_000))
        for text in [targets, "GET /ok HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"] {
            let answer = try await ask(text)
            let parts = answer.components(separatedBy: "\r\n\r\n")
            try #require(parts.count == 2, "\(answer)")
            #expect(parts[0].hasPrefix("HTTP/1.1 400 ") && parts[0].lowercased().contains("connection: close"))
            #expect(parts[0].lowercased().contains("content-type: application/problem+json"))
            #expect(parts[0].lowercased().contains("content-length: \(parts[1].utf8.count)"), "\(answer)")
            #expect(parts[1].contains("\"code\":\"http.unreadable\"") && !parts[1].contains("xxx"))
        }
    }

    @Test(
        "a host that is there once is served, and HTTP/1.0 may go without",
        arguments: [
            "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n", "GET /ok HTTP/1.1\r\nHost: gate.example:8443\r\n\r\n",
            "GET /ok HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET /ok HTTP/1.1\r\nHost: \r\n\r\n",
            "GET /ok HTTP/1.0\r\n\r\n",
        ])
    func host(_ text: String) async throws { #expect(try await ask(text).contains("200 OK")) }

    @Test("what came before a request without a host is answered first, then the refusal, then nothing")
    func hostInTurn() async throws {
        let answer = try await ask(
            Self.head([], "/slow") + "GET /ok HTTP/1.1\r\n\r\n" + Self.head([], "/ok"))
        let statuses = answer.matches(of: /HTTP\/1\.1 ([0-9]{3})/).map { String($0.output.1) }
        #expect(statuses == ["200", "400"], "\(answer)")
    }

    @Test("64 KiB of body are read, one byte more is 413, declared or chunked")
    func body() async throws {
        let limit = HTTPLimits().bodyBytes
        func post(_ count: Int) -> String {
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n" + String(repeating: "x", count: count)
        }
        func chunked(_ count: Int) -> String {
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + String(count, radix: 16)
                + "\r\n" + String(repeating: "x", count: count) + "\r\n0\r\n\r\n"
        }
        for text in [post(limit), chunked(limit)] { #expect(try await ask(text).contains("read \(limit)")) }
        for text in [post(limit + 1), chunked(limit + 1)] {
            let answer = try await ask(text)
            #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer.prefix(200))")
        }
    }

    @Test("requests sent together are answered one after the other, in their order")
    func pipelining() async throws {
        let text = Self.head([], "/slow") + Self.head([], "/ok?abc") + Self.head(["Connection: close"], "/ok?a")
        let answer = try await ask(text)
        let bodies = ["slow", "ok 3", "ok 1"].map { answer.range(of: "\r\n\r\n" + $0)?.lowerBound }
        #expect(bodies.allSatisfy { $0 != nil })
        #expect(bodies.compactMap(\.self) == bodies.compactMap(\.self).sorted())
    }

    @Test("a connection past the limit waits until another one ends")
    func connections() async throws {
        try await RunningServer.with {
            $0.limits.connections = 2
        } _: { server in
            try await offThePool {
                var held = [try RawConnection(port: server.port), try RawConnection(port: server.port)]
                for connection in held {
                    connection.send(Self.head())
                    #expect(connection.receive(until: "ok 0").contains("200"))
                }
                let third = try RawConnection(port: server.port)
                third.send(Self.head())
                #expect(third.receive(seconds: 0.5).isEmpty)
                held.removeAll()
                #expect(third.receive(until: "ok 0").contains("200"))
            }
        }
    }

    @Test("one request more than may run at once is told when to come back")
    func inFlight() async throws {
        let router = Router(context: GatewayRequestContext.self)
        router.add(middleware: SecurityHeadersMiddleware(isSecure: true))
        router.add(middleware: ErrorMiddleware())
        router.add(middleware: InFlightLimitMiddleware(limit: 1))
        router.get("/slow") { _, _ in
            try await Task.sleep(for: .milliseconds(600))
            return "slow"
        }
        try await RunningServer.with(router: router) { server in
            try await offThePool {
                let (first, second) = (try RawConnection(port: server.port), try RawConnection(port: server.port))
                first.send(Self.head([], "/slow"))
                Thread.sleep(forTimeInterval: 0.2)
                second.send(Self.head([], "/slow"))
                let refused = second.receive(until: "\r\n\r\n").lowercased()
                #expect(refused.hasPrefix("http/1.1 503 "))
                // What the outer middleware adds is on what the inner one refuses.
                #expect(refused.contains("retry-after: 1\r\n") && refused.contains("frame-ancestors 'none'\r\n"))
                #expect(first.receive(until: "slow").hasPrefix("HTTP/1.1 200 "))
                second.send(Self.head([], "/slow"))
                #expect(second.receive(until: "slow").contains("HTTP/1.1 200 "))
            }
        }
    }
}
