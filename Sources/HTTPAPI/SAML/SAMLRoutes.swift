import Gateway
import HTTPTypes
import Hummingbird
import NIOCore
import OAuth
import SAML
import Vocabulary

/// The gateway as a service provider of SAML 2.0: its metadata, and where identity providers have browsers post their
/// answers; each tenant's at the root or below `/t/{tenant}`.
struct SAMLRoutes: Sendable {
    let gateway: Gateway
    let login: LoginRoutes

    func install(on router: Router<GatewayRequestContext>) {
        for prefix in ["", "/t/{tenant}"] {
            router.get(RouterPath(prefix + "/saml/metadata")) { try await metadata($0, $1) }
            router.post(RouterPath(prefix + "/saml/acs")) { try await consume($0, $1) }
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

    /// The answer that an identity provider has the browser post (SAML Bindings §3.5). It comes from another site, and so
    /// without our cookies, which are Lax: it is kept for the browser that began, which is sent for it with them. What it
    /// proves is proven there; here nothing is believed.
    private func consume(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try login.call(request, context)
        let form = try await Self.form(request)
        guard form.kind == .response, let handle = form.relayState?.text else {
            throw Refusal.badRequest(
                code: "saml.unsolicited", where: "The answer names no sign-in that began here. Begin at the gateway.")
        }
        let kept = OAuth.Parameters([("state", handle), ("SAMLResponse", form.text)])
        guard let key = try await gateway.login.keepPosted(kept, in: call.tenant.id) else {
            throw Refusal.badRequest(
                code: "saml.unknown_request",
                where: "No sign-in waits for this answer: it was answered, or took too long. Begin again.")
        }
        return call.redirect(call.path("/login/callback/\(key)?state=\(ASCII.percentEncode(handle))"))
    }

    /// A form's message as it came; the document in it is looked at later, by whoever began.
    private struct Posted {
        let kind: MessageKind
        let text: String
        let relayState: RelayState?
    }

    private static func form(_ request: Request) async throws -> Posted {
        let fields = try await fields(request)
        do {
            let read = try PostBinding.read(fields)
            let text = fields.first { $0.name == read.kind.rawValue }?.value
            return Posted(kind: read.kind, text: text ?? "", relayState: read.relayState)
        } catch {
            throw Refusal.badRequest(code: "saml.form", where: "The form cannot be used: \(error.detail).")
        }
    }

    /// The fields of the POST binding in a form (SAML Bindings §3.5), which may come from any site.
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
        return ["SAMLRequest", "SAMLResponse", "RelayState"].compactMap { name in
            parameters[name].map { (name: name, value: $0) }
        }
    }
}
