import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

@testable import SAML

/// Clients that are no browsers, with the gateway as the identity provider (SAML V2.0 Enhanced Client or Proxy Profile
/// Version 2.0; Kantara IIP-IDP13 to IIP-IDP16).
@Suite("Enhanced clients sign people in by SAML", .timeLimit(.minutes(3)))
struct SAMLEnhancedClientTests {
    private static let channel = ChannelBinding(kind: "tls-server-end-point", octets: [UInt8](repeating: 9, count: 32))

    @Test("with the application's request and a password, and back with an assertion that holds in everything")
    func wholeWay() async throws {
        let stage = try await EnhancedClient.open()
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            let request = client.request()
            let answer = try await client.bring(try client.envelope(request))
            #expect(answer.isSuccess, "\(answer.status) \(answer.text)")
            #expect(answer.headers[.contentType] == "text/xml; charset=utf-8")
            #expect(answer.headers[.cacheControl]?.contains("no-store") == true && answer.headers[.setCookie] == nil)
            let assertion = try client.verify(answer, to: request)
            #expect(assertion.authnContextClass == AuthnContextClass.passwordProtectedTransport)
            #expect(assertion.nameID?.format == NameIDFormat.transient && assertion.sessionIndex != nil)
            // Where the client has to take it, to the letter; and no word of a signature that there was none of.
            #expect(answer.blocks.map(\.name.local) == ["Response", "GeneratedKey"])
            let block = try #require(answer.blocks.first)
            #expect(block.attribute("AssertionConsumerServiceURL") == EnhancedClient.consumer)
            #expect(block.attribute(XMLName(XMLNamespace.soap11, "mustUnderstand")) == "1")
            #expect(answer.response?.attribute("Destination") == EnhancedClient.consumer)
            #expect(answer.response?.attribute("InResponseTo") == request.header.id)
        }
    }

    @Test("bearer, the random key and the channels: in the header, and in the assertion that nobody else can read")
    func keysAndChannels() async throws {
        let stage = try await EnhancedClient.open()
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            var keys: Set<String> = []
            for _ in 0..<2 {
                var request = client.request()
                request.channels = [Self.channel]
                let answer = try await client.bring(
                    try client.envelope(request, isSigned: true, channels: [Self.channel]))
                #expect(answer.isSuccess, "\(answer.status) \(answer.text)")
                _ = try client.verify(answer, to: request)
                let names = answer.blocks.map(\.name.local)
                #expect(names == ["Response", "RequestAuthenticated", "ChannelBindings", "GeneratedKey"])
                let assertion = try client.opened(answer)
                let advice = try #require(assertion.child(.saml("Advice"))).elements
                #expect(try ChannelBinding.read(among: advice) == [Self.channel])
                #expect(try ChannelBinding.read(among: answer.blocks) == [Self.channel])
                let key = try #require(advice.last).text
                #expect(key == answer.blocks.last?.text && SAMLBase64.decode(key)?.count == 32)
                keys.insert(key)
                let confirmation = assertion.child(.saml("Subject"))?.child(.saml("SubjectConfirmation"))
                #expect(confirmation?.attribute("Method") == "urn:oasis:names:tc:SAML:2.0:cm:bearer")
                let data = confirmation?.child(.saml("SubjectConfirmationData"))
                #expect(data?.attribute("Recipient") == EnhancedClient.consumer)
            }
            #expect(keys.count == 2)
        }
    }

    @Test(
        "metadata say where, and that channels are held; an answer goes to a place for reverse SOAP, by what is asked")
    func places() async throws {
        let stage = try await EnhancedClient.open(metadata: { role in
            role.assertionConsumers.append(IndexedEndpoint(.paos, EnhancedClient.consumer + "/2", index: 7))
        })
        try await stage.running.serve { api in
            let metadata = try await api.send(.get, "/saml/metadata", token: .some(nil)).text
            let entity = try #require(
                try MetadataDocument(reading: XMLReader.parse(Array(metadata.utf8), limits: .metadata))[
                    MockServiceProvider.gateway])
            let place = entity.identityProviders.first?.singleSignOn.first { $0.spoken == .soap }
            #expect(place?.location == EnhancedClient.place && place?.supportsChannelBindings == true)
            let client = EnhancedClient(api: api, stage: stage)
            let second = try await client.ask { $0.consumer = .index(7) }
            #expect(second.isSuccess)
            #expect(
                second.blocks.first?.attribute("AssertionConsumerServiceURL") == EnhancedClient.consumer + "/2")
            let named = try await client.ask(isSigned: true) { request in
                request.header.destination = EnhancedClient.place
                request.consumer = .endpoint(url: EnhancedClient.consumer, binding: Binding.paos.rawValue)
            }
            #expect(
                named.isSuccess
                    && named.blocks.first?.attribute("AssertionConsumerServiceURL") == EnhancedClient.consumer)
        }
        // Where it is not switched on there is no such place.
        let closed = try await SignOnStage.open()
        try await closed.running.serve { api in
            let metadata = try await api.send(.get, "/saml/metadata", token: .some(nil)).text
            #expect(!metadata.contains("/saml/ecp"))
            let client = EnhancedClient(api: api, stage: closed)
            #expect(try await client.ask().status == 404)
        }
    }

    @Test(
        "whoever shows no password or a wrong one is asked for one, in UTF-8, and letters beyond ASCII are as good as any"
    )
    func passwords() async throws {
        let clock = MovedClock()
        let stage = try await EnhancedClient.open(["ada"], clock: clock.now)
        let caller = try TestGateway.operatorCaller(stage.gateway, tenant: "default")
        let ada = try #require(try await stage.person("ada"))
        let secret = "ein längeres: Paßwort für ада"
        _ = try await stage.gateway.credentials.setPassword(
            SecretText(secret), of: ada.id, mustChange: false, by: caller)
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            for answer in [
                try await client.ask(as: nil), try await client.ask(password: "wrong"),
                try await client.ask(as: "nobody", password: "wrong"),
            ] {
                #expect(answer.status == 401 && answer.response == nil, "\(answer.text)")
                #expect(answer.headers[.wwwAuthenticate] == "Basic realm=\"gatehouse\", charset=\"UTF-8\"")
                #expect(answer.headers[.setCookie] == nil && !answer.text.contains("nobody"))
                clock.advance(.seconds(5))
            }
            #expect(try await client.ask(password: secret).isSuccess)
            // A client that may not ask anybody is told that there is nobody.
            let passive = try await client.ask(as: nil) { $0.isPassive = true }
            #expect(passive.isRefused(.responder, .noPassive), "\(passive.text)")
            #expect(try await client.ask(password: secret) { $0.isPassive = true }.isSuccess)
        }
    }

    @Test("the session is a real one that says how it came: it is seen, it is ended, and single logout reaches it")
    func sessions() async throws {
        let stage = try await EnhancedClient.open(["ada"], "name_id_format: persistent")
        try await stage.running.serve { api in
            let client = EnhancedClient(api: api, stage: stage)
            let request = client.request()
            let assertion = try client.verify(try await client.bring(try client.envelope(request)), to: request)
            let session = try #require(try await stage.newestSession(of: "ada"))
            #expect(session.origin == .enhancedClient && session.device == nil && stage.sessions == 1)
            let shown = try await api.send(.get, "/api/v1/sessions").body?["items"]?.list?.first
            #expect(shown?["client"] == "ecp" && shown?["id"] == .string(session.id.description))
            let begun = try await api.send(.get, "/api/v1/audit/events?type=session.started").body?["items"]?.list ?? []
            #expect(begun.count == 1 && begun.first?["facts"]?["client"] == "ecp")
            let entered = try await api.send(.get, "/api/v1/audit/events?type=saml_application.entered").body
            #expect(entered?["items"]?.list?.count == 1)
            // The application ends it, by name and index.
            let logout = LogoutRequest(
                MessageHeader(
                    id: "_logout-1", issueInstant: stage.gateway.clock().seconds,
                    issuer: stage.application.entityID, destination: LogoutPartner.behind),
                subject: try #require(VerifiedSignIn(assertion).nameID),
                sessionIndexes: [try #require(assertion.sessionIndex)],
                notOnOrAfter: stage.gateway.clock().seconds + 300)
            let bytes = try SOAPEnvelope.bytes(
                around: try logout.element(), signedWith: try stage.application.keys.signing)
            let ended = try await client.bring(
                String(decoding: bytes, as: UTF8.self), as: nil, to: "/saml/soap/logout")
            #expect(ended.status == 200 && ended.text.contains(Status.Code.success.rawValue), "\(ended.text)")
            #expect(stage.sessions == 0)
        }
    }

    @Test("clients that sign in for every look make room for one another, and push no browser out")
    func crowd() async throws {
        let clock = MovedClock()
        let stage = try await EnhancedClient.open(clock: clock.now)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.open(WebPerson.gateway + "/account")
            try await OAuthScene.signIn(web)
            let own = try #require(try await stage.newestSession(of: "ada")).id
            let client = EnhancedClient(api: api, stage: stage)
            for _ in 0..<12 {
                clock.advance(.seconds(1))
                #expect(try await client.ask().isSuccess)
            }
            let person = try #require(try await stage.person("ada"))
            let left = stage.gateway.sessions.sessions(of: person.id, in: person.tenant)
            #expect(left.count == 11 && left.contains { $0.id == own })
            #expect(left.filter { $0.origin == .enhancedClient }.count == 10)
        }
    }

    @Test(
        "of several places for passwords the domain says which, else the configuration; without either nobody is asked")
    func providers() async throws {
        // The directory is away, which shows who is asked.
        let away = """
            { id: local, type: local, name: Password }, { id: corp, type: ldap, name: Corporate, domains: [corp.example], \
            servers: ["ldaps://127.0.0.1:9"], connect_timeout: 500ms, bind_dn: "cn=reader", \
            bind_password_file: bind.password, people: { base: "dc=corp,dc=example" } }
            """
        for (settings, isSettled) in [("", false), ("ecp_providers: [elsewhere, local]", true)] {
            let stage = try await EnhancedClient.open(
                saml: settings, providers: away, files: ["bind.password": "no secret"])
            try await stage.running.serve { api in
                let client = EnhancedClient(api: api, stage: stage)
                let answer = try await client.ask()
                #expect(answer.isSuccess == isSettled, "\(answer.text)")
                #expect(isSettled || answer.isRefused(.responder, .authnFailed), "\(answer.text)")
                let claimed = try await client.ask(as: "ada@corp.example")
                #expect(claimed.status == 503 && claimed.headers[.retryAfter] != nil, "\(claimed.text)")
            }
        }
    }
}
