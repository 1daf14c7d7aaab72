import Foundation
import Gateway
import HTTPTypes
import Identity
import SAML
import Testing
import Vocabulary

// Identity Provider Discovery Service Protocol and Profile: who cannot say which provider is theirs chooses it elsewhere.
@Suite("A discovery service says which identity provider is somebody's", .timeLimit(.minutes(2)))
struct SAMLDiscoveryTests {
    private static func open() async throws -> SAMLStage {
        try await SAMLStage.open(extra: "saml: { discovery_url: \"https://discovery.example/choose?x=1\" }")
    }

    /// Goes to the discovery service, and gives where it is told to send the browser back to.
    private static func leave(_ web: WebPerson, _ path: String) async throws -> String {
        try await web.open(WebPerson.gateway + path)
        let link = try #require(web.page.firstMatch(of: /href="([^"]*\/saml\/discover\?flow=[^"]+)"/)?.output.1)
        try await web.request(
            .get, WebPerson.gateway + link.replacing("&amp;", with: "&").replacing("&#x3D;", with: "="))
        let address = try #require(web.location)
        #expect(address.hasPrefix("https://discovery.example/choose?x=1&entityID="), "\(address)")
        let items = URLComponents(string: address)?.queryItems ?? []
        #expect(items.first { $0.name == "entityID" }?.value == "https://gate.example.org/saml/metadata")
        return try #require(items.first { $0.name == "return" }?.value)
    }

    @Test("who chose a provider is sent there, and gets to the page they wanted")
    func chosen() async throws {
        let stage = try await Self.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let back = try await Self.leave(web, "/login?return=%2Faccount%3Ftab%3Ddevices")
            #expect(back.hasPrefix("https://gate.example.org/saml/discovery?flow="))
            try await web.request(.get, back + "&entityID=" + WebPerson.encoded(stage.idp.entityID))
            let address = try #require(web.location)
            #expect(address.hasPrefix("https://idp.example/sso?SAMLRequest="), "\(web.status) \(web.page.suffix(300))")
            try await web.post(try stage.idp.answer(address))
            #expect(web.url.hasSuffix("/account?tab=devices") && web.status == 200, "\(web.url)")
        }
    }

    @Test("a name that is not known is refused, none leads back, and another browser's choice goes nowhere")
    func refused() async throws {
        let stage = try await Self.open()
        try await stage.running.serve { api in
            let (web, thief) = (WebPerson(api.client), WebPerson(api.client))
            let back = try await Self.leave(web, "/login")
            for bad in ["&entityID=https%3A%2F%2Fevil.example", "&entityID=a&entityID=b"] {
                try await web.request(.get, back + bad)
                #expect(web.status == 400, "\(bad)")
            }
            try await web.request(.get, back)
            #expect(web.location?.hasPrefix("/login?flow=") == true)
            let choice = "&entityID=" + WebPerson.encoded(stage.idp.entityID)
            try await thief.request(.get, back + choice)
            #expect(thief.location == nil)
            // Without a login of this browser's the choice begins one.
            try await thief.request(.get, WebPerson.gateway + "/saml/discovery?x=1" + choice)
            #expect(thief.location == "/login?provider=corp")
        }
    }

    @Test("the place to come back to is published, and without a service nobody is sent to one")
    func metadata() async throws {
        let stage = try await SAMLStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.request(.get, WebPerson.gateway + "/saml/metadata")
            let document = try MetadataDocument(reading: try XMLReader.parse(Array(web.page.utf8), limits: .metadata))
            let role = try #require(document["https://gate.example.org/saml/metadata"]?.serviceProviders.first)
            #expect(role.discoveryResponses.map(\.endpoint.location) == ["https://gate.example.org/saml/discovery"])
            try await web.open(WebPerson.gateway + "/login")
            #expect(!web.page.contains("/saml/discover"))
            try await web.request(.get, WebPerson.gateway + "/saml/discover?flow=x")
            #expect(web.status == 404)
        }
    }
}
