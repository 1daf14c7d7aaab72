import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// S3-33: what an administrator does in the console is what the API would have done, and is in the journal under their name.
@Suite("The console's sections")
struct ConsoleSectionTests {
    @Test("one person: where they come from, what they hold and why, and what can be done")
    func onePerson() async throws {
        try await ConsoleHouse.serving { house in
            let adele = house.adele
            try await adele.open("/people/bob")
            #expect(adele.status == 200)
            try await adele.open("/people?search=carol")
            #expect(adele.page.contains("carol"))
            let carol = try await house.house.person("carol")
            try await adele.open("/people/\(carol)")
            for words in ["Where they come from", "Works", "Roles, and why", "Groups", "Signed in", "its directory"] {
                #expect(adele.page.contains(words), "\(words)")
            }
            #expect(
                adele.page.contains(/href="\/admin\/directory-jobs\/[0-9a-f-]{36}">a directory job</),
                "a directory job brought the memberships")
            try await adele.open("/people/\(house.ids["otti"] ?? "")")
            #expect(adele.page.contains("Analyst") && adele.page.contains("given here"))
            try await adele.open("/people/\(house.ids["otti"] ?? "")/disable")
            try await adele.submit("/people/\(house.ids["otti"] ?? "")/disable")
            let after = try await house.api.send(.get, "/api/v1/people/ottilie")
            #expect(after.body?["status"] == "disabled")
            #expect(try await newest(house, "person.disabled")?["actor"]?.string?.hasPrefix("person:") == true)
        }
    }

    private func newest(_ house: ConsoleHouse, _ type: String) async throws -> AttributeValue? {
        try await house.api.send(.get, "/api/v1/audit/events?type=\(type)&limit=200").body?["items"]?.list?.last
    }

    @Test("somebody weaker neither disables nor empowers somebody stronger, and one gives only what one holds")
    func oneGivesWhatOneHolds() async throws {
        try await ConsoleHouse.serving { house in
            let operatorRole = try await ConsolePerson.signIn(
                "olga", holding: "Operator", house.gateway, house.api)
            let adele = try await house.house.person("adele")
            try await operatorRole.open("/people/\(adele)/disable")
            if operatorRole.status == 200 {
                let token = try operatorRole.token(of: "/people/\(adele)/disable")
                try await operatorRole.post("/people/\(adele)/disable", "csrf=\(token)")
            }
            #expect(operatorRole.status == 403)
            let still = try await house.api.send(.get, "/api/v1/people/adele").body?["status"]
            #expect(still == "active")
        }
    }

    @Test("groups and roles: made, filled, given and taken away again")
    func groupsAndRoles() async throws {
        try await ConsoleHouse.serving { house in
            let adele = house.adele
            try await adele.open("/groups/new")
            try await adele.submit("/groups/new", ["name": "Readers", "description": "They read."])
            #expect(adele.page.contains("The group is made.") && adele.page.contains("Readers"))
            let group = "/groups/\(house.ids["group"] ?? "")"
            try await adele.open(group + "/add")
            try await adele.submit(group + "/add", ["person": "nobody of this name"])
            #expect(adele.status == 422 && adele.page.contains("Nobody here is called that."))
            #expect(adele.page.contains("value=\"nobody of this name\""), "what was typed is still there")
            try await adele.submit(group + "/add", ["person": "bob"])
            #expect(adele.page.contains("They are in the group.") && adele.page.contains("bob"))
            let role = "/roles/\(house.ids["role"] ?? "")"
            try await adele.open(role + "/give")
            try await adele.submit(role + "/give", ["who": "bob", "until": "tomorrow"])
            #expect(adele.status == 422 && adele.page.contains("aria-invalid"))
            try await adele.submit(role + "/give", ["who": "bob", "until": "2099-12-31"])
            #expect(adele.page.contains("The role is given.") && adele.page.contains("31 Dec 2099"))
            let end = role + "/assignments/\(house.ids["assignment"] ?? "")/end"
            try await adele.open(end)
            try await adele.submit(end)
            #expect(adele.page.contains("The role is taken away"))
            #expect(try await house.api.send(.get, "/api/v1/assignments?person=ottilie").body?["items"] == [])
        }
    }

    @Test("a key is shown once, works, and is refused once it is revoked")
    func keys() async throws {
        try await ConsoleHouse.serving { house in
            let adele = house.adele
            let account = "/service-accounts/\(house.ids["account"] ?? "")"
            try await adele.open(account + "/keys/new")
            try await adele.submit(account + "/keys/new", ["name": "by hand", "scopes": "person:read", "days": "400"])
            #expect(adele.status == 422 && adele.page.contains("1 to 366 days"))
            try await adele.submit(account + "/keys/new", ["name": "by hand", "scopes": "person:read", "days": "2"])
            let match = try #require(adele.page.firstMatch(of: /<span>(gh_[^<]+)<\/span>/), "\(adele.page.suffix(900))")
            let token = String(match.output.1)
            #expect(
                try await house.api.send(.get, "/api/v1/people", token: token).status == 403, "it holds no role yet")
            try await adele.open(account)
            #expect(!adele.page.contains(token) && adele.page.contains("by hand"))
            let revoke = account + "/keys/\(house.ids["key"] ?? "")/revoke"
            try await adele.open(revoke)
            try await adele.submit(revoke)
            #expect(adele.page.contains("The key is refused from now on."))
        }
    }

    @Test("an application that speaks SAML is added, shows what it would be told, and is switched off and on")
    func samlApplications() async throws {
        try await ConsoleHouse.serving { house in
            let adele = house.adele
            try await adele.open("/saml-applications/new")
            try await adele.submit("/saml-applications/new", ["title": "The <Wiki>"])
            #expect(adele.status == 422 && adele.page.contains("or paste them"))
            let form = [
                "title": "The <Wiki>", "metadata": SAMLApplicationAPITests.metadata(), "attributes": "uid, displayName",
            ]
            try await adele.submit("/saml-applications/new", form)
            #expect(adele.page.contains("Paste into The &lt;Wiki&gt;") && adele.page.contains("/saml/sso"))
            try await adele.open("/saml-applications")
            #expect(adele.page.contains("The &lt;Wiki&gt;") && adele.page.contains("were handed over"))
            let listed = try await house.api.send(.get, "/api/v1/saml/applications")
            let place = "/saml-applications/\(listed.body?["items"]?.list?.first?["id"]?.string ?? "")"
            try await adele.open(place)
            #expect(adele.page.contains("https://app.example.org/acs"))
            try await adele.open(place + "/preview?person=ottilie")
            #expect(adele.page.contains("Freifrau") && adele.page.contains("may enter"))
            try await adele.open(place + "/preview?person=nobody")
            #expect(adele.page.contains("Nobody here has this login."))
            for (verb, word) in [("disable", "switched off"), ("enable", "may sign in to it again")] {
                try await adele.open(place + "/" + verb)
                try await adele.submit(place + "/" + verb)
                #expect(adele.page.contains(word))
            }
        }
    }

    @Test("an application is made, shows what it would get, and is switched off and on")
    func applications() async throws {
        try await ConsoleHouse.serving { house in
            let adele = house.adele
            try await adele.open("/clients/new")
            let form = ["client_id": "shop", "name": "The <Shop>", "scope": "openid profile", "kind": "server"]
            try await adele.submit("/clients/new", form.merging(["redirect_uris": "http://shop.example.org/cb"]) { $1 })
            #expect(adele.status >= 400 && adele.page.contains("redirect_uris"), "\(adele.status)")
            try await adele.submit(
                "/clients/new", form.merging(["redirect_uris": "https://shop.example.org/cb\n"]) { $1 })
            #expect(adele.page.contains("Paste into The &lt;Shop&gt;") && adele.page.contains("client_secret  gh_cs_"))
            let listed = try await house.api.send(.get, "/api/v1/clients/shop")
            let place = "/clients/\(listed.body?["id"]?.string ?? "")"
            try await adele.open(place)
            #expect(!adele.page.contains("gh_cs_") && adele.page.contains("https://shop.example.org/cb"))
            #expect(!adele.page.contains("Hears of security events"))
            let stream = try await SignalScene.stream(
                house.api, of: "shop", to: "https://shop.example.org/events", header: SignalScene.header)
            _ = try await house.api.send(
                .post, "/api/v1/signal-streams/\(stream)/status", ["status": "paused", "reason": "for <now>"])
            try await adele.open(place)
            #expect(adele.page.contains("Hears of security events") && adele.page.contains("for &lt;now&gt;"))
            #expect(adele.page.contains("https://shop.example.org/events"))
            #expect(!adele.page.contains(SignalScene.header))
            try await adele.open(place + "/preview?person=bob&scope=openid%20profile")
            #expect(adele.page.contains("bob may enter The &lt;Shop&gt;.") && adele.page.contains("preferred_username"))
            try await adele.open(place + "/preview?person=nobody")
            #expect(adele.page.contains("Nobody here has this login."))
            try await adele.open(place + "/secret")
            try await adele.submit(place + "/secret")
            #expect(adele.page.contains("client_secret  gh_cs_"))
            for (verb, said) in [("disable", "It is switched off"), ("enable", "It may ask for tokens again")] {
                try await adele.open(place + "/" + verb)
                try await adele.submit(place + "/" + verb)
                #expect(adele.page.contains(said))
            }
        }
    }

    @Test(
        "the journal is searched by person, actor, type, time and position, and one event leads to what hangs with it")
    func journal() async throws {
        try await ConsoleHouse.serving { house in
            let adele = house.adele
            func rows(_ query: String) async throws -> Int {
                try await adele.open("/journal" + query)
                #expect(adele.status == 200, "\(query): \(adele.status)")
                return adele.page.matches(of: /<td role="cell" data-label="Position">/).count
            }
            #expect(try await rows("") == 50)
            #expect(adele.next != nil)
            #expect(try await rows("?type=sod.") > 0)
            #expect(adele.page.matches(of: /data-label="What"><div><span class="line"><span>(?!sod)/).isEmpty)
            #expect(try await rows("?person=ottilie") >= 3)
            #expect(try await rows("?person=ottilie&actor=adele") == 0)
            #expect(try await rows("?from=2099-01-01") == 0)
            #expect(try await rows("?to=2001-01-01&type=person") == 0)
            #expect(try await rows("?before=3") == 2)
            for bad in ["?person=nobody", "?from=yesterday", "?before=x", "?command=x"] {
                try await adele.open("/journal" + bad)
                #expect(adele.status == 400, "\(bad)")
            }
            try await adele.open("/journal?type=role.assigned")
            let place = try #require(adele.page.firstMatch(of: /href="\/admin(\/journal\/[0-9]+)"/)).output.1
            try await adele.open(String(place))
            #expect(adele.page.contains("What was recorded") && adele.page.contains("Command"))
            try await adele.open("/journal/999999")
            #expect(adele.status == 404)
        }
    }

    @Test("asking why: yes with its rule, no with what is missing, and the record of what was decided")
    func decisions() async throws {
        try await ConsoleHouse.serving { house in
            let adele = house.adele
            let no = "/decisions/ask?who=ada&action=read&resource_type=person&resource=x"
            try await adele.open(no)
            #expect(adele.page.contains("No, ada may not"))
            #expect(adele.page.contains("What is missing") && adele.page.contains("have to hold the role"))
            try await adele.open(no.replacing("who=ada", with: "who=adele") + "&proof=session")
            #expect(adele.page.contains("Yes, adele may"))
            // A decision is seen once it was flushed.
            for _ in 0..<200 {
                try await adele.open("/decisions?who=ada&outcome=deny")
                guard !adele.page.contains("data-label=\"Outcome\"") else { break }
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(adele.page.contains("data-label=\"Outcome\""))
            let place = try #require(adele.page.firstMatch(of: /href="\/admin(\/decisions\/[0-9a-f-]{36})"/)).output.1
            try await adele.open(String(place))
            #expect(adele.status == 200 && adele.page.contains("What it rests on"))
            for bad in ["?outcome=maybe", "?who=nobody", "?from=x"] {
                try await adele.open("/decisions" + bad)
                #expect(adele.status == 400, "\(bad)")
            }
        }
    }

    @Test("entitlements, duties and risk: given, refused with what it breaks, found and plotted")
    func governed() async throws {
        try await ConsoleHouse.serving { house in
            let adele = house.adele
            let (pay, order) = (house.ids["pay"] ?? "", house.ids["order"] ?? "")
            try await adele.open("/entitlements/\(pay)/give")
            try await adele.submit("/entitlements/\(pay)/give", ["who": "bob", "justification": "He pays the bills."])
            #expect(adele.page.contains("The entitlement is given."), "\(adele.page.suffix(600))")
            try await adele.open("/entitlements/\(order)/give")
            try await adele.submit(
                "/entitlements/\(order)/give", ["who": "bob", "justification": "He orders as well."])
            #expect(adele.status == 409 && adele.page.contains("role=\"alert\""), "both at once break the rule")
            try await adele.open("/duties/findings?status=active")
            #expect(adele.page.contains("ada") && adele.page.contains("Approve payments"))
            try await adele.open("/duties/scan")
            try await adele.submit("/duties/scan")
            #expect(adele.page.contains("Newly found"))
            try await adele.open("/risk?who=ada")
            #expect(adele.page.contains("<svg class=\"plot\"") && adele.page.contains("The same as a table"))
            let ada = try await house.house.person("ada")
            try await adele.submit("/risk/record/person/\(ada)")
            #expect(adele.page.contains("The score is written into the history."))
            let revoke = "/entitlements/assignments/\(house.ids["held"] ?? "")/revoke"
            try await adele.open(revoke)
            try await adele.submit(revoke, ["reason": "The project is over."])
            #expect(adele.page.contains("The assignment is ended"))
            try await adele.open("/entitlements/access?who=ada")
            #expect(adele.page.matches(of: /data-label="Entitlement"/).count == 1)
        }
    }

    @Test("a rule of duties is made, changed and deleted by form, and what is wrong is said at its field")
    func dutyForm() async throws {
        try await ConsoleHouse.serving { house in
            let adele = house.adele
            let both = "\(house.ids["pay"] ?? "")\n\(house.ids["order"] ?? "")"
            try await adele.open("/duties/new")
            try await adele.submit("/duties/new", ["name": "Four eyes", "entitlements": "no number"])
            #expect(adele.status == 422 && adele.page.contains("is no number of an entitlement"))
            try await adele.submit("/duties/new", ["name": "Four eyes", "entitlements": both])
            #expect(adele.page.contains("The rule is made") && adele.page.contains("Four eyes"))
            let place = String(adele.web.url.dropFirst(adele.address("").count).prefix { $0 != "?" })
            try await adele.open(place + "/edit")
            try await adele.submit(place + "/edit", ["status": "inactive", "severity": "low"])
            #expect(adele.page.contains("The rule is changed.") && adele.page.contains("inactive"))
            try await adele.open(place + "/delete")
            try await adele.submit(place + "/delete")
            #expect(adele.page.contains("The rule is deleted") && !adele.page.contains("Four eyes"))
        }
    }
}
