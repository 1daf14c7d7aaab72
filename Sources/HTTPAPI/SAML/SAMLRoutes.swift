import Gateway
import HTTPTypes
import Hummingbird
import NIOCore
import OAuth
import SAML
import Vocabulary

/// The gateway as an entity of SAML 2.0: its metadata, where identity providers have browsers bring their answers, where
/// discovery services send them back to, where applications fetch what artifacts stand for, and where clients that are no
/// browsers bring their requests; each tenant's at the root or below `/t/{tenant}`.
struct SAMLRoutes: Sendable {
    let gateway: Gateway
    let login: LoginRoutes

    func install(on router: Router<GatewayRequestContext>) {
        for prefix in ["", "/t/{tenant}"] {
            router.get(RouterPath(prefix + "/saml/metadata")) { try await metadata($0, $1) }
            router.post(RouterPath(prefix + "/saml/acs")) { try await consume($0, $1) }
            router.get(RouterPath(prefix + "/saml/acs")) { try await consumeArtifact($0, $1) }
            router.get(RouterPath(prefix + "/saml/unsolicited")) { try await offerUnsolicited($0, $1) }
            router.post(RouterPath(prefix + "/saml/unsolicited")) { try await takeUnsolicited($0, $1) }
            router.get(RouterPath(prefix + "/saml/discover")) { try await discover($0, $1) }
            router.get(RouterPath(prefix + "/saml/discovery")) { try await discovered($0, $1) }
            router.post(RouterPath(prefix + "/saml/artifact")) { try await resolve($0, $1) }
            router.post(RouterPath(prefix + "/saml/ecp")) { try await carried($0, $1) }
            SAMLLogoutRoutes(login: login).install(on: router, prefix: prefix)
        }
    }

    /// SAML Metadata §4.1.1: at the address that the entity is called by.
    private func metadata(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try login.call(request, context)
        let document = try await gateway.saml.metadata(of: call.tenant.id)
        return Response(
            status: .ok,
            headers: [
                .contentType: MetadataQuery.mediaType, .cacheControl: "public, max-age=300",
                .contentDisposition: "inline; filename=\"gatehouse-metadata.xml\"",
            ], body: .init(byteBuffer: ByteBuffer(bytes: document)))
    }

    /// The answer that an identity provider has the browser post (SAML Bindings §3.5, §3.6.3.2). It comes from another site,
    /// and so without our cookies, which are Lax: it is kept for the browser that began, which is sent for it with them. What it
    /// proves is proven there; here nothing is believed.
    private func consume(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try login.call(request, context)
        switch try await Self.form(request) {
        case .artifact(let artifact): return try await bring(artifact, call)
        case .message(.request, _, _):
            throw Refusal.badRequest(code: "saml.form", where: "A request is not taken here.")
        case .message(.response, let text, let relayState):
            if let state = relayState, let answer = try await bring("SAMLResponse", text, state, call) { return answer }
            if let answer = try await keepUnsolicited(text, relayState, call) { return answer }
            throw relayState == nil
                ? Refusal.badRequest(
                    code: "saml.unsolicited",
                    where: "The answer names no sign-in that began here. Begin at the gateway.") : Self.unknownRequest
        }
    }

    /// An artifact in the address (SAML Bindings §3.6.3.1). It goes the way that posted ones go.
    private func consumeArtifact(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try login.call(request, context)
        let fields = [ArtifactBinding.parameter, "SAMLResponse", "SAMLRequest", "RelayState"].compactMap { name in
            call.query[name].map { (name: name, value: $0) }
        }
        guard let artifact = try Self.artifact(fields) else {
            throw Refusal.badRequest(code: "saml.form", where: "The address has no SAMLart.")
        }
        return try await bring(artifact, call)
    }

    private func bring(_ artifact: ArtifactBinding.Incoming, _ call: BrowserCall) async throws -> Response {
        guard let state = artifact.relayState,
            let answer = try await bring(ArtifactBinding.parameter, artifact.text, state, call)
        else { throw Self.unknownRequest }
        return answer
    }

    /// Keeps an answer beside the sign-in that waits for it, and sends the browser there; nil where none does.
    private func bring(
        _ name: String, _ text: String, _ state: RelayState, _ call: BrowserCall
    ) async throws -> Response? {
        let kept = OAuth.Parameters([("state", state.text), (name, text)])
        guard let key = try await gateway.login.keepPosted(kept, in: call.tenant.id) else { return nil }
        return call.redirect(call.path("/login/callback/\(key)?state=\(ASCII.percentEncode(state.text))"))
    }

    private static let unknownRequest = Refusal.badRequest(
        code: "saml.unknown_request",
        where: "No sign-in waits for this answer: it was answered, or took too long. Begin again.")

    /// What came by a form; a document in it is looked at later, by whoever began.
    private enum Posted {
        case message(MessageKind, text: String, RelayState?)
        case artifact(ArtifactBinding.Incoming)
    }

    private static func form(_ request: Request) async throws -> Posted {
        let fields = try await fields(request)
        if let artifact = try artifact(fields) { return .artifact(artifact) }
        do {
            let read = try PostBinding.read(fields)
            let text = fields.first { $0.name == read.kind.rawValue }?.value
            return .message(read.kind, text: text ?? "", read.relayState)
        } catch {
            throw Refusal.badRequest(code: "saml.form", where: "The form cannot be used: \(error.detail).")
        }
    }

    /// The fields of the bindings in a form (SAML Bindings §3.5, §3.6), which may come from any site.
    static func fields(_ request: Request) async throws -> [(name: String, value: String)] {
        let type = request.headers[.contentType].map(MediaType.essence)
        guard type == "application/x-www-form-urlencoded" else {
            throw Refusal.unsupportedMediaType(expected: "application/x-www-form-urlencoded")
        }
        let limits = OAuth.Parameters.Limits.postedMessage
        let parameters: OAuth.Parameters
        do {
            let body = try await request.body.collect(upTo: limits.bytes)
            parameters = try OAuth.Parameters(reading: Array(body.readableBytesView), limits: limits, repeatable: [])
        } catch is NIOTooManyBytesError {
            throw Refusal.bodyTooLarge(limit: limits.bytes)
        } catch {
            throw Refusal.badRequest(code: "saml.form", where: "The form is malformed.")
        }
        return ["SAMLRequest", "SAMLResponse", ArtifactBinding.parameter, "RelayState"].compactMap { name in
            parameters[name].map { (name: name, value: $0) }
        }
    }

    private static func artifact(
        _ fields: [(name: String, value: String)]
    ) throws -> ArtifactBinding.Incoming? {
        do { return try ArtifactBinding.read(fields) } catch {
            throw Refusal.badRequest(code: "saml.form", where: "The artifact cannot be used: \(error.detail).")
        }
    }
}
