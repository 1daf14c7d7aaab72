import OAuth
import Testing

@Suite("Parameters") struct ParametersTests {
    private func read(_ text: String, _ limits: Parameters.Limits = .query) throws(Parameters.Flaw) -> Parameters {
        try Parameters(reading: Array(text.utf8), limits: limits)
    }

    @Test("Names and values are read as a form carries them")
    func reading() throws {
        let parameters = try read("a=1&b=x+y%2Bz&c=%C3%A9&d&e=&f==&&")
        #expect(parameters["a"] == "1")
        #expect(parameters["b"] == "x y+z")
        #expect(parameters["c"] == "é")
        #expect(parameters["f"] == "=")
        #expect(parameters["d"] == nil && parameters.holds("d"))
        #expect(parameters["e"] == nil && parameters.holds("e"))
        #expect(parameters["g"] == nil && !parameters.holds("g"))
    }

    @Test(
        "Any parameter that stands twice is refused, known or not, empty or escaped",
        arguments: [
            "redirect_uri=a&redirect_uri=b", "x=1&x=1", "x=&x=1", "x&x=1", "state=1&st%61te=2",
        ])
    func duplicates(text: String) {
        #expect(throws: Parameters.Flaw.self) { try read(text) }
        do { _ = try read(text) } catch { #expect(error.error.code == .invalidRequest) }
    }

    @Test("Resources and audiences may repeat")
    func repeatable() throws {
        let parameters = try read(
            "resource=https%3A%2F%2Fa.example&resource=https%3A%2F%2Fb.example&audience=x&audience=")
        #expect(parameters.all("resource") == ["https://a.example", "https://b.example"])
        #expect(parameters.all("audience") == ["x"])
    }

    @Test("Thirty marks stand on a letter, one more does not, whether escaped or not")
    func marks() throws {
        for mark in ["\u{301}", "%CC%81"] {
            let most = String(repeating: mark, count: 30)
            #expect(try read("a=e\(most)&e\(most)=b").holds("a"))
            #expect(throws: Parameters.Flaw.self) { try read("a=e\(most)\(mark)") }
            #expect(throws: Parameters.Flaw.self) { try read("e\(most)\(mark)=b") }
        }
    }

    @Test("What is not well formed is refused", arguments: ["a=%", "a=%4", "a=%zz", "a=%ff", "=1", "a=%00", "%=1"])
    func malformed(text: String) {
        #expect(throws: Parameters.Flaw.malformed) { try read(text) }
    }

    @Test("One past each limit")
    func limits() throws {
        let limits = Parameters.Limits(bytes: 100, count: 3, valueBytes: 10)
        #expect(try read("a=1&b=2&c=3", limits).names.count == 3)
        #expect(throws: Parameters.Flaw.tooMany) { try read("a=1&b=2&c=3&d=4", limits) }
        #expect(try read("a=0123456789", limits)["a"] != nil)
        #expect(throws: Parameters.Flaw.tooLong) { try read("a=01234567890", limits) }
        let long = "a=1&" + String(repeating: "&", count: 96)
        #expect(try read(long, limits)["a"] == "1")
        #expect(throws: Parameters.Flaw.tooLong) { try read(long + "&", limits) }
        let name = String(repeating: "n", count: Parameters.nameByteLimit)
        #expect(try read(name + "=1")[name] == "1")
        #expect(throws: Parameters.Flaw.malformed) { try read(name + "n=1") }
    }

    @Test("What is written reads back as itself")
    func writing() throws {
        let written = Parameters([("b", "x y+&=é%"), ("a", "1"), ("resource", "u:1"), ("resource", "u:2")])
        #expect(written.encoded == "a=1&b=x%20y%2B%26%3D%C3%A9%25&resource=u%3A1&resource=u%3A2")
        #expect(try read(written.encoded) == written)
    }
}

@Suite("Sets of scopes") struct ScopeSetTests {
    @Test("Their order is irrelevant and none counts twice")
    func order() {
        #expect(ScopeSet("openid profile") == ScopeSet("profile openid openid"))
        #expect(ScopeSet("profile openid")?.description == "openid profile")
        #expect(ScopeSet("") == .empty)
    }

    @Test("What is no scope is refused", arguments: ["a  b", " a", "a ", "a\tb", "a\"b", "a\\b", "é", "a\u{0}"])
    func refused(text: String) {
        #expect(ScopeSet(text) == nil)
    }

    @Test("64 names are read, 65 are not")
    func limits() {
        let names = (0..<ScopeSet.countLimit).map { "s\($0)" }
        #expect(ScopeSet(names) != nil)
        #expect(ScopeSet(names + ["one-more"]) == nil)
        #expect(ScopeSet(String(repeating: "a", count: 256)) != nil)
        #expect(ScopeSet(String(repeating: "a", count: 257)) == nil)
    }
}

@Suite("Errors") struct OAuthErrorTests {
    @Test("A sentence holds only what RFC 6749 §5.2 lets stand in one")
    func descriptions() {
        let error = OAuthError(.invalidRequest, "a \"b\" \\ c\r\nSet-Cookie: x é")
        #expect(error.description == "a 'b' ? c??Set-Cookie: x ??")
        let long = OAuthError(.invalidRequest, String(repeating: "a", count: 500))
        #expect(long.description?.utf8.count == OAuthError.descriptionByteLimit)
    }
}
