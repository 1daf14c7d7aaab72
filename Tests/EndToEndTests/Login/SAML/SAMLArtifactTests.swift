import Fetch
import Foundation
import Gateway
import HTTPTypes
import Identity
import SAML
import Testing
import Vocabulary

// Profiles §4.1.4.5: the browser brings an artifact, and the gateway fetches the response where it was issued.
@Suite("People sign in at a SAML identity provider by artifact", .timeLimit(.minutes(3)))
struct SAMLArtifactTests {
    /// A gateway that asks for artifacts, and the place that resolves them.
    private struct Scene {
        let stage: SAMLStage
        let artifacts: MockArtifacts
        let own: MockKeyPair

        static func open(_ settings: String = "answer_binding: artifact") async throws -> Scene {
            let (keys, own) = (try await MockKeyPair.make(), try await MockKeyPair.make())
            let idp = MockIdentityProvider(keys: keys)
            idp.artifacts = [
                IndexedEndpoint(.soap, "https://idp.example/elsewhere", index: 0, isDefault: true),
                IndexedEndpoint(.soap, MockArtifacts.place, index: 3),
            ]
            let artifacts = MockArtifacts(of: idp, keys: keys)
            let stage = try await SAMLStage.open(settings, own: own, idp: idp, fetch: { try await artifacts.fetch($0) })
            return Scene(stage: stage, artifacts: artifacts, own: own)
        }

        /// Signs in up to the address with the artifact.
        func arrive(_ web: WebPerson) async throws -> String {
            try artifacts.offer(try stage.idp.answer(try await web.depart(to: "corp")))
        }

        func newestReason(_ api: TestAPI) async throws -> String? {
            let events = try await api.send(.get, "/api/v1/audit/events?type=login.refused&limit=200")
            let newest = events.body?["items"]?.list?.max {
                $0["position"]?.integer ?? 0 < $1["position"]?.integer ?? 0
            }
            guard case .string(let reason)? = newest?["facts"]?["upstream_reason"] else { return nil }
            return reason
        }
    }

    @Test("the gateway asks once, signed, at the place of the artifact's index, and believes what was signed there")
    func signIn() async throws {
        let scene = try await Scene.open()
        let (stage, artifacts) = (scene.stage, scene.artifacts)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let address = try await web.depart(to: "corp")
            let asked = try stage.idp.read(address)
            #expect(
                asked.request.consumer
                    == .endpoint(url: "https://gate.example.org/saml/acs", binding: Binding.artifact.rawValue))
            try await web.open(try artifacts.offer(try stage.idp.answer(address)))
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
            let question = try #require(artifacts.asked.first)
            #expect(artifacts.asked.count == 1 && question.url == MockArtifacts.place)
            #expect(question.headers.contains { $0.name == "SOAPAction" && $0.value == SOAPEnvelope.action })
            let seen = try SOAPMessage(question.body).examined(
                as: .artifactResolve, keys: [try SAMLVerificationKey(pem: scene.own.certificate)])
            let resolve = try ArtifactResolve(reading: seen.message)
            #expect(seen.signature == .verified && resolve.header.destination == MockArtifacts.place)
            #expect(resolve.header.issuer == "https://gate.example.org/saml/metadata")
        }
    }

    @Test("an artifact comes by a form as well, and what is signed around the response vouches for it")
    func byForm() async throws {
        let scene = try await Scene.open()
        let (stage, artifacts) = (scene.stage, scene.artifacts)
        stage.idp.lies.isUnsigned = true
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let address = try await scene.arrive(web)
            let parts = address.split(separator: "?", maxSplits: 1).map(String.init)
            try await web.sendElsewhere(parts[1], to: parts[0])
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
            // Unsigned inside and around it proves nothing.
            artifacts.lies.isUnsigned = true
            let other = WebPerson(api.client)
            try await other.open(try await scene.arrive(other))
            let reason = try await scene.newestReason(api)
            #expect(!other.isAtAccount && reason == "saml.sig_missing")
        }
    }

    /// A lie of the place that resolves, and the journal's word for it.
    struct Lie: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reason: String
        let asks: Int
        let tell: @Sendable (inout MockArtifacts.Lies) -> Void

        init(
            _ name: String, _ reason: String, asks: Int = 1,
            _ tell: @escaping @Sendable (inout MockArtifacts.Lies) -> Void
        ) {
            (testDescription, self.reason, self.asks, self.tell) = (name, reason, asks, tell)
        }
    }

    static let lies: [Lie] = [
        Lie("an artifact of somebody else", "saml.artifact_issuer", asks: 0) { $0.issuer = "https://other.example" },
        Lie("an index that the metadata do not have", "saml.artifact_index", asks: 0) { $0.index = 4 },
        Lie("an artifact that stands for nothing", "saml.artifact") { $0.isEmpty = true },
        Lie("an answer to another question", "saml.inresponseto") { $0.header = { $0.inResponseTo = "_other" } },
        Lie("an answer to no question", "saml.inresponseto") { $0.header = { $0.inResponseTo = nil } },
        Lie("an answer of another issuer", "saml.issuer") { $0.header = { $0.issuer = "https://other.example" } },
        Lie("a refusal", "saml.status") { $0.status = Status(.requester, .requestDenied) },
        Lie("a redirection", "saml.artifact_status") { $0.httpStatus = 302 },
        Lie("an error", "saml.artifact_status") { $0.httpStatus = 500 },
        Lie("a document type", "saml.xml_dtd") { $0.envelope = { "<!DOCTYPE r>" + $0 } },
        Lie("another name put in", "saml.sig_invalid") { $0.envelope = { $0.replacing(">ada-1<", with: ">eve-1<") } },
        Lie("two bodies", "saml.soap") {
            $0.envelope = { $0.replacing("</soap11:Envelope>", with: "<soap11:Body/></soap11:Envelope>") }
        },
        Lie("no envelope", "saml.xml_malformed") { $0.envelope = { _ in "hello" } },
    ]

    @Test("what is not right in everything signs nobody in, and says why")
    func attacks() async throws {
        let scene = try await Scene.open()
        let (stage, artifacts) = (scene.stage, scene.artifacts)
        try await stage.running.serve { api in
            for (number, lie) in Self.lies.enumerated() {
                artifacts.lies = MockArtifacts.Lies()
                lie.tell(&artifacts.lies)
                let web = WebPerson(api.client)
                web.address = "198.51.100.\(number + 1)"
                let before = artifacts.asked.count
                try await web.open(try await scene.arrive(web))
                let reason = try await scene.newestReason(api)
                #expect(!web.isAtAccount && stage.sessions == 0, "\(lie.testDescription)")
                #expect(reason == lie.reason, "\(lie.testDescription)")
                #expect(artifacts.asked.count - before == lie.asks, "\(lie.testDescription)")
            }
            artifacts.lies = MockArtifacts.Lies()
            artifacts.lies.signer = try await MockKeyPair.make().signing
            let web = WebPerson(api.client)
            try await web.open(try await scene.arrive(web))
            #expect(!web.isAtAccount && stage.sessions == 0)
        }
    }

    @Test("an artifact works once, in the browser that asked, and what is none is not looked up")
    func replay() async throws {
        let scene = try await Scene.open()
        let (stage, artifacts) = (scene.stage, scene.artifacts)
        try await stage.running.serve { api in
            let (web, thief) = (WebPerson(api.client), WebPerson(api.client))
            let address = try await scene.arrive(web)
            _ = try await thief.depart(to: "corp")
            try await thief.open(address)
            #expect(!thief.isAtAccount && stage.sessions == 0 && artifacts.asked.isEmpty)
            let state = try #require(address.split(separator: "RelayState=").last)
            try await web.open(WebPerson.gateway + "/login/callback/corp?state=" + state)
            #expect(web.isAtAccount && stage.sessions == 1, "\(web.status) \(web.page.suffix(300))")
            try await web.open(address)
            #expect(stage.sessions == 1 && artifacts.asked.count == 1)
            for query in ["SAMLart=AAQ", "SAMLart=x&RelayState=\(state)", "RelayState=\(state)", ""] {
                try await thief.request(.get, WebPerson.gateway + "/saml/acs?" + query)
                #expect(thief.status == 400, "\(query)")
            }
            #expect(artifacts.asked.count == 1)
        }
    }

    @Test("whoever asked for one binding is not answered by another")
    func otherBinding() async throws {
        let scene = try await Scene.open()
        try await scene.stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.post(try scene.stage.idp.answer(try await web.depart(to: "corp")))
            let reason = try await scene.newestReason(api)
            #expect(!web.isAtAccount && reason == "saml.other_binding")
        }
        let posting = try await Scene.open("")
        try await posting.stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.open(try await posting.arrive(web))
            let reason = try await posting.newestReason(api)
            #expect(!web.isAtAccount && reason == "saml.other_binding" && posting.artifacts.asked.isEmpty)
        }
    }
}
