import Fixtures
import Foundation
import Gateway
import SAML
import Testing
import Vocabulary

/// An application that speaks SAML: it asks as it is told to, and holds what a browser brings to everything it has to be.
struct MockServiceProvider: Sendable {
    static let gateway = "https://gate.example.org/saml/metadata"
    static let signOn = "https://gate.example.org/saml/sso"

    let entityID: String
    let keys: MockKeyPair
    /// The gateway's certificate.
    let trusted: String
    var consumer: String { "https://wiki.example.net/acs" }

    init(entityID: String = "https://wiki.example.net/saml", keys: MockKeyPair, trusted: String) {
        (self.entityID, self.keys, self.trusted) = (entityID, keys, trusted)
    }

    /// Its metadata, with a key to sign and to encrypt to.
    func metadata(_ change: (inout ServiceProviderDescriptor) -> Void = { _ in }) throws -> String {
        var entity = EntityDescriptor(entityID: entityID)
        var role = ServiceProviderDescriptor()
        role.assertionConsumers = [IndexedEndpoint(.post, consumer, index: 0, isDefault: true)]
        let certificate = try #require(try SAMLVerificationKey(pem: keys.certificate).certificate)
        role.role.keys = [try #require(MetadataKey(certificate: certificate))]
        change(&role)
        entity.serviceProviders = [role]
        return String(
            decoding: try XMLWriter.bytes(of: try entity.element(id: "_metadata", validUntil: 4_000_000_000)),
            as: UTF8.self)
    }

    // MARK: Asking

    /// A request as it stands, to be changed.
    func request(at now: Timestamp = SystemClock.now()) -> AuthnRequest {
        AuthnRequest(
            MessageHeader(
                id: "_request-\(UUID().uuidString)", issueInstant: now.seconds, issuer: entityID,
                destination: Self.signOn))
    }

    /// The address that it sends a browser to.
    func address(
        _ request: AuthnRequest, isSigned: Bool = false, relayState: String? = "a state", signer: SAMLSigningKey? = nil
    ) throws -> String {
        let algorithm = isSigned || signer != nil ? SAMLSignatureAlgorithm.rsaSHA256 : nil
        let outgoing = RedirectBinding.Outgoing(
            try XMLWriter.bytes(of: try request.element()), kind: .request,
            relayState: relayState.flatMap(RelayState.init),
            signatureAlgorithm: algorithm?.rawValue)
        let key = try algorithm.map { _ in try signer ?? keys.signing }
        let signature = try key.map { try $0.signature(over: Array(outgoing.octets.utf8), algorithm) }
        return try outgoing.address(at: Self.signOn, signature: signature)
    }

    /// The form that it has a browser post.
    func form(
        _ request: AuthnRequest, isSigned: Bool = true, relayState: String? = "a state"
    ) throws -> MockIdentityProvider.Posted {
        let element = try request.element()
        let bytes =
            try isSigned ? SAMLSignatures.sign(element, with: try keys.signing) : XMLWriter.bytes(of: element)
        let form = PostBinding.Form(
            bytes, kind: .request, relayState: relayState.flatMap(RelayState.init), at: Self.signOn)
        return MockIdentityProvider.Posted(address: form.address, fields: form.fields.map { ($0.name, $0.value) })
    }

    // MARK: What a browser brings

    /// What a page has the browser post.
    struct Brought: Sendable {
        let address: String
        let relayState: String?
        let response: String

        /// The document.
        var text: String { String(decoding: Data(base64Encoded: response) ?? Data(), as: UTF8.self) }

        /// What became of the request, by the words of the protocol, from the first level on.
        var status: [String] {
            text.matches(of: /<(?:[a-z0-9]+:)?StatusCode Value="([^"]*)"/).map { String($0.output.1) }
        }
    }

    /// The answer in a page that posts itself; nil for another page.
    static func brought(by web: WebPerson) -> Brought? {
        guard let form = HTMLForm.all(in: web.page).first(where: { $0.fields["SAMLResponse"] != nil }) else {
            return nil
        }
        return Brought(
            address: form.action, relayState: form.fields["RelayState"], response: form.fields["SAMLResponse"] ?? "")
    }

    /// What the answer proves of somebody, held to everything that it has to be.
    ///
    /// - Parameter request: the ID of the request; nil for an answer that nobody asked for.
    func verify(
        _ brought: Brought, to request: String?, at now: Timestamp = SystemClock.now(),
        signature: ResponseExpectation.SignatureRequirement = .either
    ) throws -> VerifiedAssertion {
        let expectation = ResponseExpectation(
            issuer: Self.gateway, keys: [try SAMLVerificationKey(pem: trusted)], audience: entityID,
            recipient: consumer, request: request.map { .answers($0) } ?? .unsolicited, signature: signature,
            decryptionKeys: [try SAMLDecryptionKey(pem: keys.key)], now: SAMLTime(seconds: now.seconds))
        return try UnverifiedResponse(base64: brought.response).verified(by: expectation)
    }
}
