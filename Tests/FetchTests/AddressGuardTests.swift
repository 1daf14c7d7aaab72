import Fetch
import Glibc
import Synchronization
import Testing
import Vocabulary

private func code(_ request: FetchRequest, _ fetcher: HTTPFetcher) async -> String {
    do { return "status \(try await fetcher.fetch(request).status)" } catch {
        return (error as? Fault)?.code ?? "\(error)"
    }
}

private func makeFetcher(
    allowed: [String] = [], plain: FetchConfiguration.PlainHTTP = .never,
    resolve: @escaping @Sendable (String) throws -> [IPAddress] = { _ in [] }
) throws -> HTTPFetcher {
    var configuration = FetchConfiguration()
    configuration.allowedNetworks = allowed.map { CIDR($0)! }
    configuration.plainHTTP = plain
    configuration.resolve = resolve
    return try HTTPFetcher(configuration)
}

/// Server-side request forgery: where a request may not go, however the address is spelt.
@Suite struct AddressGuardTests {
    @Test(arguments: [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "[::1]", "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "10.0.0.1", "172.16.0.1", "192.168.1.1",
        "169.254.169.254",
        "[::ffff:169.254.169.254]", "100.64.0.1", "224.0.0.1", "[ff02::1]", "[fe80::1]", "[fd00::1]", "255.255.255.255",
    ])
    func `an internal address is refused in every spelling`(host: String) async throws {
        let found = try await code(FetchRequest(url: "https://\(host)/"), makeFetcher())
        #expect(found == "fetch.forbidden_address" || found == "fetch.invalid_request")
        if !["[fe80::1]"].contains(host) { #expect(found == "fetch.forbidden_address") }
    }

    @Test func `a name that leads to any internal address is refused`() async throws {
        for answer in [["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["2606:4700::1111", "fd00::1"]] {
            let fetcher = try makeFetcher { _ in answer.map { IPAddress($0)! } }
            let found1 = await code(FetchRequest(url: "https://rebind.example/"), fetcher)
            #expect(found1 == "fetch.forbidden_address")
        }
        let found2 = try await code(FetchRequest(url: "https://nowhere.example/"), makeFetcher())
        #expect(found2 == "fetch.unresolved")
    }

    @Test func `a name is resolved once and the connection goes to that answer`() async throws {
        let server = try LoopbackServer { _ in LoopbackServer.ok("pinned", headers: "Connection: close\r\n") }
        let count = Mutex(0)
        // The second answer would be forbidden; only a client that resolves again could meet it.
        let fetcher = try makeFetcher(allowed: ["127.0.0.0/8"], plain: .loopbackOnly) { _ in
            count.withLock { $0 += 1 }
            return [IPAddress("127.0.0.1")!]
        }
        let request = FetchRequest(url: "http://no-such-name.invalid:\(server.port)/")
        let found3 = await code(request, fetcher)
        #expect(found3 == "status 200")
        #expect(count.withLock { $0 } == 1)
        #expect(server.requests.first?.contains("Host: no-such-name.invalid:\(server.port)\r\n") == true)
    }

    @Test func `a later answer replaces the pinned one`() async throws {
        let server = try LoopbackServer { _ in LoopbackServer.ok("", headers: "Connection: close\r\n") }
        let answers = Mutex([IPAddress("127.0.0.1")!, IPAddress("10.0.0.1")!])
        let fetcher = try makeFetcher(allowed: ["127.0.0.0/8"], plain: .loopbackOnly) { _ in
            answers.withLock { [$0.removeFirst()] }
        }
        let request = FetchRequest(url: "http://rebind.invalid:\(server.port)/")
        let found4 = await code(request, fetcher)
        #expect(found4 == "status 200")
        let found5 = await code(request, fetcher)
        #expect(found5 == "fetch.forbidden_address")
        #expect(server.requests.count == 1)
    }

    @Test func `only listed networks are opened`() async throws {
        let server = try LoopbackServer { _ in LoopbackServer.ok("") }
        let request = FetchRequest(url: "http://127.0.0.1:\(server.port)/")
        let found6 = try await code(request, makeFetcher(allowed: ["127.0.0.1"], plain: .loopbackOnly))
        #expect(found6 == "status 200")
        let found7 = try await code(request, makeFetcher(allowed: ["127.0.0.2"], plain: .loopbackOnly))
        #expect(found7 == "fetch.forbidden_address")
        let found8 = try await code(request, makeFetcher(allowed: ["127.0.0.1"], plain: .never))
        #expect(found8 == "fetch.invalid_request")
    }

    @Test func `plain http leaves loopback for nobody`() async throws {
        let fetcher = try makeFetcher(allowed: ["10.0.0.0/8"], plain: .loopbackOnly)
        let found9 = await code(FetchRequest(url: "http://10.0.0.1/"), fetcher)
        #expect(found9 == "fetch.invalid_request")
        let found10 = await code(FetchRequest(url: "http://8.8.8.8/"), fetcher)
        #expect(found10 == "fetch.invalid_request")
    }

    @Test(arguments: [
        "", "example.org", "//example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/",
        "dict://a/",
        "https://", "https:///x", "https://user@example.org/", "https://user:pw@example.org/",
        "https://:pw@example.org/",
        "https://example.org.:443/", "https://example.org:0/", "https://example.org:65536/", "https://exa mple.org/",
        "https://example.org/\r\nX: y", "https://ex\u{e4}mple.org/", "https://[fe80::1%25eth0]/", "https://a/\u{0}",
        "https://a/" + String(repeating: "x", count: 8_192),
    ])
    func `a URL that is not plainly https to a host is refused`(url: String) async throws {
        let fetcher = try makeFetcher { _ in [IPAddress("8.8.8.8")!] }
        let found = await code(FetchRequest(url: url), fetcher)
        #expect(found == "fetch.invalid_request" || (url.contains("%25") && found == "fetch.forbidden_address"))
    }

    @Test(arguments: [
        FetchHeader("Host", "internal"), FetchHeader("Content-Length", "5"),
        FetchHeader("Transfer-Encoding", "chunked"),
        FetchHeader("X", "a\r\nY: b"), FetchHeader("X", "a\nb"), FetchHeader("X", "a\u{0}b"), FetchHeader("", "a"),
        FetchHeader("X Y", "a"), FetchHeader("X:Y", "a"), FetchHeader("X\r\n", "a"),
        FetchHeader("X", String(repeating: "a", count: 16_385)),
    ])
    func `a header that could smuggle is refused before anything is sent`(header: FetchHeader) async throws {
        let request = FetchRequest(url: "https://127.0.0.1/", headers: [header])
        let found11 = try await code(request, makeFetcher(allowed: ["127.0.0.1"]))
        #expect(found11 == "fetch.invalid_request")
    }

    @Test func `the environment's proxy is not used`() async throws {
        setenv("http_proxy", "http://127.0.0.1:1", 1)
        defer { unsetenv("http_proxy") }
        let server = try LoopbackServer { _ in LoopbackServer.ok("") }
        let request = FetchRequest(url: "http://127.0.0.1:\(server.port)/")
        let found12 = try await code(request, makeFetcher(allowed: ["127.0.0.1"], plain: .loopbackOnly))
        #expect(found12 == "status 200")
    }

    @Test func `a configured proxy is asked to connect to the approved address`() async throws {
        let proxy = try LoopbackServer { _ in "HTTP/1.1 502 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" }
        var configuration = FetchConfiguration()
        configuration.proxy = FetchProxy(url: "http://127.0.0.1:\(proxy.port)", credentials: SecretText("u:p"))
        configuration.resolve = { _ in [IPAddress("8.8.8.8")!] }
        _ = try await code(FetchRequest(url: "https://dns.example/secret-path"), HTTPFetcher(configuration))
        let head = try #require(proxy.requests.first)
        #expect(head.hasPrefix("CONNECT 8.8.8.8:443 ") && head.contains("Proxy-Authorization: Basic"))
        #expect(!head.contains("secret-path"))
    }
}
