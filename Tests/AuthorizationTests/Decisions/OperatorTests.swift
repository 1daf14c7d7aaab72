import Authorization
import Testing
import Vocabulary

/// Each operator: a hit, a miss, a missing attribute, and a value of a kind it does not take.
@Suite struct OperatorTests {
    enum Expected { case holds, fails, mismatch, missing }

    private func outcome(_ when: AttributeValue, _ value: AttributeValue?, _ other: AttributeValue? = nil) throws
        -> Expected
    {
        let index = try compiled([rule("p", ["when": when])])
        var context: [String: AttributeValue] = [:]
        context["v"] = value
        context["o"] = other
        let decision = try index.decide(request(context: Attributes(context)), as: SubjectFacts(id: "u"))
        switch decision.erred.first?.code {
        case .missingAttribute: return .missing
        case .typeMismatch: return .mismatch
        default: return decision.isPermitted ? .holds : .fails
        }
    }

    // S4-30, S4-31, S4-32, S4-33, S4-34, S4-35, S4-36, S4-37, S4-38, S4-39.
    @Test(
        arguments: [
            ("equals", "a", "a", .holds), ("equals", "a", "b", .fails), ("equals", "a", 1, .mismatch),
            ("equals", "a", nil, .missing),
            ("equals", 1, 1.0, .holds), ("equals", 9_007_199_254_740_993, 9_007_199_254_740_992.0, .fails),
            ("equals", true, true, .holds),
            ("equals", true, "true", .mismatch), ("equals", "a", ["a"], .mismatch), ("equals", 1, true, .mismatch),
            ("not_equals", "a", "b", .holds), ("not_equals", "a", "a", .fails), ("not_equals", "a", 1, .mismatch),
            ("not_equals", "a", nil, .missing),
            ("in", ["a", "b"], "b", .holds), ("in", ["a", "b"], "c", .fails), ("in", ["a"], 1, .mismatch),
            ("in", [1, 2], 2.0, .holds), ("in", ["a"], nil, .missing),
            ("not_in", ["a", "b"], "c", .holds), ("not_in", ["a", "b"], "a", .fails), ("not_in", ["a"], 1, .mismatch),
            ("not_in", ["a"], nil, .missing),
            ("contains", "bc", "abcd", .holds), ("contains", "x", "abcd", .fails),
            ("contains", "a", ["a", "b"], .holds), ("contains", "c", ["a", "b"], .fails),
            ("contains", "a", [1, "a"], .holds), ("contains", "a", [1], .mismatch), ("contains", "a", 1, .mismatch),
            ("contains", "a", nil, .missing),
            ("starts_with", "ab", "abc", .holds), ("starts_with", "bc", "abc", .fails),
            ("starts_with", "a", 1, .mismatch), ("starts_with", "a", nil, .missing),
            ("ends_with", "bc", "abc", .holds), ("ends_with", "ab", "abc", .fails),
            ("ends_with", "a", ["a"], .mismatch), ("ends_with", "abcd", "d", .fails),
            ("greater_than", 1, 2, .holds), ("greater_than", 2, 2, .fails), ("greater_than", 2, "3", .mismatch),
            ("greater_than", 2, nil, .missing), ("greater_than", 2, 2.5, .holds),
            ("greater_than_or_equal", 2, 2, .holds), ("greater_than_or_equal", 2, 1, .fails),
            ("greater_than_or_equal", "2026-01-01", "2026-02-01", .holds),
            ("greater_than_or_equal", 2, true, .mismatch), ("less_than", 2, 1, .holds), ("less_than", 2, 2, .fails),
            ("less_than", "b", "a", .holds), ("less_than", 2, "a", .mismatch),
            ("less_than_or_equal", 2, 2, .holds), ("less_than_or_equal", 2, 3, .fails),
            ("less_than_or_equal", 2, ["a": 1], .mismatch),
            ("regex", "^a", "ab", .holds), ("regex", "^a", "ba", .fails), ("regex", "^a", 1, .mismatch),
            ("regex", "^a", nil, .missing),
        ] as [(String, AttributeValue, AttributeValue?, Expected)])
    func operators(name: String, literal: AttributeValue, value: AttributeValue?, expected: Expected) throws {
        #expect(try outcome(.object([name: ["context.v": literal]]), value) == expected)
        // With the literal as an attribute of its own, the meaning is the same.
        if name != "regex" {
            #expect(try outcome(.object([name: ["context.v": ["ref": "context.o"]]]), value, literal) == expected)
        }
    }

    @Test func existsIsNeverAnErrorAndNullIsAbsent() throws {
        #expect(try outcome(["exists": "context.v"], 1) == .holds)
        #expect(try outcome(["exists": "context.v"], nil) == .fails)
        #expect(try outcome(["exists": "context.v"], .null) == .fails)
        #expect(try outcome(["equals": ["context.v": 1]], .null) == .missing)
        #expect(try outcome(["equals": ["context.v": ["ref": "context.o"]]], 1, .null) == .missing)
    }

    // S4-40.
    @Test func nestedFieldsAreSteppedInto() throws {
        let value: AttributeValue = ["b": ["c": "x"]]
        #expect(try outcome(["equals": ["context.v.b.c": "x"]], value) == .holds)
        #expect(try outcome(["equals": ["context.v.b.d": "x"]], value) == .missing)
        #expect(try outcome(["equals": ["context.v.b.c.d": "x"]], value) == .missing)
    }

    @Test func textsAreBytes() throws {
        #expect(
            try outcome(["equals": ["context.v": "\u{e9}"]], "e\u{301}") == .fails, "another spelling is another name")
        #expect(try outcome(["equals": ["context.v": ["ref": "context.o"]]], "\u{e9}", "e\u{301}") == .fails)
        #expect(try outcome(["in": ["context.v": ["\u{e9}"]]], "\u{e9}") == .holds)
        #expect(try outcome(["equals": ["context.v": ["ref": "context.o"]]], "unheard of", "unheard of") == .holds)
    }

    // S4-40.
    @Test(
        arguments: [
            (["all": [["equals": ["context.v": 1]], ["equals": ["context.none": 1]]]], .missing),
            (["all": [["equals": ["context.v": 2]], ["equals": ["context.none": 1]]]], .fails),
            (["all": [["equals": ["context.none": 1]], ["equals": ["context.v": 2]]]], .fails),
            (["any": [["equals": ["context.none": 1]], ["equals": ["context.v": 1]]]], .holds),
            (["any": [["equals": ["context.none": 1]], ["equals": ["context.v": 2]]]], .missing),
            (["any": [["equals": ["context.v": 3]], ["equals": ["context.v": 2]]]], .fails),
            (["not": ["equals": ["context.v": 2]]], .holds), (["not": ["equals": ["context.v": 1]]], .fails),
            (["not": ["equals": ["context.none": 1]]], .missing), (["not": ["equals": ["context.v": "1"]]], .mismatch),
            (["all": [["exists": "context.none"], ["equals": ["context.none": 1]]]], .fails),
            (["any": [["not": ["exists": "context.none"]], ["equals": ["context.none": 1]]]], .holds),
            (["equals": ["context.v": 1, "context.none": 1]], .missing),
        ] as [(AttributeValue, Expected)])
    func errorsGiveWayToWhatDecidesAnyway(when: AttributeValue, expected: Expected) throws {
        #expect(try outcome(when, 1) == expected)
    }
}
