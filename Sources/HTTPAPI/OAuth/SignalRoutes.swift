import Gateway
import HTTPTypes
import Hummingbird
import JOSE
import NIOCore
import OAuth
import Vocabulary

/// What a transmitter of shared signals answers its receivers (OpenID Shared Signals Framework 1.0 §7 and §8.1, RFC 8936):
/// about itself to everybody, and about streams to the client whose they are, by an access token of its own.
struct SignalRoutes: Sendable {
    private static let bodyLimit = 64 << 10
    private typealias Answer = (status: HTTPResponse.Status, body: JSONValue?)

    let gateway: Gateway
    let gate: RouteRegistry.Gate

    func install(on router: Router<GatewayRequestContext>) {
        // §7.2.1 inserts the well-known part between host and path.
        for path in ["", "/t/{tenant}"] {
            router.get(RouterPath("/.well-known/ssf-configuration" + path)) { _, context in
                let tenant = try await tenant(context)
                return OAuthRoutes.cached(gateway.transmitterDocument(of: tenant.id), "application/json")
            }
        }
        for prefix in ["", "/t/{tenant}"] {
            streams(router, prefix + "/ssf/stream")
            router.get(RouterPath(prefix + "/ssf/status")) { request, context in
                try await answer(request, context, .read) { receiver in
                    (.ok, .object(try await gateway.signals.status(of: Self.streamID(request), for: receiver)))
                }
            }
            router.post(RouterPath(prefix + "/ssf/status")) { request, context in
                try await answer(request, context, .manage) { receiver in
                    let said = try await Self.body(request)
                    return (.ok, .object(try await gateway.signals.setStatus(said, by: receiver)))
                }
            }
            router.post(RouterPath(prefix + "/ssf/verify")) { request, context in
                try await answer(request, context, .manage) { receiver in
                    try await gateway.signals.verify(try await Self.body(request), by: receiver)
                    return (.noContent, nil)
                }
            }
            router.post(RouterPath(prefix + "/ssf/poll/{stream}")) { request, context in
                // It takes events off the stream: reading alone does not do.
                try await answer(request, context, .manage) { receiver in
                    let (said, id) = (try await Self.body(request), context.parameters.get("stream") ?? "")
                    return (.ok, .object(try await gateway.signals.poll(said, id, by: receiver)))
                }
            }
        }
    }

    /// §8.1.1.
    private func streams(_ router: Router<GatewayRequestContext>, _ path: String) {
        router.get(RouterPath(path)) { request, context in
            try await answer(request, context, .read) { receiver in
                (.ok, try await gateway.signals.read(Self.streamID(request), by: receiver))
            }
        }
        router.post(RouterPath(path)) { request, context in
            try await answer(request, context, .manage) { receiver in
                (.created, .object(try await gateway.signals.create(try await Self.body(request), by: receiver)))
            }
        }
        for (method, isWhole) in [(HTTPRequest.Method.patch, false), (.put, true)] {
            router.on(RouterPath(path), method: method) { request, context in
                try await answer(request, context, .manage) { receiver in
                    let said = try await Self.body(request)
                    return (.ok, .object(try await gateway.signals.update(said, isWhole: isWhole, by: receiver)))
                }
            }
        }
        router.delete(RouterPath(path)) { request, context in
            try await answer(request, context, .manage) { receiver in
                try await gateway.signals.delete(Self.streamID(request), by: receiver)
                return (.noContent, nil)
            }
        }
    }

    private func tenant(_ context: GatewayRequestContext) async throws -> Tenant {
        try await gate.tenant(context.parameters.get("tenant") ?? Tenant.defaultSlug)
    }

    private static func streamID(_ request: Request) -> String? {
        request.uri.queryParameters["stream_id"].map { String($0) }
    }

    private static func body(_ request: Request) async throws -> JSONObject {
        guard request.headers[.contentType].map(MediaType.essence) == "application/json" else {
            throw OAuthError(.invalidRequest, "the body has to be application/json")
        }
        guard let body = try? await request.body.collect(upTo: bodyLimit) else {
            throw OAuthError(.invalidRequest, "the body has more than \(bodyLimit) bytes")
        }
        guard let json = try? JSONObject(parsing: Array(body.readableBytesView)) else {
            throw OAuthError(.invalidRequest, "the body is not a JSON object")
        }
        return json
    }

    // MARK: Answers

    private func answer(
        _ request: Request, _ context: GatewayRequestContext, _ scope: TokenService.SignalScope,
        _ work: (SignalReceiver) async throws -> Answer
    ) async throws -> Response {
        let tenant = try await tenant(context)
        // As the request has it, because a proof of possession names it (RFC 9449 §4.3).
        let endpoint = context.endpoint.replacing("{stream}", with: context.parameters.get("stream") ?? "")
        let call = ResourceCall(
            tenant: tenant.id, authorization: request.headers[values: .authorization],
            hasQueryToken: (request.uri.query ?? "").contains("access_token"), proofs: request.proofs,
            method: request.method.rawValue, address: gateway.tenants.publicURL(of: tenant.id) + endpoint)
        var response: Response
        do {
            if let receiver = try await gateway.tokens.receiver(call, scope, trace: context.requestID) {
                response = try await self.response(receiver, work)
            } else {
                response = Self.challenge(Challenge())
            }
        } catch let error as OAuthError {
            response = Self.challenge(Challenge(error, scope: Self.wanted(scope, error)))
        }
        try response.addNonce(to: request, of: tenant.id, gateway)
        return response
    }

    /// RFC 6750 §3.1: what would do.
    private static func wanted(_ scope: TokenService.SignalScope, _ error: OAuthError) -> ScopeSet? {
        error.code == .insufficientScope ? ScopeSet(scope.rawValue) : nil
    }

    /// §8.1: what is wrong with a request is told by its status, and for whoever builds the receiver in a sentence.
    private func response(_ receiver: SignalReceiver, _ work: (SignalReceiver) async throws -> Answer) async throws
        -> Response
    {
        do {
            let answer = try await work(receiver)
            return Self.response(answer.status, answer.body)
        } catch let error as OAuthError {
            return Self.refusal(.badRequest, error.code.rawValue, error.description ?? "")
        } catch let fault as Fault {
            let status: HTTPResponse.Status? =
                switch fault.code {
                case "not_found": .notFound
                case "conflict", "stale": .conflict
                case "managed": .forbidden
                case "too_often": .tooManyRequests
                case "invalid": .badRequest
                default: nil
                }
            guard let status else { throw fault }
            var response = Self.refusal(status, fault.code, fault.message)
            if status == .tooManyRequests {
                response.headers[.retryAfter] = "\(SignalService.verificationInterval.components.seconds)"
            }
            return response
        }
    }

    private static func refusal(_ status: HTTPResponse.Status, _ code: String, _ sentence: String) -> Response {
        response(status, .object(["error": .string(code), "error_description": .string(sentence)]))
    }

    private static func response(_ status: HTTPResponse.Status, _ body: JSONValue?) -> Response {
        var headers: HTTPFields = [.cacheControl: "no-store"]
        guard let body else { return Response(status: status, headers: headers) }
        headers[.contentType] = "application/json"
        return Response(
            status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body.serialized)))
    }

    /// RFC 6750 §3, RFC 9449 §7.1.
    private static func challenge(_ challenge: Challenge) -> Response {
        var response = Response(status: .init(code: challenge.status), headers: [.cacheControl: "no-store"])
        response.headers[values: .wwwAuthenticate] = [challenge.bearer, challenge.dpop]
        return response
    }
}
