import Fixtures
import NKeys
import Testing

@Suite("Subjects")
struct NATSSubjectTests {
    @Test(
        "What is a subject",
        arguments: [
            "a", "a.b.c", "*", ">", "a.*", "a.>", "*.*.>", "$SYS.REQ.CLAIMS.UPDATE", "_INBOX.>", "größe.a", "foo*",
        ])
    func sound(text: String) throws { #expect(try NATSSubject(text).text == text) }

    @Test(
        "What is none",
        arguments: [
            "", ".", "a.", ".a", "a..b", "a b", "a\tb", "a\r\nPUB x 0", "a.>.b", ">.a", "a\u{0}", "a\u{a0}b",
            "a\u{2003}b",
        ])
    func broken(text: String) {
        #expect(fault { _ = try NATSSubject(text) } == .malformedSubject)
    }

    @Test("A subject is as long as a line of the protocol at most")
    func length() throws {
        _ = try NATSSubject(String(repeating: "a", count: 4_096))
        #expect(fault { _ = try NATSSubject(String(repeating: "a", count: 4_097)) } == .malformedSubject)
    }

    @Test(
        "What contains what",
        arguments: [
            ("a", "a", true), ("a", "b", false), ("*", "a", true), ("*", "a.b", false), (">", "a.b", true),
            (">", ">", true),
            ("a.>", "a", false), ("a.>", "a.b", true), ("a.>", "a.b.c", true), ("a.>", "a.>", true),
            ("a.>", "a.*", true),
            ("a.*", "a.>", false), ("a.*", "a.*", true), ("*.b", "a.b", true), ("a.b", "*.b", false),
            ("*.>", ">", false),
            (">", "*.>", true), ("a.*.c", "a.b.c", true), ("a.*.c", "a.b", false), ("*", ">", false), ("A", "a", false),
        ])
    func contains(wide: String, narrow: String, expected: Bool) throws {
        #expect(try NATSSubject(wide).contains(NATSSubject(narrow)) == expected)
    }

    @Test(
        "What overlaps",
        arguments: [
            ("a.*", "*.b", true), ("a.b", "a.c", false), ("a.>", "*.b.c", true), ("a", "a.>", false), ("*", ">", true),
            ("a.*.c", "a.b.*", true), ("a.*", "a.b.c", false), ("x.>", "y.>", false),
        ])
    func overlaps(left: String, right: String, expected: Bool) throws {
        #expect(try NATSSubject(left).overlaps(NATSSubject(right)) == expected)
        #expect(try NATSSubject(right).overlaps(NATSSubject(left)) == expected)
    }

    @Test("Containing and overlapping agree with every subject of a small world")
    func smallWorld() throws {
        let words = ["a", "b"]
        let literals =
            try
            (words + words.flatMap { one in words.map { "\(one).\($0)" } }
            + words.flatMap { one in words.flatMap { two in words.map { "\(one).\(two).\($0)" } } }).map {
                try NATSSubject($0)
            }
        let tokens = ["a", "b", "*"]
        var patterns = tokens + [">"]
        patterns += tokens.flatMap { one in (tokens + [">"]).map { "\(one).\($0)" } }
        let all = try patterns.map { try NATSSubject($0) }
        for left in all {
            let mine = Set(literals.filter(left.contains))
            for right in all {
                let theirs = Set(literals.filter(right.contains))
                #expect(left.contains(right) == theirs.isSubset(of: mine), "\(left) and \(right)")
                #expect(left.overlaps(right) == !theirs.isDisjoint(with: mine), "\(left) and \(right)")
            }
        }
    }

    @Test("Nothing allowed is not everything allowed")
    func nothing() {
        #expect(SubjectPermissions.only([]) == .nothing)
        #expect(SubjectPermissions.only([]) != .everything)
        #expect(SubjectPermissions.only(["a"]).allow == ["a"])
    }
}
