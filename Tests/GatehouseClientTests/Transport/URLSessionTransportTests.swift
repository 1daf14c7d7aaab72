import Foundation
import GatehouseClient
import Hummingbird
import NIOCore
import Testing

@Suite("The default transport")
struct URLSessionTransportTests {
    func router() -> Router<BasicTokenContext> {
        let router = Router(context: BasicTokenContext.self)
        router.post("/oauth2/introspect") { request, _ -> Response in
            let body = String(buffer: try await request.body.collect(upTo: 8_192))
            let isOurs = request.headers[.authorization] == "Bearer gh_key" && body.hasPrefix("token=good&")
            return Response(
                status: .ok, headers: [.contentType: "application/json", .setCookie: "a=b"],
                body: .init(byteBuffer: ByteBuffer(string: "{\"active\":\(isOurs && request.headers[.cookie] == nil)}"))
            )
        }
        router.post("/away/oauth2/introspect") { _, _ in
            Response(status: .temporaryRedirect, headers: [.location: "/oauth2/introspect"])
        }
        router.post("/slow/oauth2/introspect") { _, _ -> Response in
            try await Task.sleep(for: .seconds(20))
            return Response(status: .ok)
        }
        router.post("/large/:size/oauth2/introspect") { _, context -> Response in
            let size = try context.parameters.require("size", as: Int.self)
            let json = "{\"active\":true}"
            let body = json + String(repeating: " ", count: size - json.count)
            return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: body)))
        }
        return router
    }

    func client(_ port: Int, _ path: String = "", timeout: Double = 5) throws -> GatehouseClient {
        let configuration = try ClientConfiguration(
            issuer: "http://127.0.0.1:\(port)\(path)", apiKey: APIKey("gh_key"), cacheBound: .zero)
        return GatehouseClient(
            configuration: configuration, transport: URLSessionTransport.make(timeout: timeout, total: timeout))
    }

    @Test("speaks to a real server, several times and without cookies")
    func works() async throws {
        try await withServer(router()) { port in
            let client = try client(port)
            for _ in 0..<3 { #expect(try await client.introspect("good").isActive) }
            #expect(try await client.introspect("bad").isActive == false)
        }
    }

    @Test("carries the API key to no other place, not even when told to")
    func redirect() async throws {
        try await withServer(router()) { port in
            let client = try client(port, "/away")
            await #expect(throws: GatehouseError("gateway.status", "The gateway answered 307 at /oauth2/introspect.")) {
                try await client.introspect("good")
            }
        }
    }

    @Test("gives up on a silent gateway")
    func silent() async throws {
        try await withServer(router()) { port in
            let client = try client(port, "/slow", timeout: 1)
            let start = ContinuousClock.now
            await #expect(throws: GatehouseError("transport.timeout", "The gateway did not answer in time.")) {
                try await client.introspect("good")
            }
            #expect(ContinuousClock.now - start < .seconds(8))
        }
    }

    @Test("reads the largest answer, and not one byte more")
    func large() async throws {
        try await withServer(router()) { port in
            #expect(try await client(port, "/large/\(TransportAnswer.limit)").introspect("good").isActive)
            let client = try client(port, "/large/\(TransportAnswer.limit + 1)")
            await #expect(throws: GatehouseError("transport.too_large", "The answer has more than 256 KiB.")) {
                try await client.introspect("good")
            }
        }
    }

    @Test("a port where nobody listens is an error")
    func nobody() async throws {
        let port = try await withServer(router()) { $0 }
        let client = try client(port)
        await #expect(throws: GatehouseError.self) { try await client.introspect("good") }
    }
}
