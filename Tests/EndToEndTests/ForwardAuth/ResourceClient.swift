import Foundation
import JOSE
import OAuth
import Testing
import Vocabulary

/// A program that gets tokens at the gateway, through nginx as everybody does, and shows them to applications.
struct ResourceClient {
    typealias Stage = ForwardAuthStage

    let stage: Stage
    /// What its tokens are bound to; nil for bearer tokens.
    var key: SigningKey?

    func resource(_ host: String) -> String { "https://\(host):\(stage.port)" }

    /// Tokens of somebody who signs in for it.
    func tokens(
        _ client: String = "cli", for host: String? = Stage.api, scope: String = "pages:read", as login: String = "ada",
        in browser: CurlBrowser? = nil, _ more: [(String, String)] = []
    ) async throws -> JSONObject {
        let browser = browser ?? stage.browser()
        var request = OAuth.Parameters([
            ("response_type", "code"), ("client_id", client), ("redirect_uri", "http://127.0.0.1/cb"),
            ("scope", scope), ("state", "s"), ("code_challenge", OAuthScene.challenge),
            ("code_challenge_method", "S256"),
        ])
        if let host { request.set("resource", resource(host)) }
        for (name, value) in more { request.set(name, value) }
        let page = try await browser.open(Stage.gate, "/oauth2/authorize?" + request.encoded)
        if browser.host == Stage.gate { _ = try await browser.signIn(page, login, Stage.password) }
        let query = try #require(browser.path.split(separator: "?", maxSplits: 1).last, "\(browser.visited)")
        let answer = try OAuth.Parameters(reading: Array(query.utf8), limits: .query)
        let form = OAuth.Parameters([
            ("grant_type", "authorization_code"), ("code", answer["code"] ?? ""), ("client_id", client),
            ("redirect_uri", "http://127.0.0.1/cb"), ("code_verifier", OAuthScene.verifier),
        ])
        return try await token(form)
    }

    /// The robot's, in its own name.
    func own(for host: String, scope: String = "pages:read") async throws -> JSONObject {
        let form = OAuth.Parameters([
            ("grant_type", "client_credentials"), ("scope", scope), ("resource", resource(host)),
        ])
        let secret = Data("robot:\(Stage.robotSecret)".utf8).base64EncodedString()
        return try await token(form, ["Authorization: Basic \(secret)"])
    }

    func token(_ form: OAuth.Parameters, _ headers: [String] = []) async throws -> JSONObject {
        var headers = headers + ["Content-Type: application/x-www-form-urlencoded"]
        if key != nil { headers.append("DPoP: " + (try proof("POST", resource(Stage.gate) + "/oauth2/token"))) }
        let answer = try await stage.browser().ask(
            Stage.gate, "/oauth2/token", method: "POST", headers, body: form.encoded, accept: "application/json")
        return try JSONObject(parsing: Array(answer.body.utf8))
    }

    /// A proof of possession for one request.
    func proof(
        _ method: String, _ address: String, token: String? = nil, id: String = UUID().uuidString,
        with other: SigningKey? = nil, age: Int64 = 0
    ) throws -> String {
        let key = try #require(other ?? key)
        var claims: JSONObject = [
            "jti": .string(id), "htm": .string(method), "htu": .string(address),
            "iat": .integer(Int64(Date().timeIntervalSince1970) - age),
        ]
        if let token { claims["ath"] = .string(Base64URL.encode(try HashFunction.sha256.hash(Array(token.utf8)))) }
        let own = JSONValue.object(try #require(key.publicKey).json)
        return try JWT.sign(claims, with: key, type: "dpop+jwt", parameters: ["jwk": own])
    }

    /// What an application answers to a program.
    func ask(
        _ host: String, _ path: String = "/headers", method: String = "GET", with headers: [String] = [],
        in browser: CurlBrowser? = nil, accept: String = "application/json"
    ) async throws -> CurlBrowser.Answer {
        try await (browser ?? stage.browser()).ask(host, path, method: method, headers, accept: accept)
    }

    /// What the application received: the headers that `/headers` tells.
    static func received(_ answer: CurlBrowser.Answer) throws -> [String: String] {
        let dump = try JSONObject(parsing: Array(answer.body.utf8))
        var headers: [String: String] = [:]
        for field in dump["headers"]?.array ?? [] {
            if let name = field.object?["name"]?.text { headers[name.lowercased()] = field.object?["value"]?.text }
        }
        return headers
    }
}
