import Testing

@testable import HTTPAPI

@Suite struct MediaTypeTests {
    @Test(arguments: [
        ("application/json", "application/json"), ("Application/JSON", "application/json"),
        ("application/json; charset=utf-8", "application/json"), (" application/json ;x=y", "application/json"),
        ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded"),
        ("application/merge-patch+json", "application/merge-patch+json"), ("", ""), (";", ""),
        ("text/plain, application/json", "text/plain, application/json"),
    ])
    func `type and subtype are told apart from parameters, spaces and case`(header: String, essence: String) {
        #expect(MediaType.essence(header) == essence)
    }

    @Test(
        arguments: [
            ("a%2Bb", "a+b"), ("a+b", "a b"), ("plain", "plain"), ("", ""), ("a%00b", nil), ("a\u{0}b", nil),
            ("a%4", nil),
        ] as [(String, String?)])
    func `a field that needs nothing undone is taken as it is, and every other undone`(
        encoded: String, decoded: String?
    ) {
        #expect(FormBody.decode(encoded) == decoded)
    }

    @Test func `a plus stands for itself in a path`() {
        #expect(FormBody.decode("a+b", isPath: true) == "a+b")
    }
}
