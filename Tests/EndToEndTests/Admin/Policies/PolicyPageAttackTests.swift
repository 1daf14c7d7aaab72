import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Identity
import NIOCore
import Testing
import Vocabulary

/// What somebody tries who means harm, or sends things twice.
@Suite("Attacks on the console's pages about policies")
struct PolicyPageAttackTests {
    private static let markup = "\"><script>alert(1)</script><img src=x onerror=alert(2)>"

    @Test("stored markup in names, descriptions, rules, parameters, reasons and conditions is text on every page")
    func storedMarkup() async throws {
        try await PolicyConsole.serve { console in
            let markup = Self.markup
            let policy = try await console.draft(["name": markup, "description": markup, "environments": markup])
            let rule: AttributeValue = [
                "id": .string(markup), "description": .string(markup), "effect": "allow",
                "subjects": ["roles": [.string(markup)]], "actions": [.string(markup)], "roles": [.string(markup)],
                "when": ["equals": ["context.x": .string(markup)]], "params": ["p": .string(markup)],
            ]
            let text = String(decoding: try JSONEncoder().encode(rule), as: UTF8.self)
            try await console.addRule(policy, text)
            #expect(console.text.contains("The rule is added."), "\(console.text.prefix(300))")
            try await console.move(policy, "submit-for-review", reason: markup)
            let id = String(policy.dropFirst("/policies/".count))
            for place in [
                "/policies", "/policies?q=" + "script", policy, policy + "/details", policy + "/versions",
                policy + "/rules/new", policy + "/approve", policy + "/cases", policy + "/backtest",
                policy + "/successor", "/policies/simulator?policy=" + id, "/policies/sets/new", "/policies/import",
            ] {
                try await console.open(place)
                #expect(console.person.status == 200, "\(place)")
                #expect(!console.page.contains("<script>") && !console.page.contains("<img"), "\(place)")
                let handlers = console.page.matches(of: /<[a-z]+[^>"]*(?:"[^"]*"[^>"]*)*\son[a-z]+=/)
                #expect(handlers.isEmpty, "\(place)")
            }
        }
    }

    @Test("pages forbid every script, and the editor all but ours of this very origin")
    func scripts() async throws {
        try await PolicyConsole.serve { console in
            let policy = try await console.draft(["name": "Scripts"])
            func policyOf(_ place: String) async throws -> String {
                try await console.open(place)
                return console.person.web.contentSecurityPolicy
            }
            #expect(try await !policyOf(policy).contains("script-src"))
            let editor = try await policyOf(policy + "/rules/new")
            #expect(editor.contains("default-src 'none'") && editor.contains("script-src 'self'; connect-src 'self'"))
            #expect(!editor.contains("unsafe"))
            try await console.open(policy + "/rules/new")
            let scripts = console.page.matches(of: /<script[^>]*>/).map { String($0.output) }
            #expect(scripts.count == 1 && scripts[0].contains("src=\"/assets/live-check."))
        }
    }

    @Test("no change is made without the token of the very address, by a stranger's page or another session's form")
    func forged() async throws {
        try await PolicyConsole.serve { console in
            let policy = try await console.draft(["name": "Kept"])
            try await console.open(policy + "/details")
            let other = try console.person.token(of: policy + "/details")
            let berta = try await ConsolePerson.signIn("berta", console.running.gateway, console.api)
            try await berta.open(policy + "/approve")
            let hers = try berta.token(of: policy + "/approve")
            for place in [
                policy + "/approve", "/policies/new", "/policies/import", "/policies/check", policy + "/rules/new",
            ] {
                for token in ["", "x", other, hers] {
                    try await console.person.post(place, "reason=because+of+this&name=x&document=x&csrf=\(token)")
                    #expect(console.person.status == 403, "\(place)")
                }
            }
            let stored = try await console.api.send(.get, "/api/v1/governance" + policy)
            #expect(stored.body?["state"] == "draft" && stored.body?["version"] == 1)
        }
    }

    @Test("whoever may read policies changes and tries none, and sees no way to")
    func readers() async throws {
        let extra =
            ConsolePerson.local + """

                roles:
                  - { name: Reader, permissions: [ { action: read, type: governance } ] }
                  - { name: Author, permissions: [ { action: read, type: governance }, { action: create, type: governance } ] }
                """
        let running = try await TestGateway.open(extra: extra)
        try await running.serve { api in
            let rule: AttributeValue = ["id": "r", "effect": "deny", "actions": ["delete"]]
            let id = try await api.enforce(rule: rule, 1).string ?? ""
            let reader = try await ConsolePerson.signIn("rita", holding: "Reader", running.gateway, api)
            try await reader.open("/policies/\(id)")
            #expect(reader.status == 200)
            let closed = [
                "/policies/new", "/policies/import", "/policies/simulator", "/policies/\(id)/details",
                "/policies/\(id)/suspend", "/policies/\(id)/rules/new", "/policies/\(id)/rules/\(id)",
                "/policies/\(id)/cases", "/policies/\(id)/backtest", "/policies/\(id)/successor", "/policies/sets/new",
                "/policies/exemptions/new", "/policies/templates/change-freeze",
            ]
            for place in closed {
                #expect(!reader.page.contains("href=\"/admin\(place)\""), "\(place)")
                try await reader.open(place)
                #expect(reader.status == 403, "\(place)")
                try await reader.post(place, "csrf=x")
                #expect(reader.status == 403, "\(place)")
                try await reader.open("/policies/\(id)")
            }
            let author = try await ConsolePerson.signIn("arno", holding: "Author", running.gateway, api)
            try await author.open("/policies/new")
            #expect(author.status == 200)
            try await author.open("/policies/\(id)/suspend")
            #expect(author.status == 403, "who writes does not therefore suspend")
            let nobody = try await ConsolePerson.signIn("nora", holding: nil, running.gateway, api)
            for place in [
                "/policies", "/policies/\(id)", "/policies/\(id)/export", "/policies/sets", "/policies/exemptions",
            ] {
                try await nobody.open(place)
                #expect(nobody.status == 403, "\(place)")
            }
        }
    }

    @Test("another tenant's policy, set and exemption are not there, whatever their ids")
    func tenants() async throws {
        let local = """
            providers:
              - { id: local, type: local, name: Password }
              - { id: theirs, type: local, name: Password, tenant: other }
            """
        let running = try await TestGateway.open(tenants: ["default", "other"], extra: local)
        try await running.serve { api in
            let id = try await api.enforce(rule: ["id": "r", "effect": "deny", "actions": ["delete"]], 1).string ?? ""
            let set = "00000000-0000-7000-8000-0000000000a1"
            try await api.govern("create_set", ["set_id": .string(set), "name": "Ours", "policies": [.string(id)]])
            let otto = try await ConsolePerson.signIn("otto", running.gateway, api, tenant: "other")
            for place in [
                "/policies/\(id)", "/policies/\(id)/versions", "/policies/\(id)/export", "/policies/\(id)/suspend",
                "/policies/\(id)/rules/\(id)", "/policies/\(id)/cases", "/policies/\(id)/backtest",
                "/policies/sets/\(set)",
            ] {
                try await otto.open(place)
                #expect(otto.status == 404, "\(place)")
            }
            try await otto.open("/policies")
            #expect(otto.status == 200 && !otto.page.contains(id))
            let adele = try await ConsolePerson.signIn("adele", running.gateway, api)
            try await adele.open("/policies/\(id)")
            #expect(adele.status == 200)
            #expect(try await api.send(.get, "/api/v1/governance/policies/\(id)").body?["state"] == "active")
        }
    }

    @Test("a document of one megabyte, one that nests without end and one past the bound are refused, and soon")
    func largeDocuments() async throws {
        try await PolicyConsole.serve { console in
            let policy = try await console.draft(["name": "Large"])
            let clock = ContinuousClock()
            let began = clock.now
            for text in [
                "[" + String(repeating: "x,", count: 524_000) + "x]", String(repeating: "[", count: 100_000),
                String(repeating: "a: {", count: 20_000), String(repeating: "x", count: 1 << 20),
            ] {
                try await console.open("/policies/import")
                try await console.submit("/policies/import", ["document": text])
                #expect([400, 413, 422].contains(console.person.status), "\(console.person.status)")
            }
            for size in [65_537, 400_000] {
                try await console.open(policy + "/rules/new")
                let text = "{\"id\": \"" + String(repeating: "x", count: size) + "\"}"
                try await console.submit(policy + "/rules/new", ["rule": text])
                #expect([413, 422].contains(console.person.status), "\(size): \(console.person.status)")
            }
            #expect(clock.now - began < .seconds(60))
            let stored = try await console.api.send(.get, "/api/v1/governance/policies")
            #expect(stored.body?["items"]?.list?.count == 1)
        }
    }

    @Test("a form sent twice has one effect, for a new policy, an import, a template and a rule")
    func sentTwice() async throws {
        try await PolicyConsole.serve { console in
            func twice(_ place: String, _ values: [String: String]) async throws {
                try await console.open(place)
                let body = try console.filled(place, values)
                for _ in 0..<2 {
                    try await console.person.post(place, body)
                    #expect(console.person.status == 303, "\(place) \(console.text.prefix(300))")
                }
            }
            try await twice("/policies/new", ["name": "Once"])
            let policy = try #require(
                console.person.web.location.map { $0.dropFirst("/admin".count).prefix { $0 != "?" } })
            try await twice(policy + "/rules/new", ["rule": PolicyConsole.rule])
            try await twice("/policies/templates/change-freeze", ["value.types": "service"])
            let draft = #"{"version": 1, "name": "Twice?", "rules": []}"#
            try await twice("/policies/import", ["document": draft])
            let seed = try GovernedStage.corpus("seed-003")["policy"] ?? .null
            let text = String(decoding: try JSONEncoder().encode(seed), as: UTF8.self)
            try await twice("/policies/import", ["document": text, "name": "Alerts"])
            let stored = try await console.api.send(.get, "/api/v1/governance/policies")
            let names = (stored.body?["items"]?.list ?? []).compactMap { $0["name"]?.string }
            #expect(names.sorted() == ["Alerts", "Change freeze", "Once", "Twice?"])
            let rules = stored.body?["items"]?.list?.first { $0["name"] == "Once" }?["rules"]?.list
            #expect(rules?.count == 1)
        }
    }

    @Test("an edit upon a version that somebody else has changed shows the conflict and loses nothing that was typed")
    func staleEdit() async throws {
        try await PolicyConsole.serve { console in
            let policy = try await console.draft(["name": "Shared"])
            try await console.addRule(policy, PolicyConsole.rule)
            let rule = try #require(console.page.firstMatch(of: /rules\/([0-9a-f-]{36})"/)).output.1
            try await console.open(policy + "/rules/\(rule)")
            let berta = try await ConsolePerson.signIn("berta", console.running.gateway, console.api)
            try await berta.open(policy + "/rules/\(rule)")
            let hers = #"{"id": "no-deletes", "effect": "deny", "actions": ["erase"]}"#
            try await berta.submit(policy + "/rules/\(rule)", ["rule": hers, "do": ""])
            #expect(berta.page.contains("The rule is changed."))
            let mine = "{\"id\": \"no-deletes\", \"effect\": \"deny\", \"actions\": [\"shred\"]}"
            try await console.submit(policy + "/rules/\(rule)", ["rule": mine])
            #expect(console.person.status == 412)
            #expect(console.text.contains("Somebody else changed it in the meantime") && console.text.contains("berta"))
            #expect(console.text.contains("erase"), "what became of it is shown")
            #expect(HTMLForm.all(in: console.page).contains { $0.fields["rule"] == mine }, "what was typed is there")
            try await console.submit(policy + "/rules/\(rule)", ["rule": mine])
            #expect(console.text.contains("The rule is changed.") && console.text.contains("shred"))
        }
    }
}

extension PolicyConsole {
    /// What a browser would send of the page's form to a place.
    fileprivate func filled(_ place: some StringProtocol, _ values: [String: String]) throws -> String {
        let action = person.prefix + "/admin" + place
        let form = try #require(HTMLForm.all(in: page).first { $0.action == action }, "\(place)")
        var fields = form.fields.filter { !$0.key.hasPrefix("framework.") && !["do", "overridable"].contains($0.key) }
        fields.merge(values) { $1 }
        return fields.map {
            "\($0.key)=" + $0.value.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        .joined(separator: "&")
    }
}
