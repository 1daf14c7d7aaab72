import Foundation
import Gateway
import HTTPTypes
import HummingbirdTesting
import Identity
import JOSE
import NIOCore
import OAuth
import Testing
import Vocabulary

/// A gateway with two people and some clients, and what a client does there.
enum OAuthScene {
    static let issuer = "https://gate.example.org"
    static let callback = "https://app.example.net/callback"
    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    static let password = "a long enough local one"

    static let clients = """
        providers: [ { id: local, type: local, name: Password } ]
        oauth:
          scopes: [ { name: "orders:read", description: "Read your orders" }, { name: "orders:write" } ]
        clients:
          - client_id: web
            client_name: The Web Shop
            client_secret_file: web.secret
            redirect_uris: ["https://app.example.net/callback"]
            post_logout_redirect_uris: ["https://app.example.net/bye"]
            grant_types: [authorization_code, refresh_token]
            scope: "openid profile email offline_access orders:read orders:write"
            resources: ["https://api.example.org"]
          - client_id: own
            client_secret_file: own.secret
            consent: false
            redirect_uris: ["https://app.example.net/callback"]
            grant_types: [authorization_code, refresh_token]
            scope: "openid profile email offline_access"
            id_token_signed_response_alg: RS256
            require_pkce: false
          - client_id: phone
            token_endpoint_auth_method: none
            application_type: native
            consent: false
            redirect_uris: ["https://app.example.net/callback", "http://127.0.0.1/cb"]
            grant_types: [authorization_code, refresh_token]
            scope: "openid offline_access"
            access_token_format: jwt
          - client_id: television
            client_name: The Television
            token_endpoint_auth_method: none
            grant_types: ["urn:ietf:params:oauth:grant-type:device_code", refresh_token]
            scope: "openid offline_access"
          - client_id: radio
            token_endpoint_auth_method: none
            grant_types: ["urn:ietf:params:oauth:grant-type:device_code"]
            scope: "openid"
        """
    static let files = [
        "web.secret": String(repeating: "w", count: 32), "own.secret": String(repeating: "o", count: 32),
    ]

    /// Opens it, with people of these logins and the one password.
    static func open(
        _ people: [String] = ["ada"], configuration: String = clients, extra: String = "", server: String = "",
        tenants: [String] = ["default"],
        clock: @escaping @Sendable () -> Timestamp = SystemClock.now
    ) async throws -> TestGateway {
        let running = try await TestGateway.open(
            tenants: tenants, server: server, extra: configuration + "\n" + extra, files: files, clock: clock)
        try await addPeople(people, to: running)
        return running
    }

    /// Makes people of these logins, with the one password.
    static func addPeople(_ people: [String], to running: TestGateway, hasMail: Bool = true) async throws {
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        for login in people {
            var edit = PersonEdit()
            edit.login = login
            edit.displayName = "The person \(login)"
            if hasMail { edit.mail = "\(login)@example.org" }
            let made = try await running.gateway.people.create(edit, by: caller)
            _ = try await running.gateway.credentials.setPassword(
                SecretText(password), of: made.id, mustChange: false, by: caller)
        }
    }

    static func browser(_ api: TestAPI) -> WebPerson {
        let web = WebPerson(api.client)
        web.halt = "https://app.example.net/"
        return web
    }

    /// The address of the authorization endpoint with these parameters, in place of the usual ones.
    static func address(_ client: String, _ changes: [String: String?] = [:]) -> String {
        var parameters: [String: String?] = [
            "response_type": "code", "client_id": client, "redirect_uri": callback, "scope": "openid profile",
            "state": "a state", "nonce": "a-nonce", "code_challenge": challenge, "code_challenge_method": "S256",
        ]
        for (name, value) in changes { parameters[name] = value }
        var all = OAuth.Parameters()
        for (name, value) in parameters { if let value { all.set(name, value) } }
        return WebPerson.gateway + "/oauth2/authorize?" + all.encoded
    }

    /// Opens an address, signs in where that is asked, and agrees where that is.
    static func walk(_ web: WebPerson, _ address: String, as login: String = "ada") async throws -> [String: String] {
        try await web.open(address)
        try await signIn(web, as: login)
        if web.page.contains("name=\"decision\"") { try await web.submit("request", ["decision": "allow"]) }
        return answer(of: web)
    }

    static func signIn(_ web: WebPerson, as login: String = "ada") async throws {
        if web.page.contains("name=\"identifier\"") { try await web.submit("identifier", ["identifier": login]) }
        if web.page.contains("name=\"password\"") { try await web.submit("password", ["password": password]) }
    }

    /// What the browser would bring to the client now; empty where it brings nothing.
    static func answer(of web: WebPerson) -> [String: String] {
        guard let location = web.location, location.hasPrefix("https://app.example.net/"),
            let query = location.split(separator: "?", maxSplits: 1).last,
            let parameters = try? OAuth.Parameters(reading: Array(query.utf8), limits: .query)
        else { return [:] }
        return Dictionary(uniqueKeysWithValues: parameters.names.map { ($0, parameters[$0] ?? "") })
    }

    /// Redeems a code as a client does.
    static func redeem(
        _ api: TestAPI, _ code: String?, _ client: String, _ changes: [String: String?] = [:],
        _ headers: HTTPFields = [:]
    ) async throws -> ServiceTokenTests.Answer {
        var form = OAuth.Parameters([
            ("grant_type", "authorization_code"), ("code", code ?? ""), ("redirect_uri", callback),
            ("code_verifier", verifier),
        ])
        for (name, value) in changes { form.set(name, value) }
        return try await post(api, "/oauth2/token", form, client, headers)
    }

    /// Posts a form as a client, with its secret where it has one.
    static func post(
        _ api: TestAPI, _ path: String, _ form: OAuth.Parameters, _ client: String, _ headers: HTTPFields = [:]
    ) async throws -> ServiceTokenTests.Answer {
        var (form, headers) = (form, headers)
        if let secret = files[client + ".secret"] {
            headers[.authorization] = "Basic " + Data("\(client):\(secret)".utf8).base64EncodedString()
        } else {
            form.set("client_id", client)
        }
        return try await ServiceTokenTests.post(api, path, form.encoded, nil, headers)
    }

    static func userInfo(_ api: TestAPI, _ token: String?) async throws -> ServiceTokenTests.Answer {
        try await api.client.execute(
            uri: "/oauth2/userinfo", method: .get, headers: [.authorization: "Bearer \(token ?? "")"]
        ) { response in
            ServiceTokenTests.Answer(
                status: response.status.code,
                json: (try? JSONObject(parsing: Array(response.body.readableBytesView))) ?? [:],
                headers: response.headers)
        }
    }

    /// Puts one rule of the organization into force.
    static func govern(_ api: TestAPI, _ rule: AttributeValue) async throws {
        let id = AttributeValue.string(UUID().uuidString.lowercased())
        let commands: [(String, AttributeValue)] = [
            (
                "create",
                [
                    "policy_id": id, "name": "a rule about clients", "policy_type": "Security",
                    "enforcement": "Mandatory", "scope": "Organization",
                ]
            ),
            ("add_rule", ["policy_id": id, "rule_id": .string(UUID().uuidString.lowercased()), "rule": rule]),
            ("approve", ["policy_id": id]), ("activate", ["policy_id": id]),
        ]
        for (command, payload) in commands {
            let done = try await api.send(.post, "/api/v1/governance/commands/\(command)", payload)
            #expect(done.status == 200, "\(command) \(String(describing: done.body))")
        }
    }
}
