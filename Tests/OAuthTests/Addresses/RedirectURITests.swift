import OAuth
import Testing

@Suite("Redirection URIs") struct RedirectURITests {
    struct Vectors: Decodable {
        let registered: [String]
        let cases: [[String]]
    }

    @Test("The 31 cases of the corpus: compared byte for byte, but for the port of a native client's loopback literal")
    func corpus() throws {
        let vectors = try Corpus.read("rfc/redirect-uris", as: Vectors.self)
        let registered = vectors.registered.map { RedirectURI($0) }
        #expect(vectors.cases.count == 31)
        for row in vectors.cases {
            let accepted = registered.contains { $0.matches(row[0], isNative: true) }
            #expect(accepted == (row[1] == "accept"), "\(row[0]): \(row[2])")
        }
    }

    @Test("A web client's loopback address keeps its port")
    func webLoopback() {
        let uri = RedirectURI("http://127.0.0.1:8080/cb")
        #expect(uri.matches("http://127.0.0.1:8080/cb", isNative: false))
        #expect(!uri.matches("http://127.0.0.1:8081/cb", isNative: false))
        #expect(uri.matches("http://127.0.0.1:8081/cb", isNative: true))
        #expect(!uri.matches("http://127.0.0.1:8081/cb?x=1", isNative: true))
        #expect(!uri.matches("http://127.0.0.1:0/cb", isNative: true))
        #expect(!uri.matches("http://127.0.0.1:65536/cb", isNative: true))
        #expect(!uri.matches("http://127.0.0.1:8081@evil.example/cb", isNative: true))
    }

    @Test("What Unicode holds for equivalent is another address")
    func unicode() {
        // U+212A KELVIN SIGN is canonically equivalent to K.
        #expect(!RedirectURI("https://app.example/K").matches("https://app.example/\u{212A}", isNative: false))
    }

    @Test("What may be registered")
    func registered() throws {
        let web = RedirectURI.Rules(isNative: false)
        let native = RedirectURI.Rules(isNative: true)
        for text in ["https://app.example/cb", "https://app.example:8443/cb?x=1", "https://app.example"] {
            #expect(try RedirectURI(registering: text, rules: web).text == text)
        }
        for text in ["com.example.app:/oauth", "http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost:4242/"] {
            #expect(try RedirectURI(registering: text, rules: native).text == text)
        }
        let develop = RedirectURI.Rules(isNative: false, allowsLoopbackForWeb: true)
        #expect(try RedirectURI(registering: "http://127.0.0.1:3000/cb", rules: develop).text.isEmpty == false)
    }

    @Test(
        "What may not be registered, and why",
        arguments: [
            ("", RedirectURI.Flaw.malformed), ("/cb", .malformed), ("https:///cb", .malformed),
            ("https://a@app.example/cb", .malformed), ("https://app.example\\@evil.example/", .malformed),
            ("https://app.example/cb#f", .fragment), ("https://app.example/a/../cb", .dotSegments),
            ("https://app.example/%2E%2e/cb", .dotSegments), ("https://*.example/cb", .malformed),
            ("http://app.example/cb", .notEncrypted), ("http://127.0.0.1.evil.example/cb", .notEncrypted),
            ("http://127.0.0.1/cb", .loopback), ("com.example.app:/oauth", .scheme),
            ("javascript:alert(1)", .scheme), ("https://app.example/%zz", .malformed),
            ("https://app.example/ cb", .malformed), ("https://app.example:99999/", .malformed),
        ])
    func refused(text: String, flaw: RedirectURI.Flaw) {
        #expect(throws: flaw) { try RedirectURI(registering: text, rules: .init(isNative: false)) }
    }

    @Test(
        "A scheme that a browser acts on is no private-use scheme",
        arguments: ["javascript", "data", "file", "a.", "Com.x"])
    func schemes(scheme: String) {
        #expect(throws: RedirectURI.Flaw.scheme) {
            try RedirectURI(registering: scheme + ":x", rules: .init(isNative: true))
        }
    }

    @Test("An address of 2,048 bytes is read, one more is not")
    func length() {
        let start = "https://app.example/"
        let fill = String(repeating: "a", count: WebAddress.byteLimit - start.utf8.count)
        #expect(WebAddress(start + fill) != nil)
        #expect(WebAddress(start + fill + "a") == nil)
    }
}
