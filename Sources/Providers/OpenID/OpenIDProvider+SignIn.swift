import Fetch
import Identity
import JOSE
import OAuth
import Vocabulary

extension OpenIDProvider {
    /// Holds a provider's answer to the login it is of, redeems its code, and finds out who the person is.
    ///
    /// The caller has found the attempt by the browser and has used it up: one answer, one login.
    ///
    /// - Parameter assertionID: fresh random text, for a client that proves itself by a key.
    public func signIn(
        _ parameters: Parameters, of attempt: UpstreamAttempt, assertionID: String
    ) async -> OpenIDOutcome {
        do {
            return .verified(try await verified(parameters, attempt, assertionID))
        } catch let fault as UpstreamFault where fault.isRefusalByPerson {
            return .denied
        } catch let fault as UpstreamFault {
            return .refused(fault.reason)
        } catch let failure as Unavailable {
            return .unavailable(failure.word)
        } catch {
            return .unavailable((error as? Fault)?.code ?? "upstream.failed")
        }
    }

    private func verified(
        _ parameters: Parameters, _ attempt: UpstreamAttempt, _ assertionID: String
    ) async throws -> UpstreamSignIn {
        let client = try await client()
        let code = try attempt.code(in: parameters, client: client, now: seconds)
        let tokens = try await redeem(code, attempt, client, assertionID)
        var evidence = Evidence()
        if client.issuer != nil {
            guard let text = tokens.idToken else { throw UpstreamFault(.invalidIDToken, "there is none") }
            evidence.idToken = try await verify(text, attempt, client, tokens.accessToken, code)
        }
        evidence.userInfo = try await userInfo(evidence.idToken, client, tokens.accessToken)
        evidence.posted = settings.preset.responseMode == .formPost ? Self.posted(parameters["user"]) : nil
        try await askService(&evidence, tokens.accessToken)
        return try signIn(evidence, client, tokens)
    }

    // MARK: Tokens

    private func redeem(
        _ code: String, _ attempt: UpstreamAttempt, _ client: UpstreamClient, _ assertionID: String
    ) async throws -> UpstreamTokens {
        let request = UpstreamTokenRequest.code(
            code, of: attempt, client: client, proof: try proof(client, assertionID))
        let answer = try await send(request)
        return try UpstreamTokens(
            status: answer.status, contentType: answer.header("content-type"), body: answer.body)
    }

    func send(_ request: UpstreamTokenRequest) async throws -> FetchResponse {
        var headers = [
            ("Accept", UpstreamTokenRequest.accept), ("Content-Type", "application/x-www-form-urlencoded"),
        ]
        if let authorization = request.authorization { headers.append(("Authorization", authorization)) }
        return try await ask(
            request.endpoint, headers, post: Array(request.body.encoded.utf8), limit: UpstreamTokens.byteLimit)
    }

    func proof(_ client: UpstreamClient, _ assertionID: String) throws -> UpstreamTokenRequest.Proof {
        switch settings.proof {
        case .none: return .none
        case .secret(let secret): return .secret(secret.reveal())
        case .key(let key):
            // rfc7523bis §4: the issuer alone is the audience; a plain OAuth 2 server has only its token endpoint.
            let audience = client.issuer?.documented ?? client.endpoints.token
            let claims = ClientAssertion.claims(
                clientID: client.clientID, audience: audience, id: assertionID, now: seconds)
            return .assertion(try JWT.sign(claims, with: key))
        case .apple(let team, let key):
            return .secret(
                try JWT.sign(
                    AppleClientSecret.claims(team: team, clientID: client.clientID, now: seconds), with: key))
        }
    }

    private func verify(
        _ text: String, _ attempt: UpstreamAttempt, _ client: UpstreamClient, _ accessToken: String, _ code: String
    ) async throws -> VerifiedIDToken {
        try await holding(to: client) { keys in
            try VerifiedIDToken.verify(
                text, of: attempt, client: client, keys: keys, accessToken: accessToken, code: code, now: seconds)
        }
    }

    /// A key that is not among those at hand may have come since: they are fetched anew, once in a while.
    func holding(
        to client: UpstreamClient, _ verify: (JSONWebKeySet) throws -> VerifiedIDToken
    ) async throws -> VerifiedIDToken {
        do {
            return try verify(try await documents.keys(of: client))
        } catch let fault as UpstreamFault where fault.reason == .unknownKey {
            guard let renewed = try await documents.renewedKeys(of: client) else { throw fault }
            return try verify(renewed)
        }
    }

    func userInfo(
        _ idToken: VerifiedIDToken?, _ client: UpstreamClient, _ accessToken: String
    ) async throws -> UpstreamUserInfo? {
        guard let endpoint = client.endpoints.userInfo, settings.asksUserInfo || idToken == nil else { return nil }
        let answer = try await ask(
            endpoint, [("Accept", "application/json"), ("Authorization", "Bearer " + accessToken)],
            limit: UpstreamUserInfo.byteLimit)
        guard let idToken else { return try UpstreamUserInfo(plain: answer.status, body: answer.body) }
        return try UpstreamUserInfo(
            status: answer.status, contentType: answer.header("content-type"), body: answer.body, of: idToken,
            client: client, keys: try await documents.keys(of: client), now: seconds)
    }

    // MARK: The person

    private func signIn(
        _ evidence: Evidence, _ client: UpstreamClient, _ tokens: UpstreamTokens
    ) throws -> UpstreamSignIn {
        let identity = try ClaimMapping(settings).identity(evidence)
        let claims = evidence.idToken?.claims
        return UpstreamSignIn(
            identity: identity,
            // Where the provider is not believed about it, the moment of the answer counts.
            authenticatedAt: settings.saysSignInTime
                ? claims?.authenticatedAt.map { min(Timestamp($0), clock()) } : nil,
            isMultiFactor: claims.map(settings.multiFactor.isMet) ?? false,
            subject: try evidence.idToken.map { try UpstreamDigest.subject($0.issuer, $0.subject) }
                ?? UpstreamDigest.subject(settings.key, identity.subjectKey),
            sessionID: try evidence.idToken?.sessionID.map { try UpstreamDigest.session($0) },
            idToken: settings.signsOut ? tokens.idToken.map { SecretText($0) } : nil, kept: kept(tokens, evidence),
            vouching: Vouching([evidence.idToken?.issuer ?? settings.key]))
    }

    private func kept(_ tokens: UpstreamTokens, _ evidence: Evidence) -> KeptTokens? {
        guard settings.keeping != nil, let token = tokens.refreshToken, let idToken = evidence.idToken else {
            return nil
        }
        return KeptTokens(refreshToken: token, issuer: idToken.issuer, subject: idToken.subject)
    }

    /// Apple posts the name once, beside the code, as JSON. It comes through the browser, so only a name is taken.
    private static func posted(_ text: String?) -> JSONObject? {
        guard let text, text.utf8.count <= 4_096, let user = try? JSONObject(parsing: Array(text.utf8)),
            let name = user["name"]?.object
        else { return nil }
        var claims = JSONObject()
        if let given = name["firstName"]?.text { claims["given_name"] = .string(given) }
        if let family = name["lastName"]?.text { claims["family_name"] = .string(family) }
        let full = [name["firstName"]?.text, name["lastName"]?.text].compactMap(\.self).joined(separator: " ")
        if !full.isEmpty { claims["name"] = .string(full) }
        return claims
    }
}

/// What a login brought, each part verified for itself.
struct Evidence: Sendable {
    var idToken: VerifiedIDToken?
    var userInfo: UpstreamUserInfo?
    /// What came through the browser, for which nobody vouches.
    var posted: JSONObject?
    /// A mail address that the provider's own service says is confirmed.
    var confirmedMail: String?
    /// Groups in place of those of the claims.
    var groups: [UpstreamGroup]?
}

extension UpstreamFault {
    /// The person pressed Cancel, or the provider does not let them use this application (RFC 6749 §4.1.2.1).
    fileprivate var isRefusalByPerson: Bool { reason == .refused && detail == "access_denied" }
}

extension OpenIDSettings.MultiFactorClaims {
    func isMet(by claims: JWTClaims) -> Bool {
        !methods.isDisjoint(with: claims.authenticationMethods)
            || claims.authenticationContext.map(contexts.contains) ?? false
    }
}

extension Timestamp {
    init(_ date: NumericDate) { self.init(microseconds: date.seconds * 1_000_000) }
}

/// What stands for a person or a session of a provider in rows: no name of theirs.
enum UpstreamDigest {
    static func subject(_ issuer: String, _ subject: String) throws -> [UInt8] {
        try HashFunction.sha256.hash(Array("sub:\(issuer.utf8.count):\(issuer)\(subject)".utf8))
    }

    static func session(_ id: String) throws -> [UInt8] {
        try HashFunction.sha256.hash(Array("sid:\(id)".utf8))
    }
}
