import Gateway
import HTTPTypes
import HummingbirdTesting
import Identity
import NIOCore
import SAML
import Testing
import Vocabulary

/// What people, logs and the journal are told of messages that are not taken.
@Suite("A SAML message that is refused is told as what it is", .timeLimit(.minutes(2)))
struct SAMLRefusalTests {
    private static func events(_ type: String, _ api: TestAPI) async throws -> [AttributeValue] {
        let events = try await api.send(.get, "/api/v1/audit/events?type=\(type)&limit=200")
        return (events.body?["items"]?.list ?? []).sorted {
            $0["position"]?.integer ?? 0 < $1["position"]?.integer ?? 0
        }
    }

    private static func word(_ event: AttributeValue?, _ fact: String) -> String? {
        if case .string(let word)? = event?["facts"]?[fact] { word } else { nil }
    }

    // SDP-SP12.
    @Test(
        "whoever is not told of enough to be known reads what was missing and whom to tell, and nothing that was said")
    func tooLittle() async throws {
        let stage = try await SAMLStage.open()
        stage.idp.name = NameID("secret-transient", format: NameIDFormat.transient)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.idp)
            #expect(stage.sessions == 0 && web.status == 200)
            #expect(web.page.contains("Corporate did not tell us who you are"), "\(web.page.suffix(800))")
            for said in [
                "saml.subject", stage.idp.entityID, "https://gate.example.org/saml/metadata",
                SubjectIdentifier.pairwiseID, SubjectIdentifier.subjectID, NameIDFormat.persistent,
            ] { #expect(web.page.contains(said.replacing("/", with: "&#x2F;")) || web.page.contains(said), "\(said)") }
            for secret in ["secret-transient", "ada@corp", "Lovelace", "keepers"] {
                #expect(!web.page.contains(secret), "\(secret)")
            }
            let refused = try await Self.events("login.refused", api).last
            #expect(Self.word(refused, "upstream_reason") == "saml.subject")
            // The login is still there, to be gone on with in another way.
            try await web.open(try #require(web.link("Sign in another way")))
            #expect(web.page.contains("name=\"identifier\""), "\(web.status) \(web.page.suffix(400))")
        }
    }

    // IIP-ALG08.
    @Test("what is forbidden is neither believed nor made, in both roles")
    func forbidden() async throws {
        let stage = try await SAMLBetweenStage.open(
            saml: "forbidden_algorithms: [\"\(Algorithm.rsaSHA256)\", \"\(Algorithm.aes256GCM)\"]")
        try await OAuthScene.addPeople(["ada"], to: stage.between.running)
        try await stage.between.running.serve { api in
            let web = WebPerson(api.client)
            web.halt = "https://idp.example/"
            let address = try await web.depart(to: "corp")
            #expect(try stage.between.idp.read(address).query.algorithm == Algorithm.rsaSHA384)
            // The identity provider signs by what is forbidden.
            try await web.post(try stage.between.idp.answer(address))
            #expect(stage.between.sessions == 0)
            let refused = try await Self.events("login.refused", api).last
            #expect(Self.word(refused, "upstream_reason") == "saml.sig_alg")
            // So does the application.
            let request = stage.application.request()
            try await web.request(.get, try stage.application.address(request, isSigned: true))
            #expect(web.status == 400 && web.page.contains("signature_algorithm"), "\(web.page.suffix(600))")
            let message = try await Self.events("saml.message_refused", api).last
            #expect(Self.word(message, "reason") == "saml.signature_algorithm")
            #expect(Self.word(message, "message") == "authn_request")
            // Unsigned it is answered, by what is left.
            let person = WebPerson(api.client)
            try await person.open(try stage.application.address(request))
            try await OAuthScene.signIn(person)
            let brought = try #require(MockServiceProvider.brought(by: person), "\(person.page.suffix(400))")
            _ = try stage.application.verify(brought, to: request.header.id)
            #expect(brought.text.contains(Algorithm.rsaSHA384) && !brought.text.contains("\"\(Algorithm.rsaSHA256)\""))
            #expect(brought.text.contains(Algorithm.aes128GCM))
            try await person.request(.get, WebPerson.gateway + "/saml/metadata")
            #expect(person.page.contains(Algorithm.rsaSHA512) && person.page.contains(Algorithm.aes128GCM))
            #expect(!person.page.contains("SigningMethod Algorithm=\"\(Algorithm.rsaSHA256)\""))
            #expect(!person.page.contains(Algorithm.aes256GCM))
        }
    }

    @Test(
        "messages that are not believed are in the journal, once a minute for one source, with nothing that they said")
    func journal() async throws {
        let stage = try await SAMLBetweenStage.open()
        try await stage.between.running.serve { api in
            let web = WebPerson(api.client)
            for _ in 0..<3 { try await web.request(.get, WebPerson.gateway + "/saml/slo?SAMLRequest=c2VjcmV0") }
            #expect(web.status == 400)
            let noted = try await Self.events("saml.message_refused", api)
            #expect(noted.count == 1 && Self.word(noted.first, "message") == "logout")
            #expect(Self.word(noted.first, "reason")?.hasPrefix("saml.") == true, "\(noted)")
            #expect(!"\(noted)".contains("c2VjcmV0"))
            // Another source is another matter, and so is another kind of failure of the same one.
            web.address = "192.0.2.99"
            let other = MockServiceProvider(
                entityID: "https://nobody.example/", keys: stage.application.keys, trusted: "")
            try await web.request(.get, try other.address(other.request()))
            let all = try await Self.events("saml.message_refused", api)
            #expect(all.count == 2 && Self.word(all.last, "reason") == "saml.issuer")
            // By SOAP too; the fault goes with 500, as SOAP has it.
            let body = ByteBuffer(string: "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"/>")
            let status = try await api.client.execute(
                uri: "/saml/soap/logout", method: .post, headers: [.contentType: "text/xml"], body: body
            ) { $0.status }
            #expect(status == .internalServerError)
            let third = try await Self.events("saml.message_refused", api)
            #expect(third.count == 3, "\(third.count)")
        }
    }
}
