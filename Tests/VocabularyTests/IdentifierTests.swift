import Testing
import Vocabulary

@Suite("Identifiers are UUIDs that keep their kind")
struct IdentifierTests {
    @Test func textAndBytesRoundTrip() throws {
        let id = PersonID.random(at: Timestamp(seconds: 1_795_232_100))
        #expect(PersonID(id.description) == id)
        #expect(PersonID(id.description.uppercased()) == id)
        #expect(PersonID(bytes: id.bytes) == id)
        #expect(id.description.count == 36)
    }

    @Test func versionAndVariantFollowRFC9562() {
        let id = PersonID.random(at: Timestamp(seconds: 1_795_232_100))
        #expect(id.high >> 12 & 0xF == 7)
        #expect(id.low >> 62 == 0b10)
        #expect(id.high >> 16 == 1_795_232_100_000)
    }

    @Test func laterIdsSortLater() {
        #expect(PersonID.random(at: Timestamp(seconds: 1)) < PersonID.random(at: Timestamp(seconds: 2)))
    }

    @Test(arguments: [
        "", "x", "{0198c7a0-0000-7000-8000-000000000000}", "0198c7a0-0000-7000-8000-00000000000g",
        "0198c7a00000-7000-8000-0000-00000000000",
    ])
    func refusesOtherForms(text: String) {
        #expect(PersonID(text) == nil)
    }

    @Test func secretsDescribeThemselvesAsNothing() {
        let secret = SecretText("hunter2")
        #expect(!"\(secret)".contains("hunter2"))
        #expect(!String(reflecting: secret).contains("hunter2"))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }

    @Test func strengthNeedsTwoKindsOfFactor() {
        func event(_ method: AuthenticationMethod) -> AuthenticationEvent {
            .init(method: method, provider: nil, at: .epoch)
        }
        #expect(AuthenticationStrength(of: []) == .none)
        #expect(AuthenticationStrength(of: [event(.password)]) == .aal1)
        #expect(AuthenticationStrength(of: [event(.password), event(.password)]) == .aal1)
        #expect(AuthenticationStrength(of: [event(.password), event(.singleUseLink)]) == .aal1)
        #expect(AuthenticationStrength(of: [event(.password), event(.oneTimePassword)]) == .aal2)
    }
}
