import Fetch
import Foundation
import Testing
import Vocabulary

private func loopbackFetcher(_ change: (inout FetchConfiguration) -> Void = { _ in }) throws -> HTTPFetcher {
    var configuration = FetchConfiguration()
    configuration.plainHTTP = .loopbackOnly
    configuration.allowedNetworks = [CIDR("127.0.0.0/8")!, CIDR("::1/128")!]
    change(&configuration)
    return try HTTPFetcher(configuration)
}

private func code(_ body: () async throws -> FetchResponse) async -> String {
    do { return "status \(try await body().status)" } catch { return (error as? Fault)?.code ?? "\(type(of: error))" }
}

@Suite struct HTTPFetcherTests {
    @Test func `a request arrives as it was made and its answer comes back`() async throws {
        let server = try LoopbackServer { _ in LoopbackServer.ok("hello", headers: "X-Answer: 42 \r\nX-Empty:\r\n") }
        let request = FetchRequest(
            .post, url: "http://127.0.0.1:\(server.port)/a?b=c",
            headers: [FetchHeader("X-One", "1"), FetchHeader("X-Nothing", "")], body: Array("body".utf8))
        let response = try await loopbackFetcher().fetch(request)
        #expect(response.status == 200)
        #expect(response.body == Array("hello".utf8))
        #expect(response.header("x-answer")?.hasPrefix("42") == true)
        #expect(response.header("X-Empty") == "")
        let head = try #require(server.requests.first)
        #expect(head.hasPrefix("POST /a?b=c HTTP/1.1\r\n"))
        #expect(head.contains("X-One: 1\r\n") && head.contains("X-Nothing:\r\n") && head.hasSuffix("\r\n\r\nbody"))
        #expect(!head.contains("Expect") && !head.contains("Content-Type") && !head.contains("Cookie"))
    }

    @Test(arguments: FetchRequest.Method.allCases)
    func `every method is sent by its name`(method: FetchRequest.Method) async throws {
        let server = try LoopbackServer { _ in LoopbackServer.ok("") }
        let body = method == .get ? [] : Array("x".utf8)
        let fetcher = try loopbackFetcher()
        for body in Set([body, []]) {
            let response = try await fetcher.fetch(
                FetchRequest(method, url: "http://127.0.0.1:\(server.port)/", body: body))
            #expect(response.status == 200)
        }
        #expect(server.requests.allSatisfy { $0.hasPrefix("\(method.rawValue) / HTTP/1.1\r\n") })
    }

    @Test func `a redirect is an answer and is not followed`() async throws {
        let server = try LoopbackServer { _ in
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/elsewhere\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
        }
        let fetcher = try loopbackFetcher()
        let response = try await fetcher.fetch(FetchRequest(url: "http://127.0.0.1:\(server.port)/"))
        #expect(response.status == 302)
        _ = try await fetcher.fetch(FetchRequest(url: "http://127.0.0.1:\(server.port)/"))
        #expect(server.requests.count == 2)
        #expect(server.requests.allSatisfy { !$0.contains("Cookie") })
    }

    @Test(arguments: [(1_000, "status 200"), (1_001, "fetch.response_too_large")])
    func `one byte past the response limit is refused`(size: Int, expected: String) async throws {
        let text = String(repeating: "x", count: size)
        let declared = try LoopbackServer { _ in LoopbackServer.ok(text) }
        let undeclared = try LoopbackServer { _ in "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + text }
        for server in [declared, undeclared] {
            var request = FetchRequest(url: "http://127.0.0.1:\(server.port)/")
            request.limits.responseBytes = 1_000
            let fetcher = try loopbackFetcher()
            let found = await code { [request] in try await fetcher.fetch(request) }
            #expect(found == expected)
        }
    }

    @Test func `a header bomb is refused by size and by count`() async throws {
        let wide = try LoopbackServer { _ in
            LoopbackServer.ok("", headers: "X: \(String(repeating: "y", count: 40_000))\r\n")
        }
        let many = try LoopbackServer { _ in LoopbackServer.ok("", headers: String(repeating: "X: y\r\n", count: 100)) }
        let just = try LoopbackServer { _ in LoopbackServer.ok("", headers: String(repeating: "X: y\r\n", count: 98)) }
        let endless = try LoopbackServer { _ in
            String(repeating: "HTTP/1.1 103 Early\r\nX: yyyyyyyyyyyy\r\n\r\n", count: 2_000)
        }
        let fetcher = try loopbackFetcher()
        for (server, expected) in [
            (wide, "fetch.response_too_large"), (many, "fetch.response_too_large"), (just, "status 200"),
            (endless, "fetch.response_too_large"),
        ] {
            let found = await code { try await fetcher.fetch(FetchRequest(url: "http://127.0.0.1:\(server.port)/")) }
            #expect(found == expected)
        }
    }

    @Test func `a silent server costs no more than the timeout`() async throws {
        let server = try LoopbackServer { _ in nil }
        var request = FetchRequest(url: "http://127.0.0.1:\(server.port)/")
        request.limits.totalTimeout = .milliseconds(200)
        let fetcher = try loopbackFetcher(), start = ContinuousClock.now
        let found1 = await code { [request] in try await fetcher.fetch(request) }
        #expect(found1 == "fetch.timeout")
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func `cancelling the task abandons the transfer`() async throws {
        let server = try LoopbackServer { _ in nil }
        let fetcher = try loopbackFetcher()
        let task = Task {
            await code { try await fetcher.fetch(FetchRequest(url: "http://127.0.0.1:\(server.port)/")) }
        }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        let start = ContinuousClock.now
        task.cancel()
        #expect(await task.value == "CancellationError")
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func `one request more than the queue holds is refused, and shutdown answers those waiting`() async throws {
        let server = try LoopbackServer { _ in nil }
        let fetcher = try loopbackFetcher {
            $0.threadCount = 1
            $0.queueLimit = 1
        }
        var request = FetchRequest(url: "http://127.0.0.1:\(server.port)/")
        request.limits.totalTimeout = .seconds(2)
        let first = Task { [request] in await code { try await fetcher.fetch(request) } }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        let second = Task { [request] in await code { try await fetcher.fetch(request) } }
        try await Task.sleep(for: .milliseconds(200))
        let found2 = await code { [request] in try await fetcher.fetch(request) }
        #expect(found2 == "fetch.overloaded")
        fetcher.shutdown()
        #expect(await second.value == "fetch.closed")
        #expect(await first.value == "fetch.timeout")
        let found3 = await code { [request] in try await fetcher.fetch(request) }
        #expect(found3 == "fetch.closed")
    }

    @Test func `connections are kept for the next request`() async throws {
        let server = try LoopbackServer { _ in LoopbackServer.ok("x") }
        let fetcher = try loopbackFetcher { $0.threadCount = 1 }
        for _ in 0..<5 { _ = try await fetcher.fetch(FetchRequest(url: "http://127.0.0.1:\(server.port)/")) }
        #expect(server.requests.count == 5)
        #expect(server.connections == 1)
    }

    @Test func `the control socket answers over plain http`() async throws {
        let path = NSTemporaryDirectory() + "gw-\(UUID().uuidString.prefix(8)).sock"
        defer { unlink(path) }
        let server = try LoopbackServer(path: path) { _ in LoopbackServer.ok("control") }
        let fetcher = try HTTPFetcher()
        let response = try await fetcher.fetch(FetchRequest(url: "http://localhost/status", unixSocket: path))
        #expect(response.body == Array("control".utf8))
        #expect(server.requests.first?.hasPrefix("GET /status") == true)
        let absent = await code {
            try await fetcher.fetch(FetchRequest(url: "http://localhost/", unixSocket: path + "x"))
        }
        #expect(absent == "fetch.unreachable")
    }

    @Test func `a secret in a header, the query or the body is in no error and no description`() async throws {
        let server = try LoopbackServer { _ in "garbage\r\n\r\n" }
        let secret = "hunter2-very-secret"
        let fetcher = try loopbackFetcher()
        let request = FetchRequest(
            .post, url: "http://127.0.0.1:\(server.port)/?token=\(secret)",
            headers: [FetchHeader("Authorization", "Bearer \(secret)")], body: Array(secret.utf8))
        let failure = await #expect(throws: Fault.self) { try await fetcher.fetch(request) }
        let forbidden = await #expect(throws: Fault.self) { try await HTTPFetcher().fetch(request) }
        for fault in [failure, forbidden] {
            let text = "\(try #require(fault)) \(String(reflecting: fault)) \(fault?.message ?? "")"
            #expect(!text.contains(secret))
        }
        #expect(!"\(request) \(request.headers)".contains(secret))
        var dumped = ""
        dump(request.headers, to: &dumped)
        #expect(!dumped.contains(secret))
    }
}
