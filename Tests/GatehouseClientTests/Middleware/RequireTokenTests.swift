import Foundation
import GatehouseClient
import HTTPTypes
import Hummingbird
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

@Suite("Requiring a token")
struct RequireTokenTests {
    func router(_ gateway: ScriptedGateway, audience: String? = "reports") throws -> Router<BasicTokenContext> {
        let router = Router(context: BasicTokenContext.self)
        router.get("/open") { _, context in "\(context.introspection == nil)" }
        router.group()
            .add(middleware: RequireToken(try gateway.client(), audience: audience, scopes: ["read"]))
            .get("/closed") { _, context in context.introspection?.subject ?? "nobody" }
        return router
    }

    func ask(_ gateway: ScriptedGateway, _ headers: [(String, String)]) async throws -> (Int, String?, String) {
        try await withServer(router(gateway)) { port in
            let (response, body) = try await get(port, "/closed", headers: headers)
            return (response.statusCode, response.value(forHTTPHeaderField: "WWW-Authenticate"), body)
        }
    }

    let good = #"{"active":true,"sub":"p1","aud":"reports","scope":"read"}"#

    @Test("a good token passes, and the handler learns whose it is", arguments: ["Bearer abc", "bearer  abc"])
    func passes(header: String) async throws {
        let (status, challenge, body) = try await ask(ScriptedGateway(good), [("Authorization", header)])
        #expect(status == 200 && challenge == nil && body == "p1")
    }

    @Test("no token is challenged without an error code")
    func missing() async throws {
        let (status, challenge, _) = try await ask(ScriptedGateway(good), [])
        #expect(status == 401 && challenge == #"Bearer realm="gatehouse""#)
    }

    @Test(
        "a bad token is challenged",
        arguments: [
            #"{"active":false}"#, #"{"active":true,"aud":"other","scope":"read"}"#, #"{"active":true,"scope":"read"}"#,
        ])
    func bad(answer: String) async throws {
        let (status, challenge, _) = try await ask(ScriptedGateway(answer), [("Authorization", "Bearer abc")])
        #expect(status == 401 && challenge == #"Bearer realm="gatehouse", error="invalid_token""#)
    }

    @Test(
        "another scheme and a malformed token are challenged unasked",
        arguments: ["Basic YTpi", "Bearer", "Bearer a b"])
    func malformed(header: String) async throws {
        let gateway = ScriptedGateway(good)
        #expect(try await ask(gateway, [("Authorization", header)]).0 == 401)
        #expect(gateway.requests.isEmpty)
    }

    @Test("a good token without the scope is forbidden")
    func scope() async throws {
        let gateway = ScriptedGateway(#"{"active":true,"aud":"reports","scope":"reading write"}"#)
        let (status, challenge, _) = try await ask(gateway, [("Authorization", "Bearer abc")])
        #expect(status == 403 && challenge == #"Bearer realm="gatehouse", error="insufficient_scope""#)
    }

    @Test("a token that is bound is no bearer token: to a certificate, to a key, to what is not understood")
    func bound() async throws {
        func ask(_ confirmation: String, shown: String?) async throws -> Int {
            let gateway = ScriptedGateway(
                #"{"active":true,"sub":"p1","aud":"reports","scope":"read","cnf":\#(confirmation)}"#)
            let router = Router(context: BasicTokenContext.self)
            let token = RequireToken<BasicTokenContext>(try gateway.client(), audience: "reports") { request, _ in
                HTTPField.Name("X-Thumbprint").flatMap { request.headers[$0] }
            }
            router.group().add(middleware: token).get("/told") { _, _ in "in" }
            router.group().add(middleware: RequireToken(try gateway.client(), audience: "reports"))
                .get("/untold") { _, _ in "in" }
            return try await withServer(router) { port in
                let headers = [("Authorization", "Bearer abc")] + (shown.map { [("X-Thumbprint", $0)] } ?? [])
                let untold = try await get(port, "/untold", headers: headers).0.statusCode
                #expect(untold == 401)
                return try await get(port, "/told", headers: headers).0.statusCode
            }
        }
        #expect(try await ask(#"{"x5t#S256":"abc"}"#, shown: "abc") == 200)
        #expect(try await ask(#"{"x5t#S256":"abc"}"#, shown: "abd") == 401)
        #expect(try await ask(#"{"x5t#S256":"abc"}"#, shown: nil) == 401)
        #expect(try await ask(#"{"jkt":"abc"}"#, shown: "abc") == 401)
        #expect(try await ask(#"{"x5t#S256":"abc","jkt":"abc"}"#, shown: "abc") == 401)
        #expect(try await ask("{}", shown: "abc") == 401)
    }

    @Test("a gateway that does not answer lets nobody through")
    func down() async throws {
        let gateway = ScriptedGateway { _ in throw GatehouseError("transport.unavailable", "") }
        #expect(try await ask(gateway, [("Authorization", "Bearer abc")]).0 == 503)
    }

    @Test("routes outside the group ask nothing")
    func open() async throws {
        let gateway = ScriptedGateway(good)
        let body = try await withServer(router(gateway)) { try await get($0, "/open").1 }
        #expect(body == "true" && gateway.requests.isEmpty)
    }
}
