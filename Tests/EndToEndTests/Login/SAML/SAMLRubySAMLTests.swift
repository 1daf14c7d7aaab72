import Testing

@Suite("ruby-saml and the gateway", .timeLimit(.minutes(3)))
struct SAMLRubySAMLTests {
    @Test(
        "ruby-saml believes the gateway's answers, and none that was changed or is another's",
        arguments: SAMLLibrary.Answer.all)
    func serviceProvider(_ answer: SAMLLibrary.Answer) async throws {
        try await SAMLLibrary(name: "ruby-saml", script: "ruby_saml_sp.rb", interpreter: "/usr/bin/ruby").believes(
            answer)
    }
}
