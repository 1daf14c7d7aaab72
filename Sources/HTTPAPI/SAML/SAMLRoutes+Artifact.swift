import Gateway
import HTTPTypes
import Hummingbird
import NIOCore
import SAML
import Vocabulary

/// Where applications fetch responses by their artifacts (SAML Profiles §5), by SOAP over HTTP (Bindings §3.2.3).
extension SAMLRoutes {
    func resolve(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try login.call(request, context)
        guard request.headers[.contentType].map(MediaType.essence) == SOAPEnvelope.mediaType else {
            throw Refusal.unsupportedMediaType(expected: SOAPEnvelope.mediaType)
        }
        let limit = XMLLimits.message.bytes
        let body: [UInt8]
        do {
            body = Array(try await request.body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw Refusal.bodyTooLarge(limit: limit)
        }
        let answer = try await gateway.samlArtifacts.answer(body, in: call.tenant.id)
        if answer.isFault { context.refusal.blame(peerFor: "saml.artifact") }
        // Bindings §3.2.3.2: nothing of it is to be kept on the way.
        return Response(
            status: answer.isFault ? .internalServerError : .ok,
            headers: [
                .contentType: SOAPEnvelope.mediaType + "; charset=utf-8", .cacheControl: "no-cache, no-store",
            ], body: .init(byteBuffer: ByteBuffer(bytes: answer.document)))
    }
}
