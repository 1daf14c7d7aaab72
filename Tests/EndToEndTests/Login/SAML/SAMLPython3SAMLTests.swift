import Testing

@Suite("python3-saml and the gateway", .timeLimit(.minutes(3)))
struct SAMLPython3SAMLTests {
    @Test(
        "python3-saml believes the gateway's answers, and none that was changed or is another's",
        arguments: SAMLLibrary.Answer.all)
    func serviceProvider(_ answer: SAMLLibrary.Answer) async throws {
        try await SAMLLibrary(name: "python3-saml", script: "python3_saml_sp.py").believes(answer)
    }
}
