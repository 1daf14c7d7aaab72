import Fetch
import Foundation
import Gateway
import SAML
import Synchronization
import Testing
import Vocabulary

/// The place where an identity provider's artifacts are resolved, which lies where it is told to.
final class MockArtifacts: Sendable {
    static let place = "https://idp.example/saml/artifact"

    /// What is wrong with it; nothing at first.
    struct Lies: Sendable {
        /// Whose artifacts it says they are.
        var issuer: String?
        var index = 3
        var httpStatus = 200
        /// Of the answer around the response.
        var header: (@Sendable (inout MessageHeader) -> Void)?
        var status = Status.success
        var isEmpty = false
        var isUnsigned = false
        var signer: SAMLSigningKey?
        /// The whole envelope before it is sent.
        var envelope: (@Sendable (String) -> String)?
    }

    private struct State {
        var lies = Lies()
        var kept: [String: [UInt8]] = [:]
        var asked: [FetchRequest] = []
    }

    private let keys: MockKeyPair
    private let entityID: String
    private let state = Mutex(State())

    init(of idp: MockIdentityProvider, keys: MockKeyPair) { (entityID, self.keys) = (idp.entityID, keys) }

    var lies: Lies {
        get { state.withLock { $0.lies } }
        set { state.withLock { $0.lies = newValue } }
    }
    /// Every question that came.
    var asked: [FetchRequest] { state.withLock { $0.asked } }

    /// The address that a browser is sent to, in the place of a form with the response in it.
    func offer(_ posted: MockIdentityProvider.Posted) throws -> String {
        let lies = lies
        let text = try #require(posted.fields.first { $0.name == "SAMLResponse" }?.value)
        let response = [UInt8](try #require(Data(base64Encoded: text)))
        let artifact = try #require(
            Artifact(
                issuer: lies.issuer ?? entityID, endpointIndex: lies.index,
                handle: (0..<20).map { _ in UInt8.random(in: 0...255) }))
        state.withLock { $0.kept[artifact.text] = response }
        let relayState = posted.fields.first { $0.name == "RelayState" }.flatMap { RelayState($0.value) }
        return ArtifactBinding.address(artifact, relayState: relayState, at: posted.address)
    }

    /// What the gateway asks.
    func fetch(_ request: FetchRequest) async throws -> FetchResponse {
        state.withLock { $0.asked.append(request) }
        guard request.method == .post, request.url == Self.place else { return FetchResponse(status: 404) }
        let lies = lies
        guard lies.httpStatus == 200 else {
            return FetchResponse(status: lies.httpStatus, headers: [FetchHeader("Location", Self.place + "/2")])
        }
        let message = try XMLReader.parse(request.body)
        let (inner, _) = try SOAPEnvelope.read(message)
        let question = try ArtifactResolve(reading: inner)
        let response = state.withLock { lies.isEmpty ? nil : $0.kept.removeValue(forKey: question.artifact) }
        var header = MessageHeader(
            id: "_answer-\(UUID().uuidString)", issueInstant: SystemClock.now().seconds, issuer: entityID,
            inResponseTo: question.header.id)
        lies.header?(&header)
        let answer = ArtifactResponse(
            header, status: lies.status, message: try response.map { try XMLReader.parse($0) })
        let key = lies.isUnsigned ? nil : try lies.signer ?? keys.signing
        var bytes = try SOAPEnvelope.bytes(around: try answer.element(), signedWith: key)
        if let lie = lies.envelope { bytes = Array(lie(String(decoding: bytes, as: UTF8.self)).utf8) }
        return FetchResponse(status: 200, headers: [FetchHeader("Content-Type", "text/xml")], body: bytes)
    }
}
