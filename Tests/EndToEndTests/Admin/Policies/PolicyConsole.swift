import Fixtures
import Foundation
import Gateway
import Testing
import Vocabulary

/// What tests of the console's pages about policies have in common.
struct PolicyConsole {
    let person: ConsolePerson
    let running: TestGateway
    let api: TestAPI

    var page: String { person.page }
    /// The page's text without its markup, escapes undone.
    var text: String {
        HTMLForm.plain(Substring(page.replacing(/<[^>]*>/, with: " "))).replacing(/\s+/, with: " ")
    }

    /// A gateway with a person who administers it, signed in at the console.
    static func serve(
        tenants: [String] = ["default"], roles: [String] = [],
        clock: @escaping @Sendable () -> Timestamp = SystemClock.now,
        _ body: @Sendable @escaping (PolicyConsole) async throws -> Void
    ) async throws {
        var extra = ConsolePerson.local
        if !roles.isEmpty { extra += "\n" + GovernedStage.roles(roles) }
        let running = try await TestGateway.open(tenants: tenants, extra: extra, clock: clock)
        try await running.serve { api in
            let person = try await ConsolePerson.signIn("adele", running.gateway, api)
            try await body(PolicyConsole(person: person, running: running, api: api))
        }
    }

    func open(_ place: String) async throws { try await person.open(place) }

    /// Sends a form of the page as its first button does. The boxes of a form that a test does not name are left empty.
    func submit(_ place: String, _ values: [String: String] = [:]) async throws {
        let fields = HTMLForm.all(in: page).first { $0.action == person.prefix + "/admin" + place }?.fields ?? [:]
        let boxes = fields.keys.filter { $0.hasPrefix("framework.") || $0 == "overridable" || $0 == "do" }
        let empty = Dictionary(uniqueKeysWithValues: boxes.map { ($0, "") })
        try await person.submit(place, empty.merging(values) { $1 })
    }

    /// Makes a draft on the page for it; answers its place.
    func draft(_ values: [String: String]) async throws -> String {
        try await open("/policies/new")
        try await submit("/policies/new", values)
        #expect(page.contains("The policy is made, as a draft."), "\(person.status) \(text.prefix(600))")
        return place
    }

    /// The address below `/admin` of the page that is shown, without what was said after it.
    var place: String {
        let path = person.web.url.dropFirst((WebPerson.gateway + person.prefix + "/admin").count)
        return String(path.prefix { $0 != "?" })
    }

    /// Takes a step of a policy's life.
    func move(_ policy: String, _ step: String, reason: String = "Because it is time.") async throws {
        try await open(policy + "/" + step)
        try await submit(policy + "/" + step, ["reason": reason])
    }

    func addRule(_ policy: String, _ rule: String) async throws {
        try await open(policy + "/rules/new")
        try await submit(policy + "/rules/new", ["rule": rule])
    }

    static let rule =
        #"{"id": "no-deletes", "effect": "deny", "actions": ["delete"], "resources": {"types": ["document"]}}"#
}
