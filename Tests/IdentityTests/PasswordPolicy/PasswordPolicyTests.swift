import Testing
import Vocabulary

@testable import Identity

@Suite struct PasswordPolicyTests {
    static func person(login: String = "anna.schmidt") -> Person {
        Person(
            id: PersonID(bytes: [UInt8](repeating: 1, count: 16))!,
            tenant: TenantID(bytes: [UInt8](repeating: 2, count: 16))!,
            login: login, displayName: "Anna Schmidt-Öz", mail: "schmidtchen@example.org", createdAt: .epoch)
    }

    func judge(
        _ text: String, _ policy: PasswordPolicy = .init(), _ context: PasswordContext = .init(),
        blockList: BlockList = .none
    ) -> [PasswordPolicyViolation] {
        policy.evaluate(SecretText(text), context, blockList: blockList)
    }

    // S4-13.
    @Test func `fifteen characters alone and twelve beside a second factor, one fewer is refused`() {
        #expect(judge("wörtlich fünfze") == [])
        #expect(judge("wörtlich fünfz") == [.tooShort(minimum: 15, found: 14)])
        let context = PasswordContext(hasSecondFactor: true)
        #expect(judge("kurz wie zwö", .init(), context) == [])
        #expect(judge("kurz wie zw", .init(), context) == [.tooShort(minimum: 12, found: 11)])
        #expect(judge("") == [.tooShort(minimum: 15, found: 0)])
    }

    @Test func `code points are counted after NFKC`() {
        // Fourteen code points as typed; the ligature becomes three letters.
        #expect(judge("o\u{FB03}ce plants li") == [])
        // Decomposed letters: fifteen typed scalars are fourteen composed ones.
        #expect(judge("wo\u{308}rtlich genau") == [.tooShort(minimum: 15, found: 14)])
    }

    @Test func `1,024 bytes are judged, one more is refused by length alone`() {
        let words = String(String(repeating: "quite ordinary words, ", count: 47).prefix(1_023)) + "!"
        #expect(judge(words) == [])
        #expect(judge(words + "?") == [.tooLong(maximumBytes: 1_024)])
        // U+FDFA takes three bytes and becomes thirty-three under NFKC.
        #expect(judge(String(repeating: "\u{FDFA}x", count: 200)) == [.tooLong(maximumBytes: 1_024)])
    }

    @Test func `repetitions, sequences and control characters are named`() {
        #expect(judge("abcabcabcabcabcab") == [.repetition])
        #expect(judge("aaaaaaaaaaaaaaaa") == [.repetition])
        #expect(judge("1234567890123456").contains(.sequence))
        #expect(judge("zyxwvutsrqponmlk") == [.sequence])
        #expect(judge("a sentence with\u{7}bell") == [.controlCharacter])
        #expect(judge("abcdeabcdeabcde but not only") == [])
    }

    @Test(arguments: [
        ("I am ANNA.schmidt of old", PasswordContext.Origin.login), ("schmidtchen's garden wall", .mail),
        ("the great acme corporation", .tenant), ("welcome to gatehouse, friend", .configured),
    ])
    func `a word of the person, the tenant or the configuration is refused by its origin`(
        text: String, origin: PasswordContext.Origin
    ) {
        var context = PasswordContext(Self.person(), tenantWords: ["acme"], hasSecondFactor: false)
        context.add("Gatehouse", .configured)
        #expect(judge(text, .init(), context).contains(.contextWord(origin)))
        #expect(judge("four unrelated tokens here", .init(), context) == [])
    }

    @Test func `a word of three characters is not looked for, one of four is`() {
        var context = PasswordContext()
        context.add("abc", .configured)
        context.add("Öwen", .configured)
        #expect(judge("the abc of cooking well", .init(), context) == [])
        #expect(judge("die LÖWEN schlafen heute", .init(), context) == [.contextWord(.configured)])
    }

    // S4-13.
    @Test func `composition counts each kind and says what is missing`() {
        let policy = PasswordPolicy(composition: .init(upper: 1, lower: 1, digit: 2, special: 1))
        #expect(judge("Correct horse 42", policy) == [])
        #expect(
            judge("correcthorsestaple4", policy) == [
                .composition(.upper, required: 1, found: 0), .composition(.digit, required: 2, found: 1),
                .composition(.special, required: 1, found: 0),
            ])
    }

    /// S4-13: ninety days.
    @Test func `age is judged only where it is configured`() {
        let policy = PasswordPolicy(maximumAge: .seconds(90 * 86_400))
        let end = Timestamp(seconds: 90 * 86_400)
        #expect(policy.isExpired(changedAt: .epoch, now: end))
        #expect(!policy.isExpired(changedAt: .epoch, now: end - .microseconds(1)))
        #expect(!PasswordPolicy().isExpired(changedAt: .epoch, now: .distantFuture))
    }

    @Test func `every fault is told at once, and no sentence repeats the password`() {
        var context = PasswordContext(isReused: true, isCompromised: true)
        context.add("hunter", .configured)
        let found = judge("hunter", .init(composition: .init(digit: 1)), context, blockList: BlockList("hunter"))
        #expect(
            found == [
                .tooShort(minimum: 15, found: 6), .blockListed, .compromised, .contextWord(.configured),
                .composition(.digit, required: 1, found: 0), .reused(history: 5),
            ])
        #expect(found.allSatisfy { $0.explanation.hasSuffix(".") && !$0.explanation.contains("hunter") })
        #expect(Set(found.map(\.code)).count == found.count)
    }

    @Test func `strength grows with what surprises and never for what is listed`() {
        #expect(PasswordStrength(of: SecretText("password")) == .veryWeak)
        #expect(PasswordStrength(of: SecretText("1234567890123456789012345")) == .veryWeak)
        #expect(PasswordStrength(of: SecretText("xK9#mQ2$vL7!pR4%")) == .strong)
        #expect(
            PasswordStrength(of: SecretText("xK9#mQ2$vL7!pR4%"), blockList: BlockList("xk9#mq2$vl7!pr4%")) == .veryWeak)
        #expect(
            PasswordStrength(of: SecretText("correct horse"))
                < PasswordStrength(of: SecretText("correct horse battery staple")))
    }
}
