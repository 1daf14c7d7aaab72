import JOSE
import OAuth
import Testing

@Suite("Secrets") struct UndescribedTests {
    @Test("Nothing that is secret is in a description, a dump or a reflection")
    func descriptions() throws {
        let hidden = "hidden-7d1f"
        let parameters = Parameters([
            ("client_id", "app"), ("client_secret", hidden), ("grant_type", "authorization_code"), ("code", hidden),
        ])
        let request = try TokenRequest.read(parameters, client: Stage.client())
        let refresh = Parameters([("grant_type", "refresh_token"), ("refresh_token", hidden)])
        let target = AuthorizationResponse.Target(
            redirectURI: "https://a.example/", mode: .query, state: hidden, issuer: Stage.issuer)
        let upstream = try UpstreamStage()
        let proof = UpstreamTokenRequest.Proof.secret(hidden)
        let tokens = #"{"access_token":"\#(hidden)","token_type":"bearer"}"#
        let configured = try ConfiguredProvider(
            name: "x", type: "oidc",
            config: ["client_id": "a", "client_secret": .string(hidden), "issuer": "https://idp.example"])
        let values: [Any] = [
            parameters, request, try TokenRequest.read(refresh, client: Stage.client()),
            try PresentedCredentials.read(authorization: [], parameters: parameters),
            try AuthorizationHeader.read(["Bearer " + hidden]) as Any,
            try Stage.request(["state": hidden, "login_hint": hidden]),
            AuthorizationResponse.code(hidden, to: target), TokenAnswer(accessToken: hidden, expiresIn: 1),
            DynamicRegistration.Credentials(issuedAt: 1, secret: hidden, managementToken: hidden), proof,
            UpstreamTokenRequest.code(hidden, of: upstream.attempt, client: upstream.client, proof: proof),
            try UpstreamTokens(status: 200, contentType: nil, body: Array(tokens.utf8)), configured,
            DPoPProof.Request(method: "GET", target: "https://a.example/", accessToken: hidden),
        ]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            let texts = [String(describing: value), String(reflecting: value), dumped, "\([value])"]
            #expect(!texts.contains { $0.contains(hidden) }, "\(type(of: value))")
        }
        #expect(!"\(upstream.attempt)".contains(upstream.attempt.verifier))
    }
}
