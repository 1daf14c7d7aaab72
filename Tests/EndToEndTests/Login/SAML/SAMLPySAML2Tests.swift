import Testing

@Suite("pysaml2 and the gateway", .timeLimit(.minutes(3)))
struct SAMLPySAML2Tests {
    @Test("people sign in at pysaml2 by an assertion that it encrypted")
    func identityProvider() async throws {
        try await SAMLLibrary(name: "pysaml2", script: "pysaml2_idp.py").signsIn([
            "sign": ["response"], "encrypt": "gcm",
            "attributes": ["uid": ["ada"], "mail": ["ada@corp.example"], "displayName": ["Ada Lovelace"]],
        ])
    }

    @Test(
        "pysaml2 believes the gateway's answers, and none that was changed or is another's",
        arguments: SAMLLibrary.Answer.all)
    func serviceProvider(_ answer: SAMLLibrary.Answer) async throws {
        try await SAMLLibrary(name: "pysaml2", script: "pysaml2_sp.py").believes(answer)
    }
}
