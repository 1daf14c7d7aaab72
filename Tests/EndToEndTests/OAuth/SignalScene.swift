import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JOSE
import NIOCore
import OAuth
import Synchronization
import Testing
import Vocabulary

/// A gateway with two applications that people sign in to and that hear of security events, and what their servers see.
enum SignalScene {
    static let revoked = SecurityEvent.EventType.sessionRevoked.rawValue
    static let changed = SecurityEvent.EventType.credentialChange.rawValue
    static let verification = SecurityEvent.EventType.verification.rawValue
    static let updated = SecurityEvent.EventType.streamUpdated.rawValue
    static let header = "Bearer the-receiver-knows-this"

    /// Two receivers, the second of which knows people by names of its own, and a service without the scopes.
    static func clients(logout port: Int? = nil) -> String {
        func client(_ name: String, _ more: String) -> String {
            """
              - client_id: \(name)
                client_secret_file: own.secret
                service_account: \(name)-service
                consent: false
                redirect_uris: ["https://app.example.net/callback"]
                grant_types: [authorization_code, client_credentials]
                \(more)

            """
        }
        let logout = port.map { "backchannel_logout_uri: \"http://127.0.0.1:\($0)/logout\"" } ?? "client_name: Shop"
        return client("shop", "scope: \"openid ssf.read ssf.manage\"\n    " + logout)
            + client("rival", "scope: \"openid ssf.read ssf.manage\"\n    subject_type: pairwise")
            + client("dull", "scope: \"openid other\"")
    }

    /// - Parameter oauth: more of that section, indented by two.
    static func open(
        logout port: Int? = nil, oauth: String? = nil, clock: @escaping @Sendable () -> Timestamp = SystemClock.now
    ) async throws -> TestGateway {
        let section = "oauth:\n"
        let base = OAuthScene.clients.replacingOccurrences(of: section, with: section + (oauth.map { $0 + "\n" } ?? ""))
        return try await OAuthScene.open(
            ["ada", "bob"], configuration: base, extra: clients(logout: port), clock: clock)
    }

    /// Signs somebody in at an application.
    @discardableResult
    static func signIn(_ api: TestAPI, at client: String, as login: String = "ada") async throws -> WebPerson {
        let web = OAuthScene.browser(api)
        let answer = try await OAuthScene.walk(web, OAuthScene.address(client, ["scope": "openid"]), as: login)
        #expect(answer["code"] != nil, "\(answer)")
        return web
    }

    /// An access token of a client in its own name.
    static func token(_ api: TestAPI, _ client: String, scope: String = "ssf.manage") async throws -> String {
        let secret = String(repeating: "o", count: 32)
        let answer = try await ServiceTokenTests.post(
            api, "/oauth2/token", "grant_type=client_credentials&scope=\(scope)", nil,
            [.authorization: "Basic " + Data("\(client):\(secret)".utf8).base64EncodedString()])
        return try #require(answer["access_token"], "\(answer.json)")
    }

    struct Answer {
        let status: Int
        let json: JSONObject
        let list: [JSONObject]
        let headers: HTTPFields
        subscript(name: String) -> String? { json[name]?.text }
    }

    /// A request to the stream management API.
    static func call(
        _ api: TestAPI, _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, token: String?
    ) async throws -> Answer {
        var headers: HTTPFields = [:]
        if let token { headers[.authorization] = "Bearer \(token)" }
        if body != nil { headers[.contentType] = "application/json" }
        return try await api.client.execute(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
        ) { response in
            let bytes = Array(response.body.readableBytesView)
            let wrapped = Array("{\"list\":".utf8) + bytes + Array("}".utf8)
            return Answer(
                status: response.status.code, json: (try? JSONObject(parsing: bytes)) ?? [:],
                list: (try? JSONObject(parsing: wrapped))?["list"]?.array?.compactMap(\.object) ?? [],
                headers: response.headers)
        }
    }

    /// Makes a stream as an administrator, and answers its id.
    static func stream(
        _ api: TestAPI, of client: String, to address: String?, header: String? = nil, everybody: Bool = false
    ) async throws -> String {
        var body: [String: AttributeValue] = ["client": .string(client), "everybody": .bool(everybody)]
        if let address {
            var delivery: [String: AttributeValue] = [
                "method": "urn:ietf:rfc:8935", "endpoint_url": .string(address),
            ]
            if let header { delivery["authorization_header"] = .string(header) }
            body["delivery"] = .object(delivery)
        }
        let made = try await api.send(.post, "/api/v1/signal-streams", .object(body))
        #expect(made.status == 201, "\(made.text)")
        return try #require(made.body?["id"]?.string)
    }

    static func shown(_ api: TestAPI, _ id: String) async throws -> AttributeValue {
        try #require(try await api.send(.get, "/api/v1/signal-streams/\(id)").body)
    }

    /// A token as its receiver has to read it: by the published keys, its type, its issuer and its audience.
    static func verify(_ api: TestAPI, _ token: String, for client: String) async throws -> JSONObject {
        let keys = try await api.client.execute(uri: "/oauth2/jwks", method: .get) { response in
            try JSONWebKeySet(try JSONObject(parsing: Array(response.body.readableBytesView)))
        }
        var policy = JWTPolicy(
            issuer: .exactly(OAuthScene.issuer), audience: .contains(client), type: .exactly(SecurityEvent.type),
            requiredClaims: ["iat", "jti", "events", "txn", "sub_id"])
        policy.algorithms = [.rs256]
        let now = NumericDate(seconds: Int64(Date().timeIntervalSince1970) + 86_400 * 30)
        _ = try JWT.verify(token, with: keys, policy: policy, now: now)
        let payload = try #require(Base64URL.decode(String(token.split(separator: ".")[1])))
        let claims = try JSONObject(parsing: payload)
        #expect(claims["sub"] == nil && claims["exp"] == nil && claims["events"]?.object?.count == 1)
        return claims
    }
}

/// A receiver's server: it keeps what it is sent, and answers as it is told.
final class SignalReceiverServer: Sendable {
    struct Push: Sendable {
        let token: String
        let authorization: String?
        let type: String?
    }

    enum Reply: Sendable {
        case take
        case status(Int)
        case refuse(String)
        case hang(Duration)
    }

    private struct State {
        var replies: [Reply]
        var standing: Reply
        var pushes: [Push] = []
        var logouts: [String] = []
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - replies: to the first pushes.
    ///   - standing: to all others.
    init(_ replies: [Reply] = [], then standing: Reply = .take) {
        state = Mutex(State(replies: replies, standing: standing))
    }

    var pushes: [Push] { state.withLock(\.pushes) }
    var tokens: [String] { pushes.map(\.token) }
    var logouts: [String] { state.withLock(\.logouts) }

    func reply(_ standing: Reply) { state.withLock { $0.standing = standing } }

    func listen(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        let router = Router()
        router.post("/events") { request, _ in
            let bytes = Array(try await request.body.collect(upTo: 1 << 20).readableBytesView)
            let push = Push(
                token: String(decoding: bytes, as: UTF8.self), authorization: request.headers[.authorization],
                type: request.headers[.contentType])
            let reply = self.state.withLock { state in
                state.pushes.append(push)
                return state.replies.isEmpty ? state.standing : state.replies.removeFirst()
            }
            switch reply {
            case .take: return Response(status: .accepted)
            case .status(let code): return Response(status: .init(code: code))
            case .refuse(let code):
                return Response(
                    status: .badRequest, headers: [.contentType: "application/json"],
                    body: .init(byteBuffer: ByteBuffer(string: "{\"err\":\"\(code)\",\"description\":\"no\"}")))
            case .hang(let time):
                try? await Task.sleep(for: time)
                return Response(status: .accepted)
            }
        }
        router.post("/logout") { request, _ in
            let bytes = Array(try await request.body.collect(upTo: 1 << 20).readableBytesView)
            let form = try OAuth.Parameters(reading: bytes, limits: .body)
            self.state.withLock { $0.logouts.append(form["logout_token"] ?? "") }
            return Response(status: .ok)
        }
        try await LoopbackListener.serve(router, body)
    }
}
