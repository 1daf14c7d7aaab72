import Fetch
import Fixtures
import Foundation
import Gateway
import SAML
import Synchronization
import Testing
import Vocabulary

/// An RSA key with its certificate, in PEM.
struct MockKeyPair: Sendable {
    let key: String
    let certificate: String

    static func make() async throws -> MockKeyPair {
        let node = try await CertificateTree().selfSigned("/CN=saml", key: "RSA:2048")
        return MockKeyPair(key: try node.key(), certificate: try node.pem())
    }

    /// For everything, as metadata have it.
    var published: MetadataKey {
        get throws {
            let certificate = try #require(try SAMLVerificationKey(pem: certificate).certificate)
            return try #require(MetadataKey(certificate: certificate))
        }
    }

    var signing: SAMLSigningKey { get throws { try SAMLSigningKey(pem: key, certificate: certificate) } }
}

/// An identity provider that people are sent to, which lies where it is told to. The test asks it in the browser's place.
final class MockIdentityProvider: Sendable {
    /// What is wrong with its answers; nothing at first.
    struct Lies: Sendable {
        var assertion: (@Sendable (inout Assertion) -> Void)?
        var header: (@Sendable (inout MessageHeader) -> Void)?
        /// The whole message before it is encoded.
        var message: (@Sendable ([UInt8]) -> [UInt8])?
        var signer: SAMLSigningKey?
        var parts: [SAMLSignatures.Part] = [.child(.assertion)]
        var isUnsigned = false
        var relayState: String?
        var encryptsFor: SAMLVerificationKey?
        var status = Status.success
    }

    /// What a browser brings: an address and the fields of a form.
    struct Posted: Sendable {
        let address: String
        let fields: [(name: String, value: String)]

        var body: String {
            fields.map { "\(WebPerson.encoded($0.name))=\(WebPerson.encoded($0.value))" }.joined(separator: "&")
        }
    }

    let entityID: String
    private let keys: MockKeyPair
    private let state = Mutex(State())

    private struct State {
        var lies = Lies()
        var name = NameID("ada-1", format: NameIDFormat.persistent)
        var attributes: [SAMLAttribute] = MockIdentityProvider.ada
        var serial = 0
        var metadataKey: SAMLSigningKey?
        var asked: [String] = []
        var binding = Binding.redirect
        var artifacts: [IndexedEndpoint] = []
        var singleLogout: [Endpoint] = []
    }

    static let ada: [SAMLAttribute] = [
        SAMLAttribute("urn:oid:0.9.2342.19200300.100.1.1", values: ["ada"]),
        SAMLAttribute("urn:oid:0.9.2342.19200300.100.1.3", values: ["ada@corp.example"]),
        SAMLAttribute("urn:oid:2.16.840.1.113730.3.1.241", values: ["Ada Lovelace"]),
        SAMLAttribute("urn:oid:1.3.6.1.4.1.5923.1.5.1.1", values: ["keepers"]),
    ]

    init(entityID: String = "https://idp.example/saml", keys: MockKeyPair) {
        (self.entityID, self.keys) = (entityID, keys)
    }

    var lies: Lies {
        get { state.withLock { $0.lies } }
        set { state.withLock { $0.lies = newValue } }
    }
    var name: NameID {
        get { state.withLock { $0.name } }
        set { state.withLock { $0.name = newValue } }
    }
    var attributes: [SAMLAttribute] {
        get { state.withLock { $0.attributes } }
        set { state.withLock { $0.attributes = newValue } }
    }
    /// How it wants to be asked.
    var binding: Binding {
        get { state.withLock { $0.binding } }
        set { state.withLock { $0.binding = newValue } }
    }

    /// Where its artifacts are resolved.
    var artifacts: [IndexedEndpoint] {
        get { state.withLock { $0.artifacts } }
        set { state.withLock { $0.artifacts = newValue } }
    }
    /// Where it hears of sign-outs; nowhere at first.
    var singleLogout: [Endpoint] {
        get { state.withLock { $0.singleLogout } }
        set { state.withLock { $0.singleLogout = newValue } }
    }
    /// The session that it said last.
    var newestIndex: String { "_session-\(state.withLock { $0.serial })" }

    // MARK: Metadata

    func metadata(
        keys certificates: [String]? = nil, wantsSigned: Bool = false, validFor seconds: Int64 = 86_400,
        signedWith signer: SAMLSigningKey? = nil
    ) throws -> [UInt8] {
        var entity = EntityDescriptor(entityID: entityID)
        var role = IdentityProviderDescriptor()
        role.wantsSignedRequests = wantsSigned
        role.singleSignOn = [Endpoint(binding, "https://idp.example/sso")]
        role.role.artifactResolution = artifacts
        role.role.singleLogout = singleLogout
        role.role.keys = try (certificates ?? [keys.certificate]).map {
            let certificate = try #require(try SAMLVerificationKey(pem: $0).certificate)
            return try #require(MetadataKey(certificate: certificate, use: singleLogout.isEmpty ? .signing : nil))
        }
        entity.identityProviders = [role]
        let end = Int64(Date().timeIntervalSince1970) + seconds
        let element = try entity.element(id: "_metadata", validUntil: end)
        return try signer.map { try SAMLSignatures.sign(element, with: $0) } ?? XMLWriter.bytes(of: element)
    }

    func metadataText() throws -> String { String(decoding: try metadata(), as: UTF8.self) }

    // MARK: In the browser

    /// A request as it came by redirection.
    struct Asked {
        let request: AuthnRequest
        let relayState: String?
        let query: SignedQuery
    }

    /// What was asked, read as anybody would read it.
    func read(_ address: String) throws -> Asked {
        let query = address.split(separator: "?", maxSplits: 1).last.map(String.init) ?? ""
        let incoming = try RedirectBinding.read(query: query)
        return Asked(
            request: try AuthnRequest(reading: try XMLReader.parse(incoming.message)),
            relayState: incoming.relayState?.text, query: incoming.query)
    }

    /// The answer to a request for the person of the moment, as the browser posts it.
    func answer(_ address: String, at now: Timestamp = SystemClock.now()) throws -> Posted {
        let asked = try read(address)
        return try answer(to: asked.request, asked.relayState, at: now)
    }

    /// An answer that nobody asked for.
    func unsolicited(
        _ relayState: String? = nil, to entity: String = "https://gate.example.org/saml/metadata",
        at now: Timestamp = SystemClock.now()
    ) throws -> Posted {
        var request = AuthnRequest(MessageHeader(id: "_none", issueInstant: now.seconds, issuer: entity))
        request.consumer = .endpoint(url: "https://gate.example.org/saml/acs", binding: nil)
        let before = lies
        defer { lies = before }
        lies.header = {
            $0.inResponseTo = nil
            before.header?(&$0)
        }
        lies.assertion = {
            $0.confirmation.inResponseTo = nil
            before.assertion?(&$0)
        }
        return try answer(to: request, relayState, at: now)
    }

    func answer(to request: AuthnRequest, _ relayState: String?, at now: Timestamp = SystemClock.now()) throws -> Posted
    {
        guard case .endpoint(let url?, _) = request.consumer else { throw Fault("test", .ourselves, "no consumer") }
        let lies = lies
        var header = MessageHeader(
            id: "_response-\(UUID().uuidString)", issueInstant: now.seconds, issuer: entityID, destination: url,
            inResponseTo: request.header.id)
        lies.header?(&header)
        let inner = lies.status.code == .success ? try assertion(request, url, now, lies) : nil
        let message = ResponseMessage(header, status: lies.status)
        let signer = try lies.signer ?? keys.signing
        var element = try message.element(containing: inner)
        var bytes: [UInt8]
        if let key = lies.encryptsFor, let inner {
            // Signed within, then encrypted.
            let signed = try SAMLSignatures.sign(inner, with: signer)
            element = try message.element(containing: SAMLEncryption.encrypt(signed, as: .assertion, for: key))
            bytes = try XMLWriter.bytes(of: element)
        } else if lies.isUnsigned {
            bytes = try XMLWriter.bytes(of: element)
        } else {
            bytes = try SAMLSignatures.sign(element, parts: inner == nil ? [.root] : lies.parts, with: signer)
        }
        if let lie = lies.message { bytes = lie(bytes) }
        let form = PostBinding.Form(
            bytes, kind: .response, relayState: (lies.relayState ?? relayState).flatMap(RelayState.init), at: url)
        return Posted(address: form.address, fields: form.fields.map { ($0.name, $0.value) })
    }

    private func assertion(
        _ request: AuthnRequest, _ url: String, _ now: Timestamp, _ lies: Lies
    ) throws -> XMLElement {
        let serial = state.withLock { state in
            state.serial += 1
            return state.serial
        }
        var assertion = Assertion(
            id: "_assertion-\(serial)-\(UUID().uuidString)", issueInstant: now.seconds, issuer: entityID, subject: name,
            confirmation: .init(recipient: url, notOnOrAfter: now.seconds + 300, inResponseTo: request.header.id),
            conditions: .init(
                notBefore: now.seconds - 5, notOnOrAfter: now.seconds + 300, audiences: [request.header.issuer]),
            authn: .init(
                instant: now.seconds, sessionIndex: "_session-\(serial)",
                contextClass: AuthnContextClass.passwordProtectedTransport), attributes: attributes)
        lies.assertion?(&assertion)
        return try assertion.element()
    }
}

extension XMLName {
    /// The assertion within a response.
    static let assertion = XMLName(XMLNamespace.assertion, "Assertion")
}
