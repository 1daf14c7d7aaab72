import Foundation
import Gateway
import HTTPTypes
import Identity
import SAML
import Testing
import Vocabulary

/// Requests that are not right in everything: nobody is signed in anywhere by them, and no browser is sent to a place that
/// is not the application's own.
@Suite("No SAML request that is not right in everything sends anybody anywhere", .timeLimit(.minutes(3)))
struct SAMLSignOnAttackTests {
    private typealias Place = MockServiceProvider

    /// What is wrong, how the browser brings it, and the code on the page.
    private struct Lie: Sendable, CustomTestStringConvertible {
        let name: String
        let code: String
        let change: @Sendable (inout AuthnRequest) -> Void
        var testDescription: String { name }

        init(_ name: String, _ code: String, _ change: @escaping @Sendable (inout AuthnRequest) -> Void) {
            (self.name, self.code, self.change) = (name, code, change)
        }
    }

    private static let lies: [Lie] = [
        Lie("an application that nobody registered", "issuer") { $0.header.issuer = "https://nobody.example/saml" },
        Lie("the name of one with another case", "issuer") { $0.header.issuer = "https://WIKI.example.net/saml" },
        Lie("the gateway's own name", "issuer") { $0.header.issuer = Place.gateway },
        Lie("an answer to somewhere else", "consumer") {
            $0.consumer = .endpoint(url: "https://evil.example/acs", binding: nil)
        },
        Lie("an answer to a place below the right one", "consumer") {
            $0.consumer = .endpoint(url: "https://wiki.example.net/acs/../evil", binding: nil)
        },
        Lie("an answer to the right place in another case", "consumer") {
            $0.consumer = .endpoint(url: "https://wiki.example.net/ACS", binding: nil)
        },
        Lie("an answer to the right place with a query", "consumer") {
            $0.consumer = .endpoint(url: "https://wiki.example.net/acs?next=https://evil.example", binding: nil)
        },
        Lie("an index that there is none of", "consumer") { $0.consumer = .index(7) },
        Lie("an answer by a way that it does not have", "consumer") {
            $0.consumer = .endpoint(url: nil, binding: Binding.artifact.rawValue)
        },
        Lie("a request to somebody else", "destination") { $0.header.destination = "https://other.example/sso" },
        Lie("a request of yesterday", "stale") { $0.header.issueInstant -= 86_400 },
        Lie("a request of tomorrow", "stale") { $0.header.issueInstant += 86_400 },
    ]

    private actor Shared {
        private var opened: Task<SignOnStage, any Error>?

        func stage() async throws -> SignOnStage {
            let task = opened ?? Task { try await SignOnStage.open() }
            opened = task
            return try await task.value
        }
    }

    private static let shared = Shared()

    @Test(arguments: lies)
    private func nobodyIsSentAnywhere(_ lie: Lie) async throws {
        let stage = try await Self.shared.stage()
        try await stage.running.visit { api in
            let web = WebPerson(api.client)
            // Somebody is signed in, so that nothing but the request is in the way.
            try await web.open(WebPerson.gateway + "/account")
            try await OAuthScene.signIn(web)
            for isPosted in [false, true] {
                var request = stage.application.request()
                lie.change(&request)
                if isPosted {
                    let form = try stage.application.form(request)
                    try await web.sendElsewhere(form.body, to: form.address)
                } else {
                    try await web.open(try stage.application.address(request, isSigned: true))
                }
                #expect(web.status == 400 && web.location == nil, "\(web.status) \(web.page.suffix(300))")
                #expect(Place.brought(by: web) == nil)
                #expect(web.page.contains(">\(lie.code)<"), "\(web.page.suffix(600))")
                #expect(!web.page.contains("evil.example"))
            }
        }
    }

    @Test("a signature that is there has to hold, whoever demands it")
    func signatures() async throws {
        let stage = try await Self.shared.stage()
        let stranger = try await MockKeyPair.make()
        try await stage.running.visit { api in
            let web = WebPerson(api.client)
            let address = try stage.application.address(
                stage.application.request(), signer: try stranger.signing)
            try await web.open(address)
            #expect(web.status == 400 && web.page.contains(">unsigned<"), "\(web.page.suffix(600))")
            let signed = try stage.application.address(stage.application.request(), isSigned: true)
            try await web.open(signed.replacing("RelayState=a", with: "RelayState=b"))
            #expect(web.status == 400)
            try await web.open(signed + "&SAMLRequest=AAAA")
            #expect(web.status == 400 && web.page.contains(">binding<"))
            try await web.open(signed + "&SAMLResponse=AAAA")
            #expect(web.status == 400 && web.page.contains(">binding<"))
            var form = try stage.application.form(stage.application.request())
            let document = String(decoding: Data(base64Encoded: form.fields[0].value) ?? Data(), as: UTF8.self)
            let changed = document.replacing("Destination=", with: "ForceAuthn=\"true\" Destination=")
            form = MockIdentityProvider.Posted(
                address: form.address,
                fields: [(form.fields[0].name, Data(changed.utf8).base64EncodedString())])
            try await web.sendElsewhere(form.body, to: form.address)
            #expect(web.status == 400 && web.page.contains(">unsigned<"), "\(web.page.suffix(600))")
        }
    }

    @Test("what is no request at all is told of, and nothing is believed of it")
    func garbage() async throws {
        let stage = try await Self.shared.stage()
        let bomb = "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"
        try await stage.running.visit { api in
            let web = WebPerson(api.client)
            for query in [
                "", "SAMLRequest=", "SAMLRequest=%%%", "SAMLRequest=AAAA", "RelayState=x", "SAMLResponse=AAAA",
            ] {
                try await web.open(Place.signOn + "?" + query)
                #expect(web.status == 400 && web.location == nil, "\(query)")
            }
            for document in [bomb, "<a/>", "", String(repeating: "<a>", count: 100), "\u{0}"] {
                let body = "SAMLRequest=" + WebPerson.encoded(Data(document.utf8).base64EncodedString())
                try await web.sendElsewhere(body, to: Place.signOn)
                #expect(web.status == 400 && web.location == nil, "\(document.prefix(40))")
            }
        }
    }

    @Test("what people are called cannot write markup into what is signed, nor into the page around it")
    func markup() async throws {
        let stage = try await SignOnStage.open([], "name_id_format: emailAddress, name_id_from: name")
        let caller = try TestGateway.operatorCaller(stage.gateway, tenant: "default")
        var edit = PersonEdit()
        edit.login = "mallory"
        let name = "admin@example.org<!-- --><saml:Attribute Name=\"x\">&amp;]]>\"'"
        edit.displayName = name
        let made = try await stage.gateway.people.create(edit, by: caller)
        _ = try await stage.gateway.credentials.setPassword(
            SecretText(OAuthScene.password), of: made.id, mustChange: false, by: caller)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let request = stage.application.request()
            let brought = try #require(
                try await stage.walk(
                    web, try stage.application.address(request, relayState: "\"><script>alert(1)</script>"),
                    as: "mallory"))
            #expect(!web.page.contains("<script>alert"))
            let assertion = try stage.application.verify(brought, to: request.header.id)
            #expect(assertion.nameID?.value == name)
            #expect(assertion.attributes.allSatisfy { $0.name != "x" })
        }
    }

    @Test("another tenant's application is nobody here")
    func tenants() async throws {
        let stage = try await SignOnStage.open(tenants: ["default", "other"])
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            var request = stage.application.request()
            request.header.destination = "https://gate.example.org/t/other/saml/sso"
            let address = try stage.application.address(request)
            try await web.open(address.replacing(".org/saml/sso", with: ".org/t/other/saml/sso"))
            #expect(web.status == 400 && web.page.contains(">issuer<"), "\(web.status) \(web.page.suffix(300))")
        }
    }
}
