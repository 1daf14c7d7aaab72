import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import SAML
import Testing
import Vocabulary

@testable import Gateway

// SAML Core §3.5: an application fetches the response that is for it, once.
@Suite("Applications fetch responses by artifact", .timeLimit(.minutes(2)))
struct SAMLArtifactServiceTests {
    private static let place = "https://gate.example.org/saml/artifact"
    private static let consumer = "https://app.example/saml/acs?x=1"

    /// A gateway with applications, each with a key of its own.
    private struct Scene {
        let running: TestGateway
        let own: MockKeyPair
        var keys: [String: MockKeyPair] = [:]
        let clock: MovedClock

        static func open() async throws -> Scene {
            let (own, clock) = (try await MockKeyPair.make(), MovedClock())
            let running = try await TestGateway.open(
                extra: "saml: { keys: [ { key_file: saml.key, certificate_file: saml.pem } ] }",
                files: ["saml.key": own.key, "saml.pem": own.certificate], clock: clock.now)
            return Scene(running: running, own: own, clock: clock)
        }

        func application(_ entityID: String) throws -> SAMLApplication {
            let tenant = try #require(running.gateway.tenants.defaultTenant?.id)
            return try #require(running.gateway.samlApplications.application(entityID, in: tenant))
        }

        mutating func register(_ entityID: String, isDisabled: Bool = false) async throws {
            let pair = try await MockKeyPair.make()
            keys[entityID] = pair
            let certificate = try #require(try SAMLVerificationKey(pem: pair.certificate).certificate)
            var role = ServiceProviderDescriptor()
            role.role.keys = [try #require(MetadataKey(certificate: certificate, use: .signing))]
            role.assertionConsumers = [IndexedEndpoint(.artifact, consumer, index: 0)]
            var entity = EntityDescriptor(entityID: entityID)
            entity.serviceProviders = [role]
            let described = entity, now = clock.now()
            running.gateway.samlApplications.put(
                SAMLApplication(
                    id: SAMLApplicationID.random(at: now),
                    tenant: try #require(running.gateway.tenants.defaultTenant?.id),
                    entityID: entityID, settings: SAMLApplicationSettings(metadata: .document("")),
                    isDisabled: isDisabled, managedBy: .api, version: 1, createdAt: now, metadata: { described }))
        }

        /// A signed response of the gateway's, and the artifact that stands for it.
        func keep(for entityID: String, relayState: String? = nil) async throws -> (
            response: XMLElement, artifact: String
        ) {
            let header = MessageHeader(
                id: "_r\(UUID().uuidString)", issueInstant: clock.now().seconds,
                issuer: "https://gate.example.org/saml/metadata", destination: consumer, inResponseTo: "_q")
            let element = try ResponseMessage(header, status: Status(.responder, .noPassive)).element()
            let bytes = try SAMLSignatures.sign(element, with: own.signing)
            let address = try await running.gateway.samlArtifacts.keep(
                bytes, for: try application(entityID), relayState: relayState.flatMap(RelayState.init), at: consumer)
            #expect(address.hasPrefix(consumer + "&SAMLart="))
            let items = URLComponents(string: address)?.queryItems ?? []
            #expect(items.first { $0.name == "RelayState" }?.value == relayState)
            return (try XMLReader.parse(bytes), try #require(items.first { $0.name == "SAMLart" }?.value))
        }

        func question(
            _ artifact: String, of entityID: String, signedBy key: SAMLSigningKey? = nil, isSigned: Bool = true,
            to destination: String? = place, at seconds: Int64? = nil
        ) throws -> String {
            let header = MessageHeader(
                id: "_q1", issueInstant: seconds ?? clock.now().seconds, issuer: entityID, destination: destination)
            let signer = isSigned ? try key ?? keys[entityID]?.signing : nil
            return String(
                decoding: try SOAPEnvelope.bytes(
                    around: try ArtifactResolve(header, artifact: artifact).element(), signedWith: signer),
                as: UTF8.self)
        }
    }

    /// What came back, as the application reads it.
    private struct Answer {
        let status: HTTPResponse.Status
        let response: ArtifactResponse?
        let signature: ArrivalSignature?
    }

    private static func ask(_ api: TestAPI, _ body: String, _ scene: Scene, type: String = "text/xml; charset=utf-8")
        async throws -> Answer
    {
        let key = try SAMLVerificationKey(pem: scene.own.certificate)
        return try await api.client.execute(
            uri: "/saml/artifact", method: .post, headers: [.contentType: type], body: ByteBuffer(string: body)
        ) { answer in
            let bytes = Array(answer.body.readableBytesView)
            guard let root = try? XMLReader.parse(bytes), let message = try? SOAPEnvelope.read(root).message,
                message.name.local == "ArtifactResponse"
            else { return Answer(status: answer.status, response: nil, signature: nil) }
            let isSigned = message.child(XMLNamespace.signature, "Signature") != nil
            let isVerified = (try? SAMLSignatures.verify(XMLWriter.bytes(of: message), keys: [key])) != nil
            return Answer(
                status: answer.status, response: try ArtifactResponse(reading: message),
                signature: isVerified
                    ? .verified : isSigned ? .invalid(SAMLError(.signatureInvalid, "")) : ArrivalSignature.none)
        }
    }

    @Test("the application it is for gets the response, signed as it was, once")
    func resolve() async throws {
        var scene = try await Scene.open()
        try await scene.register("https://app.example/saml")
        let ready = scene
        try await ready.running.serve { api in
            let kept = try await ready.keep(for: "https://app.example/saml", relayState: "a b&c")
            let question = try ready.question(kept.artifact, of: "https://app.example/saml")
            let answer = try await Self.ask(api, question, ready)
            #expect(answer.status == .ok && answer.signature == .verified)
            #expect(answer.response?.header.inResponseTo == "_q1" && answer.response?.message == kept.response)
            let message = try #require(answer.response?.message)
            _ = try SAMLSignatures.verify(
                try XMLWriter.bytes(of: message), keys: [try SAMLVerificationKey(pem: ready.own.certificate)])
            let again = try await Self.ask(api, question, ready)
            #expect(again.response?.status.isWholeSuccess == true && again.response?.message == nil)
            #expect(again.signature == .verified)
        }
    }

    @Test("of fifty who ask at the same time one gets it")
    func race() async throws {
        var scene = try await Scene.open()
        try await scene.register("https://app.example/saml")
        let ready = scene
        try await ready.running.serve { api in
            let kept = try await ready.keep(for: "https://app.example/saml")
            let question = try ready.question(kept.artifact, of: "https://app.example/saml")
            let given = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await Self.ask(api, question, ready).response?.message != nil }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(given == 1)
        }
    }

    @Test("another application's artifact, an old one and one that is none give nothing, and leave the owner's alone")
    func others() async throws {
        var scene = try await Scene.open()
        let (app, other) = ("https://app.example/saml", "https://other.example/saml")
        try await scene.register(app)
        try await scene.register(other)
        let ready = scene
        try await ready.running.serve { api in
            let kept = try await ready.keep(for: app)
            for artifact in [kept.artifact, "AAQAAA==", "x"] {
                let answer = try await Self.ask(api, try ready.question(artifact, of: other), ready)
                #expect(answer.response?.status.isWholeSuccess == true && answer.response?.message == nil)
            }
            // An index that is not ours, and another issuer's.
            let read = try Artifact(reading: kept.artifact)
            for wrong in [
                Artifact(issuer: "https://gate.example.org/saml/metadata", endpointIndex: 1, handle: read.handle),
                Artifact(issuer: "https://gate.example.org/other", endpointIndex: 0, handle: read.handle),
            ] {
                let answer = try await Self.ask(api, try ready.question(try #require(wrong).text, of: app), ready)
                #expect(answer.response?.status.isWholeSuccess == true && answer.response?.message == nil)
            }
            let own = try await Self.ask(api, try ready.question(kept.artifact, of: app), ready)
            #expect(own.response?.message == kept.response)
            for (seconds, isGiven) in [(59, true), (60, false)] as [(Int64, Bool)] {
                let next = try await ready.keep(for: app)
                ready.clock.advance(.seconds(seconds))
                let answer = try await Self.ask(api, try ready.question(next.artifact, of: app), ready)
                #expect((answer.response?.message != nil) == isGiven, "\(seconds)")
            }
        }
    }

    @Test("whoever does not prove to be the application is refused, and uses nothing up")
    func strangers() async throws {
        var scene = try await Scene.open()
        let (app, off) = ("https://app.example/saml", "https://off.example/saml")
        try await scene.register(app)
        try await scene.register(off, isDisabled: true)
        let ready = scene, stranger = try await MockKeyPair.make().signing
        try await ready.running.serve { api in
            let kept = try await ready.keep(for: app)
            let now = ready.clock.now().seconds
            let questions = [
                try ready.question(kept.artifact, of: app, isSigned: false),
                try ready.question(kept.artifact, of: app, signedBy: stranger),
                try ready.question(kept.artifact, of: "https://nobody.example", signedBy: stranger),
                try ready.question(kept.artifact, of: off),
                try ready.question(kept.artifact, of: app, to: "https://gate.example.org/saml/other"),
                try ready.question(kept.artifact, of: app, at: now - 301),
                try ready.question(kept.artifact, of: app, at: now + 301),
                try ready.question(kept.artifact, of: app).replacing(kept.artifact, with: kept.artifact + " "),
            ]
            for question in questions {
                let answer = try await Self.ask(api, question, ready)
                #expect(answer.status == .ok && answer.response?.message == nil, "\(question)")
                #expect(answer.response?.status.detail == .requestDenied && answer.signature == .some(.none))
            }
            for document in ["hello", "<!DOCTYPE x><x/>", "<x/>"] {
                let answer = try await Self.ask(api, document, ready)
                #expect(answer.status == .internalServerError && answer.response == nil)
            }
            #expect(try await Self.ask(api, "x", ready, type: "application/json").status == .unsupportedMediaType)
            let long = String(repeating: " ", count: XMLLimits.message.bytes + 1)
            #expect(try await Self.ask(api, long, ready).status == .contentTooLarge)
            // The type of SOAP 1.2 around an envelope of 1.1, as some send it.
            let own = try await Self.ask(
                api, try ready.question(kept.artifact, of: app), ready, type: "application/soap+xml")
            #expect(own.response?.message == kept.response)
        }
    }

    @Test("a response that no application would read is not kept")
    func limit() async throws {
        var scene = try await Scene.open()
        try await scene.register("https://app.example/saml")
        let ready = scene
        try await ready.running.serve { _ in
            let limit = XMLLimits.message.bytes - SAMLArtifacts.envelopeByteAllowance
            let application = try ready.application("https://app.example/saml")
            _ = try await ready.running.gateway.samlArtifacts.keep(
                [UInt8](repeating: 0x20, count: limit), for: application, relayState: nil, at: Self.consumer)
            await #expect(throws: Fault.self) {
                _ = try await ready.running.gateway.samlArtifacts.keep(
                    [UInt8](repeating: 0x20, count: limit + 1), for: application, relayState: nil, at: Self.consumer)
            }
        }
    }
}
