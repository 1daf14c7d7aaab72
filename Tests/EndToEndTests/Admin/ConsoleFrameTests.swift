import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// S3-33, S4-79: who is let into the console, what it offers them, and what stands between them and a change.
@Suite("The console's frame")
struct ConsoleFrameTests {
    @Test("an administrator sees people, providers, sessions and the journal")
    func overview() async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local)
        try await running.serve { api in
            let adele = try await ConsolePerson.signIn("adele", running.gateway, api)
            try await adele.open("")
            #expect(adele.status == 200)
            for words in ["Providers", "Directory jobs", "People signed in", "Newest journal entries", "adele"] {
                #expect(adele.page.contains(words), "\(words)")
            }
            #expect(adele.page.contains("login.succeeded"))
            for place in ["/people", "/sessions", "/decisions", "/journal", "/providers", "/directory-jobs"] {
                #expect(adele.page.contains("href=\"/admin\(place)\""), "\(place)")
            }
        }
    }

    @Test("the front door leads in, and the account page leads on to the console those whom it lets in")
    func ways() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"], extra: ConsolePerson.local)
        try await ConsolePerson.make("adele", running.gateway)
        try await ConsolePerson.make("bob", holding: nil, running.gateway)
        try await running.serve { api in
            let stranger = WebPerson(api.client)
            try await stranger.request(.get, WebPerson.gateway + "/")
            #expect(stranger.status == 303 && stranger.location == "/login")
            try await stranger.request(.get, WebPerson.gateway + "/t/other")
            #expect(stranger.status == 303 && stranger.location == "/t/other/login")
            try await stranger.request(.get, WebPerson.gateway + "/t/nowhere")
            #expect(stranger.status == 404)
            for (login, isOffered) in [("adele", true), ("bob", false)] {
                let web = try await ConsolePerson.enter(login, api, at: "/").web
                #expect(web.page.contains("href=\"/admin\"") == isOffered, "\(login)")
                try await web.request(.get, WebPerson.gateway + "/")
                #expect(web.status == 303 && web.location == "/account")
            }
        }
    }

    @Test("whoever holds no role for it gets neither navigation nor page, and a stranger is asked who they are")
    func refused() async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local)
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        _ = try await running.gateway.roles.create(
            Role(
                id: RoleID.random(at: running.gateway.clock()), tenant: caller.tenant, name: "Clerk",
                permissions: [RolePermission(action: "read", resourceType: "person")]), by: caller)
        try await running.serve { api in
            let stranger = WebPerson(api.client)
            try await stranger.open(WebPerson.gateway + "/admin/people")
            #expect(stranger.page.contains("name=\"identifier\""))
            let bob = try await ConsolePerson.signIn("bob", holding: nil, running.gateway, api)
            for place in ["", "/people", "/journal", "/sessions", "/directory-jobs", "/decisions", "/providers"] {
                try await bob.open(place)
                #expect(bob.status == 403, "\(place)")
                #expect(!bob.page.contains("aria-label=\"Sections\""), "\(place)")
            }
            let clerk = try await ConsolePerson.signIn("clara", holding: "Clerk", running.gateway, api)
            try await clerk.open("/people")
            #expect(clerk.status == 200 && clerk.page.contains("bob"))
            #expect(!clerk.page.contains("/admin/journal"))
            try await clerk.open("/journal")
            #expect(clerk.status == 403)
        }
    }

    @Test("whoever may read people and no more changes nobody")
    func readersChangeNothing() async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local)
        let bob = try await ConsolePerson.make("bob", holding: nil, running.gateway)
        try await running.serve { api in
            let auditor = try await ConsolePerson.signIn("ada", holding: "Analyst", running.gateway, api)
            try await auditor.open("/people/\(bob)")
            #expect(auditor.status == 200)
            for verb in ["disable", "enable", "end-sessions"] {
                #expect(!auditor.page.contains("/people/\(bob)/\(verb)"), "\(verb)")
                try await auditor.open("/people/\(bob)/\(verb)")
                #expect(auditor.status == 403, "\(verb)")
                try await auditor.post("/people/\(bob)/\(verb)", "csrf=x")
                #expect(auditor.status == 403, "\(verb)")
            }
        }
    }

    @Test("a form is taken only from this session's own page of this very address")
    func forgedForms() async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local)
        let (bob, eve) = (
            try await ConsolePerson.make("bob", holding: nil, running.gateway),
            try await ConsolePerson.make("eve", holding: nil, running.gateway)
        )
        try await running.serve { api in
            let adele = try await ConsolePerson.signIn("adele", running.gateway, api)
            let other = try await ConsolePerson.signIn("berta", running.gateway, api)
            try await adele.open("/people/\(eve)/disable")
            let forEve = try adele.token(of: "/people/\(eve)/disable")
            try await other.open("/people/\(bob)/disable")
            let ofBerta = try other.token(of: "/people/\(bob)/disable")
            let forged = ["", "csrf=", "csrf=x", "csrf=\(forEve)", "csrf=\(ofBerta)"]
            for body in forged {
                try await adele.post("/people/\(bob)/disable", body)
                #expect(adele.status == 403, "\(body)")
            }
            let person = try await running.gateway.people.person(named: "bob", in: .init(running.gateway))
            #expect(person.isActive)
            try await adele.open("/people/\(bob)/disable")
            try await adele.submit("/people/\(bob)/disable")
            #expect(adele.page.contains("The account is disabled, and every session of it has ended."))
            let after = try await running.gateway.people.person(named: "bob", in: .init(running.gateway))
            #expect(!after.isActive)
        }
    }

    @Test("what people are called is text on every page, whatever it looks like")
    func storedScripts() async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local)
        // The second has a quotation mark with an accent on it, which is one character to a reader and none to a parser.
        let names = ["<script>alert(1)</script>", "\"\u{301} onfocus=alert(1) autofocus x=", "</td><b>bold</b>"]
        for (index, name) in names.enumerated() {
            try await ConsolePerson.make("mallory\(index)", named: name, holding: nil, running.gateway)
        }
        try await running.serve { api in
            let adele = try await ConsolePerson.signIn("adele", running.gateway, api)
            let everybody = try await running.gateway.people.list(
                in: .init(running.gateway), after: nil, search: "mallory", limit: 10)
            #expect(everybody.count == names.count)
            for _ in 0..<2 { _ = try await ConsolePerson.enter("mallory1", api) }
            let places = ["", "/people", "/people?search=mallory", "/sessions", "/journal?person=mallory1"]
            for place in places + everybody.map({ "/people/\($0.id)" }) {
                try await adele.open(place)
                #expect(adele.status == 200, "\(place)")
                for forbidden in ["<script", "<b>", "\"\u{301}", "\u{301} onfocus=alert(1) autofocus x=\""] {
                    let bytes = Array(adele.page.utf8)
                    #expect(!bytes.contains(sequence: Array(forbidden.utf8)), "\(place) holds \(forbidden)")
                }
            }
            // What is searched for comes back as text too.
            try await adele.open("/people?search=%22%CC%81%3E%3Cb%3E")
            #expect(adele.status == 200 && !adele.page.contains("<b>"))
            #expect(Array(adele.page.utf8).contains(sequence: Array("&quot;".utf8)))
        }
    }

    @Test("a long list comes in parts, and a cursor is worth nothing elsewhere")
    func parts() async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local)
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        for number in 10..<63 {
            var edit = PersonEdit()
            edit.login = "crowd\(number)"
            _ = try await running.gateway.people.create(edit, by: caller)
        }
        try await running.serve { api in
            let adele = try await ConsolePerson.signIn("adele", running.gateway, api)
            var seen: Set<String> = []
            var place: String? = "/people?search=crowd"
            var parts = 0
            while let next = place, parts < 10 {
                try await adele.open(next)
                let logins = adele.page.matches(of: /crowd[0-9]{2}/).map { String($0.output) }
                #expect(Set(logins).count <= 25)
                seen.formUnion(logins)
                parts += 1
                place = adele.next
            }
            #expect(seen.count == 53 && parts == 3, "\(seen.count) in \(parts)")
            try await adele.open("/people?search=crowd")
            let cursor = try #require(adele.next?.split(separator: "cursor=").last?.prefix { $0 != "&" })
            for place in ["/people?cursor=\(cursor)", "/people?search=crowd&cursor=x", "/sessions?cursor=\(cursor)"] {
                try await adele.open(place)
                #expect(adele.status == 400, "\(place)")
            }
        }
    }

    @Test("an administrator whose role asks for two factors is sent to prove the second, and back to the page")
    func stepUp() async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local + "\nmfa: { required_roles: [Admin] }")
        let adele = try await ConsolePerson.make("adele", holding: nil, running.gateway)
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        try await running.serve { api in
            let web = try await ConsolePerson.enter("adele", api).web
            let admin = try await running.gateway.roles.role(named: "Admin", in: caller.tenant)
            _ = try await running.gateway.roles.assign(admin.id, to: .person(adele), expiresAt: nil, by: caller)
            try await web.open(WebPerson.gateway + "/account")
            #expect(web.page.contains("href=\"/admin\""), "the way is offered, and the second factor asked for there")
            for (place, back) in [("", "%2Fadmin"), ("/people?search=a", "%2Fadmin%2Fpeople%3Fsearch%3Da")] {
                try await web.request(.get, WebPerson.gateway + "/admin" + place)
                #expect(web.status == 303)
                let expected = "/login?return=\(back)&acr=urn%3Agatehouse%3Aaal%3A2"
                #expect(web.location?.hasPrefix(expected) == true, "\(web.location ?? "")")
            }
            try await web.request(.post, WebPerson.gateway + "/admin/people/\(adele)/disable", body: "csrf=x")
            #expect(web.status == 303 && web.location?.hasPrefix("/login?return=%2Fadmin%2Fpeople&") == true)
        }
    }

    @Test("an administrator of one tenant is a stranger in the other, whose console is below its own path")
    func tenants() async throws {
        let running = try await TestGateway.open(
            tenants: ["default", "other"],
            extra: """
                providers:
                  - { id: local, type: local, name: Password }
                  - { id: theirs, type: local, name: Password, tenant: other }
                """)
        let otto = try await ConsolePerson.make("otto", running.gateway, tenant: "other")
        try await running.serve { api in
            let adele = try await ConsolePerson.signIn("adele", running.gateway, api)
            try await adele.web.open(WebPerson.gateway + "/t/other/admin/people")
            #expect(adele.page.contains("name=\"identifier\"") && !adele.page.contains("otto"))
            try await adele.open("/people")
            #expect(adele.status == 200 && !adele.page.contains("otto"))
            for place in ["/people/\(otto)", "/people/\(otto)/disable"] {
                try await adele.open(place)
                #expect(adele.status == 404, "\(place)")
            }
            let theirs = try await ConsolePerson.enter("otto", api, tenant: "other")
            try await theirs.open("/people")
            #expect(theirs.status == 200 && theirs.page.contains("otto") && !theirs.page.contains("adele"))
            #expect(theirs.page.contains("href=\"/t/other/admin/journal\""))
            #expect(!theirs.page.contains("href=\"/admin"), "every address stays in the tenant")
        }
    }
}

extension TenantID {
    /// The default tenant of a gateway.
    init(_ gateway: Gateway) throws { self = try TestGateway.operatorCaller(gateway, tenant: "default").tenant }
}

extension ConsolePerson {
    /// The place of the next part of the list that is shown.
    var next: String? {
        guard let match = page.firstMatch(of: /<a href="([^"]+)" rel="next">/) else { return nil }
        let path = String(match.output.1).replacing("&amp;", with: "&")
        return String(path.dropFirst((prefix + "/admin").count))
    }
}

extension [UInt8] {
    /// Whether these bytes stand in it, in this order.
    fileprivate func contains(sequence: [UInt8]) -> Bool { firstRange(of: sequence) != nil }
}
