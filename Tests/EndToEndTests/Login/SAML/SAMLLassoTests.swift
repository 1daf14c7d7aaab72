import Testing

// Lasso is what mod_auth_mellon and LemonLDAP::NG are made of; it comes with Debian, and so with Debian's Python.
@Suite("Lasso and the gateway", .timeLimit(.minutes(3)))
struct SAMLLassoTests {
    private static let python = "/usr/bin/python3"

    @Test("people sign in at Lasso, whether it signs the response too or not")
    func identityProvider() async throws {
        let library = SAMLLibrary(name: "lasso", script: "lasso_idp.py", interpreter: Self.python)
        for signed in [["assertion"], ["response", "assertion"]] {
            try await library.signsIn([
                "sign": signed,
                "attributes": [
                    "urn:oid:0.9.2342.19200300.100.1.1": ["ada"],
                    "urn:oid:0.9.2342.19200300.100.1.3": ["ada@corp.example"],
                    "urn:oid:2.16.840.1.113730.3.1.241": ["Ada Lovelace"],
                ],
            ])
        }
    }

    @Test(
        "Lasso believes the gateway's answers, and none that was changed or is another's",
        arguments: SAMLLibrary.Answer.all)
    func serviceProvider(_ answer: SAMLLibrary.Answer) async throws {
        try await SAMLLibrary(name: "lasso", script: "lasso_sp.py", interpreter: Self.python).believes(answer)
    }
}
