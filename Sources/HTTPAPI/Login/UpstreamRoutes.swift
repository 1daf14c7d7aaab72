import Gateway
import HTTPTypes
import Hummingbird
import Identity
import NIOCore
import OAuth
import Vocabulary

import struct Gateway.ConfiguredProvider

/// Where browsers come back to from other providers, each provider at an address of its own, and where providers say that
/// somebody has signed out; each also below `/t/{tenant}`.
extension LoginRoutes {
    func installUpstream(on router: Router<GatewayRequestContext>, prefix: String) {
        router.get("\(prefix)/login/callback/{provider}") { try await arrive($0, $1) }
        router.post("\(prefix)/login/callback/{provider}") { try await arrivePosted($0, $1) }
        router.post("\(prefix)/login/backchannel-logout/{provider}") { try await backChannelLogout($0, $1) }
    }

    // MARK: Answers

    /// The answer that a browser brings in its address.
    private func arrive(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try call(request, context)
        let provider = try provider(context.parameters.get("provider"), call)
        let parameters = try Self.parameters(Array((request.uri.query ?? "").utf8), .query)
        switch try await gateway.login.arrive(parameters, at: provider.id, from: call.browser()) {
        case .login(let result):
            return try await answer(result, call, try call.cookie(.preSession), isForm: false)
        case .link(let outcome): return call.redirect(call.path("/account?done=link_\(outcome.rawValue)"))
        }
    }

    /// The answer that a provider has the browser post (OAuth 2.0 Form Post Response Mode §2). It comes from another site,
    /// and so without our cookies, which are Lax: it is kept, and the browser is sent for it with them. What it proves is
    /// proven there; here nothing is believed.
    private func arrivePosted(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try call(request, context)
        let provider = try provider(context.parameters.get("provider"), call)
        let parameters = try await Self.posted(request)
        guard let state = parameters["state"] else {
            throw Refusal.badRequest(code: "login.state", where: "The answer names no login.")
        }
        _ = try await gateway.login.keepPosted(parameters, at: provider.id, in: call.tenant.id)
        let path = call.path("/login/callback/\(provider.configuration.key)")
        return call.redirect(path + "?state=" + ASCII.percentEncode(state))
    }

    /// A provider that people are sent to.
    ///
    /// - Throws: `Refusal.notFound`.
    func provider(_ key: String?, _ call: BrowserCall) throws -> ConfiguredProvider {
        guard let key, let known = gateway.providers.provider(named: key, in: call.tenant.id),
            known.configuration.isEnabled, known.isRedirect
        else { throw Refusal.notFound }
        return known
    }

    private static func posted(_ request: Request) async throws -> OAuth.Parameters {
        let type = request.headers[.contentType]?.split(separator: ";").first?.lowercased()
        guard type == "application/x-www-form-urlencoded" else {
            throw Refusal.unsupportedMediaType(expected: "application/x-www-form-urlencoded")
        }
        let limit = OAuth.Parameters.Limits.body.bytes
        do {
            let buffer = try await request.body.collect(upTo: limit)
            return try parameters(Array(buffer.readableBytesView), .body)
        } catch is NIOTooManyBytesError {
            throw Refusal.bodyTooLarge(limit: limit)
        }
    }

    /// A name that stands twice is refused, whatever it is: two readers might understand two things.
    private static func parameters(_ bytes: [UInt8], _ limits: OAuth.Parameters.Limits) throws -> OAuth.Parameters {
        do {
            return try OAuth.Parameters(reading: bytes, limits: limits, repeatable: [])
        } catch {
            throw Refusal.badRequest(code: "login.answer", where: "The answer is malformed.")
        }
    }

    // MARK: Back channel

    /// OpenID Connect Back-Channel Logout §2.5 to §2.8.
    private func backChannelLogout(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try call(request, context)
        let provider = try provider(context.parameters.get("provider"), call)
        guard let token = try await Self.posted(request)["logout_token"] else { return try Self.refusedLogout() }
        do {
            _ = try await gateway.login.logOut(
                byToken: token, at: provider.configuration.key, in: call.tenant.id, trace: call.trace)
            return Response(status: .ok, headers: [.cacheControl: "no-store"])
        } catch is OAuthError {
            return try Self.refusedLogout()
        } catch is UpstreamFault {
            return try Self.refusedLogout()
        }
    }

    private static func refusedLogout() throws -> Response {
        let body = ByteBuffer(string: #"{"error":"invalid_request"}"#)
        return Response(
            status: .badRequest, headers: [.cacheControl: "no-store", .contentType: "application/json"],
            body: ResponseBody(byteBuffer: body))
    }
}
