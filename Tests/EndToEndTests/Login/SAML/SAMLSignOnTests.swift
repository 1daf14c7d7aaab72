import Foundation
import Gateway
import HTTPTypes
import Identity
import SAML
import Testing
import Vocabulary

/// People who sign in to applications that speak SAML, with the gateway as their identity provider (SAML Profiles §4.1).
@Suite("Signing in to applications by SAML", .timeLimit(.minutes(3)))
struct SAMLSignOnTests {
    private typealias Place = MockServiceProvider

    private static let password = AuthnContextClass.passwordProtectedTransport

    @Test("from the application to the login, and back with an assertion that holds in everything")
    func wholeWay() async throws {
        let stage = try await SignOnStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let request = stage.application.request()
            try await web.open(try stage.application.address(request))
            #expect(web.page.contains("name=\"identifier\"") && Place.brought(by: web) == nil)
            #expect(web.page.contains("Sign in to go on to The Wiki."))
            try await OAuthScene.signIn(web)
            let brought = try #require(Place.brought(by: web), "\(web.url) \(web.page.suffix(500))")
            #expect(brought.address == stage.application.consumer && brought.relayState == "a state")
            #expect(web.contentSecurityPolicy.contains("form-action https://wiki.example.net"))
            // The assertion is encrypted to the application's key, and the response signed around it.
            #expect(brought.text.contains("EncryptedAssertion") && !brought.text.contains("NameID"))
            let assertion = try stage.application.verify(brought, to: request.header.id, signature: .response)
            #expect(assertion.issuer == Place.gateway && assertion.authnContextClass == Self.password)
            #expect(assertion.nameID?.format == NameIDFormat.transient && assertion.sessionIndex != nil)
            #expect(assertion.sessionNotOnOrAfter != nil)
            // The second time nobody is asked anything, and the name is another one.
            let again = stage.application.request()
            let second = try #require(try await stage.walk(web, try stage.application.address(again)))
            let other = try stage.application.verify(second, to: again.header.id)
            #expect(other.nameID?.value != assertion.nameID?.value && other.sessionIndex == assertion.sessionIndex)
            #expect(other.id != assertion.id)
        }
    }

    @Test("by a form too, from another site and so without cookies; signed where the application signs")
    func posted() async throws {
        let stage = try await SignOnStage.open(metadata: { $0.signsRequests = true })
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let request = stage.application.request()
            let form = try stage.application.form(request)
            try await web.sendElsewhere(form.body, to: form.address)
            try await OAuthScene.signIn(web)
            let brought = try #require(Place.brought(by: web), "\(web.url) \(web.page.suffix(500))")
            _ = try stage.application.verify(brought, to: request.header.id)
            // Signed in already: the form of another site brings no cookie, and the browser is sent for it.
            let second = stage.application.request()
            let again = try stage.application.form(second)
            try await web.sendElsewhere(again.body, to: again.address)
            _ = try stage.application.verify(try #require(Place.brought(by: web)), to: second.header.id)
            // What it says it signs has to be signed.
            try await web.open(try stage.application.address(stage.application.request()))
            #expect(web.status == 400 && web.page.contains("unsigned"), "\(web.page.suffix(400))")
            let signed = stage.application.request()
            let redirected = try await stage.walk(web, try stage.application.address(signed, isSigned: true))
            _ = try stage.application.verify(try #require(redirected), to: signed.header.id)
        }
    }

    @Test("whoever may not be seen gets an answer all the same, which says why there is nobody")
    func passive() async throws {
        let stage = try await SignOnStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            var request = stage.application.request()
            request.isPassive = true
            let nobody = try #require(try await stage.walk(web, try stage.application.address(request)))
            let status = nobody.status
            #expect(status == [Status.Code.responder.rawValue, Status.Detail.noPassive.rawValue])
            #expect(nobody.relayState == "a state" && nobody.text.contains("Signature"))
            _ = try await stage.walk(web, try stage.application.address(stage.application.request()))
            var second = stage.application.request()
            second.isPassive = true
            let brought = try #require(try await stage.walk(web, try stage.application.address(second)))
            _ = try stage.application.verify(brought, to: second.header.id)
        }
    }

    @Test("who has to prove it anew does, and the moment says so")
    func forced() async throws {
        let stage = try await SignOnStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let first = stage.application.request()
            let before = try stage.application.verify(
                try #require(try await stage.walk(web, try stage.application.address(first))), to: first.header.id)
            var request = stage.application.request()
            request.forcesAuthn = true
            try await web.open(try stage.application.address(request))
            #expect(web.page.contains("name=\"password\"") && Place.brought(by: web) == nil)
            try await OAuthScene.signIn(web)
            let brought = try #require(Place.brought(by: web), "\(web.url) \(web.page.suffix(300))")
            let assertion = try stage.application.verify(brought, to: request.header.id)
            #expect(assertion.authnInstant >= before.authnInstant)
        }
    }

    @Test("a way to sign in that there is none of here is refused by its code, and one that is stronger is asked for")
    func contexts() async throws {
        let stage = try await SignOnStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            var request = stage.application.request()
            request.authnContext = RequestedAuthnContext([AuthnContextClass.kerberos])
            let refused = try #require(try await stage.walk(web, try stage.application.address(request)))
            let status = refused.status
            #expect(status == [Status.Code.responder.rawValue, Status.Detail.noAuthnContext.rawValue])
            request = stage.application.request()
            request.authnContext = RequestedAuthnContext([Self.password])
            let brought = try #require(try await stage.walk(web, try stage.application.address(request)))
            let assertion = try stage.application.verify(brought, to: request.header.id)
            #expect(assertion.authnContextClass == Self.password)
            request = stage.application.request()
            request.authnContext = RequestedAuthnContext([AuthnContextClass.multiFactor])
            try await web.open(try stage.application.address(request))
            #expect(Place.brought(by: web) == nil && web.url.contains("/login"), "\(web.url)")
        }
    }

    @Test("a persistent name is the same each time, another one for another person, and never theirs elsewhere")
    func persistentNames() async throws {
        let stage = try await SignOnStage.open(["ada", "bob"], "name_id_format: persistent")
        try await stage.running.serve { api in
            var names: [String: Set<String>] = [:]
            for login in ["ada", "bob", "ada"] {
                let web = WebPerson(api.client)
                let request = stage.application.request()
                let brought = try #require(
                    try await stage.walk(web, try stage.application.address(request), as: login))
                let name = try #require(try stage.application.verify(brought, to: request.header.id).nameID)
                #expect(name.format == NameIDFormat.persistent && name.nameQualifier == Place.gateway)
                #expect(name.spNameQualifier == stage.application.entityID)
                names[login, default: []].insert(name.value)
            }
            #expect(names["ada"]?.count == 1 && names["bob"]?.count == 1 && names["ada"] != names["bob"])
        }
    }

    @Test("an application is told the attributes that are its own, and nothing else that is known")
    func attributes() async throws {
        let stage = try await SignOnStage.open(["ada"], "attributes: [mail, uid]")
        try await stage.running.serve { api in
            let request = stage.application.request()
            let brought = try #require(
                try await stage.walk(WebPerson(api.client), try stage.application.address(request)))
            let told = try stage.application.verify(brought, to: request.header.id).attributes
            #expect(
                Dictionary(uniqueKeysWithValues: told.map { ($0.name, SAMLAttribute($0).values) }) == [
                    "urn:oid:0.9.2342.19200300.100.1.3": ["ada@example.org"],
                    "urn:oid:0.9.2342.19200300.100.1.1": ["ada"],
                ])
        }
    }

    @Test("where the application wants an artifact it gets one, and fetches the answer for it once")
    func artifacts() async throws {
        let stage = try await SignOnStage.open(metadata: { role in
            role.assertionConsumers.append(IndexedEndpoint(.artifact, "https://wiki.example.net/artifact", index: 1))
        })
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            web.halt = "https://wiki.example.net/"
            var request = stage.application.request()
            request.consumer = .index(1)
            try await web.open(try stage.application.address(request))
            try await OAuthScene.signIn(web)
            let location = try #require(web.location, "\(web.url) \(web.page.suffix(400))")
            #expect(location.hasPrefix("https://wiki.example.net/artifact?SAMLart=") && Place.brought(by: web) == nil)
        }
    }

    @Test("an address is a name where that is settled, and there has to be one")
    func addresses() async throws {
        let stage = try await SignOnStage.open(["ada"], "name_id_format: emailAddress")
        try await stage.running.serve { api in
            let request = stage.application.request()
            let web = WebPerson(api.client)
            let brought = try #require(try await stage.walk(web, try stage.application.address(request)))
            let name = try #require(try stage.application.verify(brought, to: request.header.id).nameID)
            #expect(name.value == "ada@example.org" && name.format == NameIDFormat.emailAddress)
            // Somebody who has no address gets no name, and the application an error.
            try await OAuthScene.addPeople(["carl"], to: stage.running, hasMail: false)
            let second = stage.application.request()
            let stranger = WebPerson(api.client)
            let refused = try #require(
                try await stage.walk(stranger, try stage.application.address(second), as: "carl"))
            let status = refused.status
            #expect(status == [Status.Code.responder.rawValue, Status.Detail.unknownPrincipal.rawValue])
        }
    }

    @Test("a rule keeps somebody out: they read why, and the application is told")
    func barred() async throws {
        let stage = try await SignOnStage.open(["ada", "bob"])
        try await stage.running.serve { api in
            try await OAuthScene.govern(
                api,
                [
                    "id": "no-wiki", "effect": "deny", "actions": ["enter"],
                    "resources": ["types": ["saml_application"], "ids": [.string(stage.application.entityID)]],
                ])
            let web = WebPerson(api.client)
            let request = stage.application.request()
            let nothing = try await stage.walk(web, try stage.application.address(request), as: "bob")
            #expect(nothing == nil && web.status == 403, "\(web.page.suffix(500))")
            #expect(web.page.contains("You may not go on to The Wiki") && web.page.contains("Why"))
            let back = try #require(web.link("Back to the application"))
            try await web.open(back)
            let brought = try #require(Place.brought(by: web))
            let status = brought.status
            #expect(status == [Status.Code.responder.rawValue, Status.Detail.requestDenied.rawValue])
            // That was the answer: there is no second one.
            try await web.open(back)
            #expect(web.status == 400)
            // Where nobody is looking, the application alone is told.
            var second = stage.application.request()
            second.isPassive = true
            let silent = try #require(try await stage.walk(web, try stage.application.address(second)))
            #expect(silent.status == status)
        }
    }

    @Test("nobody is sent from here to an application that does not want that, and to others only where they said")
    func started() async throws {
        let closed = try await SignOnStage.open()
        let path = WebPerson.gateway + "/saml/sso/start?application="
        try await closed.running.serve { api in
            let web = WebPerson(api.client)
            try await web.open(path + WebPerson.encoded(closed.application.entityID))
            #expect(web.status == 400 && web.page.contains("without its request"))
        }
        let open = try await SignOnStage.open(
            ["ada"], "allow_unsolicited: true, start_targets: [\"https://wiki.example.net/home\"]")
        try await open.running.serve { api in
            let web = WebPerson(api.client)
            let address = path + WebPerson.encoded(open.application.entityID)
            let brought = try #require(try await open.walk(web, address))
            #expect(brought.relayState == nil)
            _ = try open.application.verify(brought, to: nil)
            let target = "&target=" + WebPerson.encoded("https://wiki.example.net/home")
            let second = try #require(try await open.walk(web, address + target))
            #expect(second.relayState == "https://wiki.example.net/home")
            try await web.open(address + "&target=" + WebPerson.encoded("https://evil.example/"))
            #expect(web.status == 400)
        }
    }

    @Test("an application is told of nobody whose session has ended meanwhile, and a request works in its own browser")
    func browsers() async throws {
        let stage = try await SignOnStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.request(.get, try stage.application.address(stage.application.request()))
            let login = try #require(web.location)
            let handle = try #require(login.range(of: "gh_ar_[A-Za-z0-9_-]+", options: .regularExpression))
            let stranger = WebPerson(api.client)
            try await stranger.open(WebPerson.gateway + "/account")
            try await OAuthScene.signIn(stranger)
            try await stranger.open(WebPerson.gateway + "/saml/sso/continue?request=" + login[handle])
            #expect(stranger.status == 400 && Place.brought(by: stranger) == nil)
        }
    }
}
