import Authorization
import Testing
import Vocabulary

@Suite struct RegexTests {
    private func matches(_ pattern: String, _ text: String) throws -> Bool {
        let index = try compiled([rule("p", ["when": ["regex": ["resource.id": .string(pattern)]]])])
        return try index.decide(request("read", "doc", text), as: SubjectFacts(id: "u")).isPermitted
    }

    @Test(arguments: [
        ("abc", "xabcx", true), ("^abc$", "abc", true), ("^abc$", "xabc", false), ("a.c", "abc", true),
        ("a.c", "a\nc", false),
        ("^a*$", "", true), ("^a+$", "", false), ("^a?b$", "b", true), ("^a?b$", "aab", false),
        ("^(ab|cd)+$", "abcd", true),
        ("^(ab|cd)+$", "abc", false), ("^(?:a|b){2}$", "ab", true), ("^a{2,3}$", "a", false), ("^a{2,3}$", "aaa", true),
        ("^a{2,3}$", "aaaa", false), ("^a{2,}$", "aaaaa", true), ("^a{0}$", "", true), ("[a-c]x", "bx", true),
        ("[^a-c]x", "bx", false),
        ("[^a-c]x", "dx", true), ("^[\\d_-]+$", "1_-2", true), ("^\\d+$", "12", true), ("^\\d+$", "1a", false),
        ("^\\D$", "1", false),
        ("^\\w\\s\\S$", "a b", true), ("\\.", "a", false), ("\\.", ".", true), ("(?i)secret", "my SeCrEt", true),
        ("(?i)^[a-f]+$", "BADFACE", true), ("(?i)^[a-f]+$", "G", false), ("^ü$", "ü", true), ("a|b|", "zzz", true),
        ("^[]a]", "x", false),
        ("(^a|b)$", "a", true), ("^$", "", true), ("^[a\\]]+$", "a]", true), ("x*", "", true), ("(a*)*b", "aaab", true),
        ("(a|)+c", "c", true),
    ])
    func theDocumentedSubset(pattern: String, text: String, expected: Bool) throws {
        if pattern == "^[]a]" {
            #expect(
                !faults(["when": ["regex": ["resource.id": .string(pattern)]]]).isEmpty, "an empty class is refused")
        } else {
            #expect(try matches(pattern, text) == expected)
        }
    }

    @Test(arguments: [
        "(", ")", "a)", "[", "[]", "[b-a]", "*", "+a", "a**", "a+?", "a*+", "a{", "a{x}", "a{3,2}", "a{256}", "\\",
        "\\q", "\\1", "(?=a)",
        "(?<n>a)", "^*", "[[a]]", "[\\D]", "a{1,999}", "((((((((((((((((((a))))))))))))))))))",
    ])
    func whatIsOutsideTheSubsetIsAFault(pattern: String) {
        #expect(faults(["when": ["regex": ["resource.id": .string(pattern)]]]).map(\.code) == ["bad_regex"])
    }

    @Test func aProgramOnePastItsLimitIsAFault() {
        let fits = String(repeating: "a", count: 511)
        #expect(faults(["when": ["regex": ["resource.id": .string(fits)]]]).isEmpty)
        #expect(faults(["when": ["regex": ["resource.id": .string(fits + "a")]]]).map(\.code) == ["bad_regex"])
        #expect(faults(["when": ["regex": ["resource.id": "((a{50}){50}){50}"]]]).map(\.code) == ["bad_regex"])
    }

    @Test func patternsThatBlowUpElsewhereStayLinear() throws {
        let clock = ContinuousClock()
        let text = String(repeating: "a", count: 1_000)
        let took = try clock.measure {
            for pattern in ["^(a+)+$", "^(a|aa)+$", "^(a*)*b$", "(a?){30}a{30}b"] {
                _ = try matches(pattern, text + "!")
            }
        }
        #expect(took < .seconds(10))
    }

    @Test func aTextPastTheLimitIsAnErrorOfTheRule() throws {
        let index = try compiled([rule("p", ["when": ["regex": ["context.text": "a"]]])])
        func decide(_ count: Int) throws -> Decision {
            let text = AttributeValue.string(String(repeating: "a", count: count))
            return try index.decide(request(context: ["text": text]), as: SubjectFacts(id: "u"))
        }
        #expect(try decide(2_048).isPermitted)
        #expect(try decide(2_049).erred.map(\.code) == [.textTooLong])
    }
}
