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
        let answer = try await gateway.samlArtifacts.answer(try await Self.envelope(request), in: call.tenant.id)
        if answer.isFault { context.refusal.blame(peerFor: "saml.artifact") }
        return Self.response(answer)
    }

    /// Some clients, pysaml2 among them, name the type of SOAP 1.2 for an envelope of 1.1. No form has either, and no script of
    /// another site may send them without asking first, which is never answered.
    private static let envelopeTypes = [SOAPEnvelope.mediaType, "application/soap+xml"]

    /// The envelope in a request, which is one by its type and no longer than a message may be.
    ///
    /// - Throws: `Refusal.unsupportedMediaType`, `.bodyTooLarge`.
    static func envelope(_ request: Request) async throws -> [UInt8] {
        guard let type = request.headers[.contentType].map(MediaType.essence), envelopeTypes.contains(type) else {
            throw Refusal.unsupportedMediaType(expected: SOAPEnvelope.mediaType)
        }
        let limit = XMLLimits.message.bytes
        do {
            return Array(try await request.body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw Refusal.bodyTooLarge(limit: limit)
        }
    }

    /// Bindings §3.2.3.2: nothing of it is to be kept on the way.
    static func response(_ answer: SOAPAnswer) -> Response {
        Response(
            status: answer.isFault ? .internalServerError : .ok,
            headers: [
                .contentType: SOAPEnvelope.mediaType + "; charset=utf-8", .cacheControl: "no-cache, no-store",
            ], body: .init(byteBuffer: ByteBuffer(bytes: answer.document)))
    }
}
