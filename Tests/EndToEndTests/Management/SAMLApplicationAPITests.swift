import Fetch
import Gateway
import HTTPTypes
import SAML
import Synchronization
import Testing
import Vocabulary

@Suite("Applications that speak SAML, by the API", .timeLimit(.minutes(3)))
struct SAMLApplicationAPITests {
    private static let place = "/api/v1/saml/applications"

    static func metadata(
        _ entityID: String = "https://app.example.org/saml", acs: String = "https://app.example.org/acs",
        more: String = ""
    ) -> String {
        """
        <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="\(entityID)"\(more)>\
        <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">\
        <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="\(acs)" index="0"/>\
        </md:SPSSODescriptor></md:EntityDescriptor>
        """
    }

    private static let saml = """
        saml:
          scope: example.org
          release: [ { name: usual, to: everyone, attributes: [uid, mail] } ]
        """

    @Test("one is added, shown, changed upon its version, switched off and on, and taken away")
    func life() async throws {
        let running = try await TestGateway.open(extra: Self.saml)
        try await running.serve { api in
            let body: AttributeValue = [
                "metadata_xml": .string(Self.metadata()), "title": "The app", "attributes": ["displayName"],
            ]
            let made = try await api.send(.post, Self.place, body)
            #expect(made.status == 201 && made.body?["entity_id"] == "https://app.example.org/saml", "\(made.text)")
            #expect(made.body?["peer"]?["usable"] == true)
            #expect(made.body?["peer"]?["consumers"]?.list?.first?["location"] == "https://app.example.org/acs")
            #expect(made.body?["connect"]?["sso_url"] == "https://gate.example.org/saml/sso")
            #expect(made.body?["connect"]?["certificate"] == nil, "there is no key")
            #expect(try await api.send(.post, Self.place, body).status == 409)
            let path = Self.place + "/" + (made.body?["id"]?.string ?? "")
            #expect(made.headers[.location] == path)
            let whole = try await api.send(.get, Self.place + "/https%3A%2F%2Fapp.example.org%2Fsaml")
            #expect(whole.body?["title"] == "The app")
            let change: AttributeValue = ["encryption": "never", "title": .null, "name_id_format": "persistent"]
            #expect(try await api.send(.patch, path, change).status == 428)
            let changed = try await api.send(.patch, path, change, headers: [.ifMatch: "\"v1\""])
            #expect(changed.status == 200 && changed.body?["title"] == "https://app.example.org/saml")
            #expect(changed.body?["settings"]?["encryption"] == "never")
            #expect(changed.body?["settings"]?["name_id_format"]?.string == NameIDFormat.persistent)
            #expect(changed.body?["settings"]?["attributes"] == ["displayName"], "what is absent stays")
            #expect(try await api.send(.patch, path, change, headers: [.ifMatch: "\"v1\""]).status == 412)
            #expect(try await api.send(.post, path + "/disable").status == 204)
            #expect(try await api.send(.get, path).body?["disabled"] == true)
            #expect(try await api.send(.post, path + "/enable").status == 204)
            #expect(try await api.send(.get, Self.place).body?["items"]?.list?.count == 1)
            #expect(try await api.send(.delete, path).status == 204)
            #expect(try await api.send(.get, path).status == 404)
        }
    }

    @Test("what leaves doubt is refused, and says why")
    func refused() async throws {
        let running = try await TestGateway.open(extra: Self.saml)
        try await running.serve { api in
            let one = AttributeValue.string(Self.metadata())
            let bodies: [(AttributeValue, String)] = [
                ([:], "metadata"), (["metadata_xml": "<a/>"], "EntityDescriptor"),
                (["metadata_xml": one, "metadata_url": "https://app.example.org/"], "One of"),
                (["metadata_xml": one, "metadata_keys": ["x"]], "metadata_keys"),
                (["metadata_xml": one, "encryption": "sometimes"], "encryption"),
                (["metadata_xml": one, "attributes": ["shoe_size"]], "shoe_size"),
                (["metadata_xml": one, "name_id_from": "shoe_size"], "name_id_from"),
                (["metadata_xml": one, "entity_id": "https://other.example.org"], "other.example.org"),
                (["metadata_url": "http://app.example.org/"], "metadata_url"),
                (["metadata_query_url": "https://mdq.example.org/"], "entity_id"),
                (["metadata_url": "https://app.example.org/", "metadata_keys": ["no key"]], "key"),
            ]
            for (body, word) in bodies {
                let answer = try await api.send(.post, Self.place, body)
                #expect((400..<500).contains(answer.status) || answer.status == 502, "\(body)")
                #expect(answer.text.contains(word), "\(word): \(answer.text)")
            }
            #expect(try await api.send(.get, Self.place).body?["items"] == [])
        }
    }

    @Test("a preview says what would be told, why, and who may not enter; nobody sees it without reading people")
    func previews() async throws {
        let running = try await TestGateway.open(extra: Self.saml)
        try await running.serve { api in
            _ = try await api.send(.post, "/api/v1/people", ["login": "ada", "mail": "ada@example.org"])
            let made = try await api.send(.post, Self.place, ["metadata_xml": .string(Self.metadata())])
            let path = Self.place + "/" + (made.body?["id"]?.string ?? "") + "/preview"
            let shown = try await api.send(.get, path + "?person=ada")
            #expect(shown.status == 200 && shown.body?["may_enter"] == true, "\(shown.text)")
            #expect(shown.body?["name_id_format"]?.string == NameIDFormat.transient)
            let told = Dictionary(
                uniqueKeysWithValues: (shown.body?["attributes"]?.list ?? []).map { ($0["name"]?.string ?? "", $0) })
            #expect(told["uid"]?["values"] == ["ada"] && told["uid"]?["released_by"] == ["usual"])
            #expect(told["eduPersonPrincipalName"]?["values"] == [] && told["eduPersonPrincipalName"]?["withheld"] == 1)
            try await OAuthScene.govern(
                api,
                [
                    "id": "closed", "effect": "deny", "actions": ["enter"],
                    "resources": ["types": ["saml_application"], "ids": ["https://app.example.org/saml"]],
                ])
            let denied = try await api.send(.get, path + "?person=ada")
            #expect(denied.body?["may_enter"] == false && denied.body?["reasons"] != [], "\(denied.text)")
            #expect(try await api.send(.get, path).status == 400)
            #expect(try await api.send(.get, path + "?person=nobody").status == 404)
        }
    }

    @Test(
        "what stands at an address is fetched; older metadata do not come back, new keys are taken when an administrator says so"
    )
    func fetched() async throws {
        let address = "https://meta.example.org/app"
        let document = Mutex(Self.metadata(more: " validUntil=\"2099-01-01T00:00:00Z\""))
        let clock = MovedClock()
        let running = try await TestGateway.open(
            extra: Self.saml, clock: clock.now,
            fetch: { request in
                guard request.url == address else { throw Fault("fetch.unresolved", .peer, "Nobody is there.") }
                return FetchResponse(status: 200, headers: [], body: Array(document.withLock { $0 }.utf8))
            })
        try await running.serve { api in
            let nobody = try await api.send(.post, Self.place, ["metadata_url": "https://nobody.example.org/"])
            #expect(nobody.status >= 400)
            let made = try await api.send(.post, Self.place, ["metadata_url": .string(address)])
            #expect(made.status == 201, "\(made.text)")
            let path = Self.place + "/" + (made.body?["id"]?.string ?? "")
            func consumer() async throws -> AttributeValue? {
                let shown = try await api.send(.get, path)
                return shown.body?["peer"]?["consumers"]?.list?.first?["location"]
            }
            let first = try await consumer()
            #expect(first == "https://app.example.org/acs")
            // Somebody else's address in the same place, which only the connection vouches for; and an older document.
            for other in [
                Self.metadata(acs: "https://evil.example.org/acs", more: " validUntil=\"2099-06-01T00:00:00Z\""),
                Self.metadata(more: " validUntil=\"2098-01-01T00:00:00Z\""),
            ] {
                document.withLock { $0 = other }
                clock.advance(.days(2))
                _ = try await consumer()
                try await Task.sleep(for: .milliseconds(200))
                let peer = try await api.send(.get, path).body?["peer"]
                #expect(peer?["consumers"]?.list?.first?["location"] == "https://app.example.org/acs")
                #expect(peer?["valid_until"]?.string?.hasPrefix("2099-01-01") == true)
            }
            document.withLock {
                $0 = Self.metadata(acs: "https://app.example.org/new", more: " validUntil=\"2099-06-01T00:00:00Z\"")
            }
            let change = try await api.send(
                .patch, path, ["metadata_url": .string(address)], headers: [.ifMatch: "\"v1\""])
            #expect(change.status == 200, "\(change.text)")
            #expect(try await consumer() == "https://app.example.org/new")
            // Nobody takes its name at its own address.
            document.withLock { $0 = Self.metadata("https://evil.example.org/saml") }
            let taken = try await api.send(
                .patch, path, ["metadata_url": .string(address)], headers: [.ifMatch: "\"v2\""])
            #expect(taken.status >= 400 && taken.text.contains("https://app.example.org/saml"))
        }
    }

    @Test("a responder is asked for the entity that is named, and its answer about another one is not taken")
    func queried() async throws {
        let running = try await TestGateway.open(
            extra: Self.saml,
            fetch: { request in
                let isAsked = request.url == "https://mdq.example.org/entities/https%3A%2F%2Fapp.example.org%2Fsaml"
                return FetchResponse(
                    status: 200, headers: [],
                    body: Array(
                        Self.metadata(isAsked ? "https://app.example.org/saml" : "https://evil.example.org").utf8))
            })
        try await running.serve { api in
            func add(_ entityID: String) async throws -> Int {
                let body: AttributeValue = [
                    "metadata_query_url": "https://mdq.example.org", "entity_id": .string(entityID),
                ]
                let answer = try await api.send(.post, Self.place, body)
                return answer.status
            }
            let (other, own) = (
                try await add("https://other.example.org/saml"), try await add("https://app.example.org/saml")
            )
            #expect(other >= 400 && own == 201)
        }
    }
}
