import Foundation
import Gateway
import HTTPTypes
import HummingbirdTesting
import Identity
import NIOCore
import Testing
import Vocabulary

@testable import SAML

/// A client that is no browser: it carries what an application asks to the gateway, with somebody's login and password, and
/// takes the answer back.
struct EnhancedClient {
    static let place = "https://gate.example.org/saml/ecp"
    static let consumer = "https://wiki.example.net/ecp"

    let api: TestAPI
    let stage: SignOnStage
    var address = "192.0.2.31"

    /// A gateway that serves such clients, and an application that they can be answered for.
    static func open(
        _ people: [String] = ["ada"], _ settings: String = "", saml: String = "", extra: String = "",
        tenants: [String] = ["default"], providers: String = "{ id: local, type: local, name: Password }",
        files: [String: String] = [:], metadata: (inout ServiceProviderDescriptor) -> Void = { _ in },
        clock: @escaping @Sendable () -> Timestamp = SystemClock.now
    ) async throws -> SignOnStage {
        try await SignOnStage.open(
            people, settings, saml: "ecp: true\n" + saml, extra: extra, tenants: tenants,
            providers: providers, files: files,
            metadata: { role in
                role.assertionConsumers.append(IndexedEndpoint(.paos, consumer, index: 5))
                metadata(&role)
            }, clock: clock)
    }

    /// What the application asks; it does not know whom the client will go to.
    func request() -> AuthnRequest {
        var request = stage.application.request(at: stage.gateway.clock())
        request.header.destination = nil
        return request
    }

    /// The envelope that carries a request.
    func envelope(
        _ request: AuthnRequest, isSigned: Bool = false, signer: SAMLSigningKey? = nil,
        channels: [ChannelBinding] = [], headers: [XMLElement] = []
    ) throws -> String {
        let key = isSigned || signer != nil ? try signer ?? stage.application.keys.signing : nil
        let bytes = try SOAPEnvelope.bytes(
            around: try request.element(), headers: channels.map(\.element) + headers, signedWith: key)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Brings an envelope.
    ///
    /// - Parameter login: nil shows no credentials.
    func bring(
        _ envelope: String, as login: String? = "ada", password: String = OAuthScene.password,
        type: String = "text/xml; charset=utf-8", headers more: HTTPFields = [:], to path: String = "/saml/ecp"
    ) async throws -> Answer {
        var headers: HTTPFields = [.contentType: type]
        headers[HTTPField.Name("X-Forwarded-For")!] = address
        if let login {
            headers[.authorization] = "Basic " + Data("\(login):\(password)".utf8).base64EncodedString()
        }
        for field in more { headers[field.name] = field.value }
        return try await api.client.execute(
            uri: path, method: .post, headers: headers, body: ByteBuffer(string: envelope)
        ) { response in
            Answer(
                status: response.status.code, headers: response.headers,
                bytes: Array(response.body.readableBytesView))
        }
    }

    /// Asks, as the application does, for whoever has this login.
    func ask(
        as login: String? = "ada", password: String = OAuthScene.password, isSigned: Bool = false,
        _ change: (inout AuthnRequest) -> Void = { _ in }
    ) async throws -> Answer {
        var request = request()
        change(&request)
        return try await bring(try envelope(request, isSigned: isSigned), as: login, password: password)
    }

    // MARK: Answers

    struct Answer {
        let status: Int
        let headers: HTTPFields
        let bytes: [UInt8]

        var text: String { String(decoding: bytes, as: UTF8.self) }
        private var root: XMLElement? { try? XMLReader.parse(bytes) }
        /// The header blocks by their names.
        var blocks: [XMLElement] { root?.child(.soap("Header"))?.elements ?? [] }
        private var inside: XMLElement? { root?.child(.soap("Body"))?.elements.first }
        /// The response in it; nil for a fault and what is no envelope.
        var response: XMLElement? { inside?.name == .samlp("Response") ? inside : nil }
        /// What SOAP says is wrong.
        var fault: String? {
            inside?.name == .soap("Fault") ? inside?.child("", "faultstring")?.text : nil
        }
        /// What became of the request, by the words of the protocol, from the first level on.
        var codes: [String] {
            let first = response?.child(.samlp("Status"))?.child(.samlp("StatusCode"))
            return [first, first?.child(.samlp("StatusCode"))].compactMap { $0?.attribute("Value") }
        }
        var isSuccess: Bool { status == 200 && codes == [Status.Code.success.rawValue] }
        func isRefused(_ code: Status.Code, _ detail: Status.Detail) -> Bool {
            status == 200 && codes == [code.rawValue, detail.rawValue]
                && !["Assertion", "EncryptedAssertion"].contains { response?.child(.saml($0)) != nil }
        }
    }

    /// What the answer proves of somebody, held to everything that it has to be.
    func verify(_ answer: Answer, to request: AuthnRequest) throws -> VerifiedAssertion {
        let response = try #require(answer.response, "\(answer.status) \(answer.text)")
        let expectation = ResponseExpectation(
            issuer: MockServiceProvider.gateway, keys: [try SAMLVerificationKey(pem: stage.own.certificate)],
            audience: stage.application.entityID, recipient: Self.consumer, request: .answers(request.header.id),
            decryptionKeys: [try decryption], now: SAMLTime(seconds: stage.gateway.clock().seconds))
        return try UnverifiedResponse(XMLWriter.bytes(of: response)).verified(by: expectation)
    }

    /// The assertion as the application opens it.
    func opened(_ answer: Answer) throws -> XMLElement {
        let sealed = try #require(answer.response?.child(.saml("EncryptedAssertion")), "\(answer.text)")
        return try SAMLEncryption.decrypt(sealed, keys: [try decryption])
    }

    private var decryption: SAMLDecryptionKey { get throws { try SAMLDecryptionKey(pem: stage.application.keys.key) } }
}
