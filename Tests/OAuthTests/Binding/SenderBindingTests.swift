import JOSE
import OAuth
import Testing

@Suite("Showing access tokens") struct AuthorizationHeaderTests {
    @Test("One header, one scheme, one blank, one token")
    func right() throws {
        #expect(try AuthorizationHeader.read(["Bearer abc"])?.token == "abc")
        #expect(try AuthorizationHeader.read(["bEaReR a.b-c_d~e+f/g=="])?.scheme == .bearer)
        #expect(try AuthorizationHeader.read(["DPoP abc"])?.scheme == .dpop)
        #expect(try AuthorizationHeader.read([]) == nil)
        #expect(try AuthorizationHeader.read([], form: "abc")?.scheme == .bearer)
    }

    @Test(
        "Everything else is refused",
        arguments: [
            "Bearer", "Bearer ", "Bearer  abc", "Bearer\tabc", " Bearer abc", "Bearer abc ", "Bearer abc def",
            "Bearer a,b", "Bearer \"abc\"", "Bearer =", "Bearer a=b", "Basic YTpi", "Bearerabc", "Bearer abc\u{E9}",
            "Bearer abc, Bearer def",
        ])
    func wrong(header: String) {
        #expect(refusal { try AuthorizationHeader.read([header]) } == .invalidRequest)
    }

    @Test("Two headers, header and body, and a token in a query are refused")
    func several() {
        #expect(refusal { try AuthorizationHeader.read(["Bearer a", "Bearer a"]) } == .invalidRequest)
        #expect(refusal { try AuthorizationHeader.read(["Bearer a"], form: "a") } == .invalidRequest)
        #expect(refusal { try AuthorizationHeader.read(["Bearer a"], hasQueryToken: true) } == .invalidRequest)
        #expect(refusal { try AuthorizationHeader.read([], form: "a b") } == .invalidRequest)
        let long = String(repeating: "a", count: AuthorizationHeader.tokenByteLimit)
        #expect(refusal { try AuthorizationHeader.read(["Bearer " + long]) } == nil)
        #expect(refusal { try AuthorizationHeader.read(["Bearer " + long + "a"]) } == .invalidRequest)
    }
}

@Suite("Bound tokens") struct SenderBindingTests {
    private let key = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

    @Test("A bound token is worthless as a bearer token, and the other way round")
    func downgrade() {
        let bound = SenderBinding(keyThumbprint: key)
        func code(
            _ binding: SenderBinding, _ scheme: AuthorizationHeader.Scheme, _ proof: String?,
            _ certificate: String? = nil
        ) -> OAuthError.Code? {
            refusal { try binding.check(scheme: scheme, proof: proof, certificate: certificate) }
        }
        #expect(code(bound, .dpop, key) == nil)
        #expect(code(bound, .bearer, key) == .invalidToken)
        #expect(code(bound, .bearer, nil) == .invalidToken)
        #expect(code(bound, .dpop, nil) == .invalidToken)
        #expect(code(bound, .dpop, Stage.challenge) == .invalidToken)
        #expect(code(.none, .bearer, nil) == nil)
        #expect(code(.none, .dpop, key) == .invalidToken)
        let toCertificate = SenderBinding(certificateThumbprint: key)
        #expect(code(toCertificate, .bearer, nil, key) == nil)
        #expect(code(toCertificate, .bearer, nil, Stage.challenge) == .invalidToken)
        #expect(code(toCertificate, .bearer, nil) == .invalidToken)
    }

    @Test("A client that has to bind its tokens gets none without")
    func required() throws {
        let plain = try Stage.authenticated(Stage.client())
        #expect(try SenderBinding.of(plain, proof: nil) == .none)
        #expect(try SenderBinding.of(plain, proof: key).tokenType == "DPoP")
        let dpop = try Stage.authenticated(Stage.client("app", ["dpop_bound_access_tokens": true]))
        #expect(refusal { try SenderBinding.of(dpop, proof: nil) } == .invalidDPoPProof)
        let mtls = try Stage.client(
            "app",
            [
                "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.example",
                "tls_client_certificate_bound_access_tokens": true,
            ])
        let certificate = ClientCertificate(
            thumbprint: key, isIssuedByTrusted: true, subjects: [.dnsName("a.example")])
        let bound = try SenderBinding.of(Stage.authenticated(mtls, certificate: certificate), proof: nil)
        #expect(bound.certificateThumbprint == key && bound.tokenType == "Bearer")
        let without = try Stage.client("app", ["tls_client_certificate_bound_access_tokens": true])
        #expect(refusal { try SenderBinding.of(Stage.authenticated(without), proof: nil) } == .invalidRequest)
    }

    @Test("A confirmation that is not understood is refused")
    func confirmation() throws {
        let both = SenderBinding(keyThumbprint: key, certificateThumbprint: key)
        #expect(try SenderBinding(confirmation: both.confirmation) == both)
        #expect(try SenderBinding(confirmation: nil) == .none)
        for claim in [[:], ["kid": "x"], ["jkt": "short"], ["jkt": 7], "x", ["jkt": .string(key), "kid": "x"]]
            as [JSONValue]
        {
            #expect(refusal { try SenderBinding(confirmation: claim) } == .invalidToken)
        }
    }
}
