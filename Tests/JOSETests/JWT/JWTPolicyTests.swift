import Testing

@testable import JOSE

@Suite("What a token has to say")
struct JWTPolicyTests {
    private let key = Result { try SigningKey.generate(.es256, keyID: "k") }

    private func verify(
        _ claims: JSONObject, _ policy: JWTPolicy, type: String? = "JWT", now: NumericDate = 100
    ) throws -> VerifiedJWT {
        let key = try key.get()
        return try JWT.verify(
            try JWT.sign(claims, with: key, type: type), with: key.verificationKey, policy: policy, now: now)
    }

    private func policy(
        issuer: JWTPolicy.Issuer = .unchecked, audience: JWTPolicy.Audience = .unchecked,
        type: JWTPolicy.TokenType = .unchecked, requiring required: Set<String> = []
    ) -> JWTPolicy {
        JWTPolicy(issuer: issuer, audience: audience, type: type, requiredClaims: required)
    }

    @Test("Audience: one of several, one of ours, or ours alone as one text")
    func audience() throws {
        _ = try verify(["aud": ["x", "a"]], policy(audience: .contains("a")))
        _ = try verify(["aud": "b"], policy(audience: .containsOneOf(["a", "b"])))
        _ = try verify(["aud": "a"], policy(audience: .only("a")))
        for (audience, rule): (JSONValue, JWTPolicy.Audience) in [
            ("a ", .contains("a")), ("c", .containsOneOf(["a", "b"])), (["a"], .only("a")), (["a", "b"], .only("a")),
            ("b", .only("a")), ("a", .containsOneOf([])),
        ] {
            #expect(throws: JOSEError(.wrongAudience)) { try verify(["aud": audience], policy(audience: rule)) }
        }
    }

    @Test("Issuer: exactly one, or one of several")
    func issuer() throws {
        _ = try verify(["iss": "b"], policy(issuer: .oneOf(["a", "b"])))
        #expect(throws: JOSEError(.wrongIssuer)) { try verify(["iss": "c"], policy(issuer: .oneOf(["a", "b"]))) }
        #expect(throws: JOSEError(.wrongIssuer)) {
            try verify(["iss": "caf\u{E9}"], policy(issuer: .exactly("cafe\u{301}")))
        }
        #expect(throws: JOSEError(.missingClaim)) { try verify([:], policy(issuer: .oneOf(["a"]))) }
    }

    @Test("Type: the one that is asked for, by its short or its long name")
    func type() throws {
        for type in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"] {
            _ = try verify([:], policy(type: .exactly("at+jwt")), type: type)
            _ = try verify([:], policy(type: .oneOf(["x", "application/at+jwt"])), type: type)
        }
        for type in ["JWT", "at+jwt2", "application/", nil] {
            #expect(throws: JOSEError(.wrongType)) { try verify([:], policy(type: .exactly("at+jwt")), type: type) }
            #expect(throws: JOSEError(.wrongType)) { try verify([:], policy(type: .oneOf(["x"])), type: type) }
        }
        _ = try verify([:], policy(type: .absentOr("JWT")), type: nil)
    }

    @Test("Times: one second this side of the skew holds, one beyond does not")
    func times() throws {
        var strict = policy()
        strict.clockSkew = 0
        _ = try verify(["exp": 101, "nbf": 100, "iat": 100], strict)
        #expect(throws: JOSEError(.expired)) { try verify(["exp": 100], strict) }
        #expect(throws: JOSEError(.notYetValid)) { try verify(["nbf": 101], strict) }
        #expect(throws: JOSEError(.issuedInFuture)) { try verify(["iat": 101], strict) }
        // FAPI 2.0: eight seconds ahead are accepted, sixty are not.
        _ = try verify(["nbf": 108], policy())
        #expect(throws: JOSEError(.notYetValid)) { try verify(["nbf": 160], policy()) }
    }

    @Test("Age and lifetime have their bounds, and ask for what they are counted from")
    func durations() throws {
        var young = policy()
        (young.maximumAge, young.clockSkew) = (10, 5)
        _ = try verify(["iat": 85], young)
        #expect(throws: JOSEError(.tooOld)) { try verify(["iat": 84], young) }
        #expect(throws: JOSEError(.missingClaim)) { try verify([:], young) }
        var short = policy()
        short.maximumLifetime = 60
        _ = try verify(["iat": 90, "exp": 150], short)
        _ = try verify(["nbf": 90, "exp": 150], short)
        #expect(throws: JOSEError(.livesTooLong)) { try verify(["iat": 90, "exp": 151], short) }
        for claims: JSONObject in [["iat": 90], ["exp": 150]] {
            #expect(throws: JOSEError(.missingClaim)) { try verify(claims, short) }
        }
    }

    @Test("Subject, nonce, required claims and algorithms are held to")
    func others() throws {
        var bound = policy(requiring: ["jti", "htm"])
        (bound.subject, bound.nonce) = ("s", "n")
        let claims: JSONObject = ["sub": "s", "nonce": "n", "jti": "1", "htm": .null]
        _ = try verify(claims, bound)
        for (changes, reason): (KeyValuePairs<String, JSONValue?>, JOSEError.Reason) in [
            (["sub": "t"], .wrongSubject), (["sub": nil], .missingClaim), (["nonce": "m"], .wrongNonce),
            (["jti": nil], .missingClaim), (["htm": nil], .missingClaim),
        ] {
            #expect(throws: JOSEError(reason)) { try verify(claims.with(changes), bound) }
        }
        bound.algorithms = [.rs256, .es256]
        _ = try verify(claims, bound)
        bound.algorithms = [.rs256]
        #expect(throws: JOSEError(.algorithmMismatch)) { try verify(claims, bound) }
    }

    @Test("Claims are read by their types")
    func claims() throws {
        let claims = try verify(
            [
                "iss": "i", "sub": "s", "aud": ["a"], "exp": 200, "nbf": 50, "iat": 60, "jti": "j", "nonce": "n",
                "azp": "z", "auth_time": 55, "acr": "2", "amr": ["pwd", "otp"], "sid": "x", "at": .decimal("7.9"),
            ], policy()
        ).claims
        #expect(claims.issuer == "i" && claims.subject == "s" && claims.audience == ["a"] && claims.isAudienceList)
        #expect(claims.expiresAt == 200 && claims.notBefore == 50 && claims.issuedAt == 60 && claims.tokenID == "j")
        #expect(claims.nonce == "n" && claims.authorizedParty == "z" && claims.authenticatedAt == 55)
        #expect(claims.authenticationContext == "2" && claims.authenticationMethods == ["pwd", "otp"])
        #expect(try claims.text("sid") == "x" && claims.text("none") == nil && claims.date("at") == 7)
        #expect(throws: JOSEError(.malformedClaims)) { try claims.text("exp") }
        #expect(throws: JOSEError(.malformedClaims)) { try claims.date("sid") }
    }

    @Test("What a token claims can be looked at to find its issuer, and no further")
    func unverified() throws {
        let token = try JWT.sign(["iss": "i"], with: key.get())
        #expect(try JWT.unverifiedClaims(of: token).issuer == "i")
        #expect(throws: JOSEError(.malformedToken)) { try JWT.unverifiedClaims(of: "a.b") }
    }

    @Test("OpenID Connect Core A.4: hashes of a token and of a code beside an ID token")
    func hashes() throws {
        let vectors = try Corpus.read("rfc/oidc-core-hashes")
        let (token, code) = (try vectors.text("access_token"), try vectors.text("code"))
        #expect(try HashClaim.value(of: token, algorithm: .rs256) == vectors.text("at_hash"))
        #expect(try HashClaim.value(of: code, algorithm: .rs256) == vectors.text("c_hash"))
        let idToken = try verify(
            ["at_hash": .string(try vectors.text("at_hash")), "c_hash": .string(try vectors.text("c_hash"))], policy())
        try HashClaim.check("at_hash", of: idToken, against: token, isRequired: true)
        try HashClaim.check("c_hash", of: idToken, against: code)
        try HashClaim.check("s_hash", of: idToken, against: "state")
        #expect(throws: JOSEError(.wrongHash)) { try HashClaim.check("at_hash", of: idToken, against: code) }
        #expect(throws: JOSEError(.missingClaim)) {
            try HashClaim.check("s_hash", of: idToken, against: "state", isRequired: true)
        }
    }

    @Test("Who signs cannot set what is set for them")
    func parameters() throws {
        let key = try key.get()
        for name in ["alg", "kid", "typ", "crit", "b64"] {
            #expect(throws: JOSEError(.malformedHeader)) {
                try JWS.sign([1], with: key, type: "JWT", parameters: [name: "x"])
            }
        }
        let token = try UnverifiedJWS(compact: JWS.sign([1], with: key, parameters: ["jwk": ["kty": "x"]]))
        #expect(token.header.parameters["jwk"] == ["kty": "x"])
    }

    @Test("Reasons have stable codes, errors of one reason are equal, and nothing of a token is in them")
    func codes() {
        #expect(Set(JOSEError.Reason.allCases.map(\.rawValue)).count == JOSEError.Reason.allCases.count)
        #expect(JOSEError.Reason.allCases.allSatisfy { $0.rawValue.wholeMatch(of: /[a-z0-9_]+/) != nil })
        #expect(JOSEError(.expired) == JOSEError(.expired, "exp") && JOSEError(.expired) != JOSEError(.tooOld))
        #expect("\(JOSEError(.expired, "exp"))" == "expired (exp)" && "\(JOSEError(.tooOld))" == "too_old")
    }
}
