import Foundation
import Testing

@testable import SAML

@Suite(
    "What others think of our messages",
    .enabled(if: SAMLJudge.isThere, "SKIPPED: without JUDGE_PYTHON there is no python3-saml or pysaml2 to judge"))
struct OutsideOpinionTests {
    private static func base64(_ element: XMLElement) throws -> String {
        SAMLBase64.encode(try XMLWriter.bytes(of: element))
    }

    @Test("Everything that is written is what the schemas of OASIS say")
    func schemas() throws {
        let header = Federation.header(Federation.provider, Federation.consumer)
        let plan = try AnswerPlanTests.plan(ServiceProviderPolicy(signsAssertion: true, encryption: .never))
        let logout = LogoutRequest(
            header, subject: NameID("n", format: NameIDFormat.persistent, nameQualifier: "q"),
            sessionIndexes: ["a", "b"],
            notOnOrAfter: Federation.now, reason: .admin, isAsynchronous: true)
        let inner = Federation.header(Federation.provider, Federation.consumer, id: "_inner")
        let response = LogoutResponse(inner, status: Status(.success, .partialLogout, message: "m"))
        var documents = try [
            MessageTests.fullRequest.element(), logout.element(), response.element(),
            ResponseMessage(header, status: Status(.responder, .noPassive)).element(),
            ArtifactResolve(header, artifact: "AAQ").element(),
            ArtifactResponse(header, status: .success, message: response.element()).element(),
            OwnMetadataTests.own().element(id: "_m", validUntil: Federation.now, cacheDuration: 60),
        ].map(Self.base64)
        documents += [
            SAMLBase64.encode(try plan.document(signingWith: TestKey.provider.signing)),
            SAMLBase64.encode(try AnswerPlanTests.plan().document(signingWith: TestKey.provider.signing)),
            SAMLBase64.encode(
                try SAMLSignatures.sign(
                    OwnMetadataTests.own().element(id: "_m", validUntil: Federation.now), with: TestKey.stranger.signing
                )),
        ]
        let judged = try SAMLJudge.ask(["task": "valid", "documents": documents])
        #expect(judged.ok && judged.said as? Int == 10, "\(judged.said)")
        // The judge can say no.
        let wrong = try Self.base64(Markup.element(.samlp("Response"), ["ID": "_1"]))
        #expect(try !SAMLJudge.ask(["task": "valid", "documents": [wrong]]).ok)
    }

    @Test(
        "python3-saml signs in by every answer of ours that it can, and by none that was meant for another",
        arguments: 0..<6)
    func python3SAML(index: Int) throws {
        let now = Int64(Date().timeIntervalSince1970)
        let policy = AnswerDocumentTests.policies[index]
        let peer = try Federation.serviceProvider()
        let request = try AnswerPlanTests.request(peer)
        func bytes() throws -> [UInt8] {
            var content = AnswerPlanTests.content
            (content.authn.instant, content.sessionNotOnOrAfter) = (now, now + 600)
            return try Federation.issuing.answer(
                request, with: content, peer: peer, policy: policy, key: .rsa(bits: 2_048),
                ids: AnswerIDs(response: "_resp", assertion: "_assert"), now: now
            ).document(signingWith: TestKey.provider.signing)
        }
        var task = try SAMLJudge.scene
        task["task"] = "response"
        task["request"] = "_r1"
        task["response"] = SAMLBase64.encode(try bytes())
        let judged = try SAMLJudge.ask(task)
        #expect(judged.ok, "\(judged.said)")
        let said = judged.said as? [String: Any]
        #expect(
            said?["name"] as? String == AnswerPlanTests.content.nameID?.value && said?["session"] as? String == "s-1")
        let attributes = said?["attributes"] as? [String: [String]]
        #expect(attributes?["urn:oid:0.9.2342.19200300.100.1.3"] == ["ada@example.org", "<&\">"])
        task["request"] = "_other"
        #expect(try !SAMLJudge.ask(task).ok)
        task["request"] = "_r1"
        task["service"] = "https://other.example"
        #expect(try !SAMLJudge.ask(task).ok)
    }

    @Test("Requests of pysaml2's and python3-saml's are read as they were meant")
    func theirs() throws {
        var task = try SAMLJudge.scene
        task["task"] = "requests"
        let made = try #require(try SAMLJudge.ask(task).said as? [String: String])
        let first = try AuthnRequest(reading: XMLReader.parse(Array((made["python3_saml"] ?? "").utf8)))
        #expect(
            first.forcesAuthn && first.header.issuer == Federation.service
                && first.header.destination == Federation.signOn)
        #expect(first.consumer == .endpoint(url: Federation.consumer, binding: Binding.post.rawValue))
        let second = try AuthnRequest(reading: XMLReader.parse(Array((made["pysaml2"] ?? "").utf8)))
        #expect(second.isPassive && second.authnContext == RequestedAuthnContext(["urn:a"], comparison: .minimum))
        #expect(second.nameIDPolicy == NameIDPolicy(format: NameIDFormat.persistent, allowsCreation: true))
        #expect(second.scoping == Scoping(proxyCount: 3, identityProviders: ["urn:i"], requesters: ["urn:r"]))
        let third = try LogoutRequest(reading: XMLReader.parse(Array((made["pysaml2_logout"] ?? "").utf8)))
        #expect(third.sessionIndexes == ["s1", "s2"] && third.subject.spNameQualifier == "q")
    }

    @Test("pysaml2 reads in ours what we meant")
    func ours() throws {
        let logout = LogoutRequest(
            Federation.header(Federation.service), subject: NameID("n & m"), sessionIndexes: ["a", "b"])
        let judged = try SAMLJudge.ask([
            "task": "reads", "authn_request": Self.base64(MessageTests.fullRequest.element()),
            "logout_request": Self.base64(logout.element()),
            "metadata": Self.base64(OwnMetadataTests.own().element(id: "_m", validUntil: Federation.now)),
        ])
        let said = try #require(judged.said as? [String: Any], "\(judged.said)")
        #expect(said["consumer"] as? String == Federation.consumer + "?a=1&b=<2>" && said["force"] as? String == "true")
        #expect(said["classes"] as? [String] == ["urn:a", "urn:b"] && said["sessions"] as? [String] == ["a", "b"])
        #expect(said["name"] as? String == "n & m" && said["entity"] as? String == "https://gate.example/saml")
        #expect(said["keys"] as? Int == 3)
    }
}
