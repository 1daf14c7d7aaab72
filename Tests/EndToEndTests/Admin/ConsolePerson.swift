import Fixtures
import Gateway
import HTTPAPI
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// Somebody signed in at the console, `/admin`, without scripts.
struct ConsolePerson {
    static let password = "a long enough local one"
    /// What lets people sign in with a local password; `extra` configuration of a `TestGateway`.
    static let local = "providers: [ { id: local, type: local, name: Password } ]"

    let web: WebPerson
    /// In front of the tenant's paths.
    let prefix: String

    var page: String { web.page }
    var status: Int { web.status }

    /// Makes a person with a local password, who holds a role where one is named.
    @discardableResult
    static func make(
        _ login: String, named name: String? = nil, holding role: String? = "Admin", _ gateway: Gateway,
        tenant: String = "default"
    ) async throws -> PersonID {
        let caller = try TestGateway.operatorCaller(gateway, tenant: tenant)
        var edit = PersonEdit()
        edit.login = login
        edit.displayName = name
        let made = try await gateway.people.create(edit, by: caller)
        let outcome = try await gateway.credentials.setPassword(
            SecretText(password), of: made.id, mustChange: false, by: caller)
        #expect(outcome == .changed)
        guard let role else { return made.id }
        let held = try await gateway.roles.role(named: role, in: caller.tenant)
        _ = try await gateway.roles.assign(held.id, to: .person(made.id), expiresAt: nil, by: caller)
        return made.id
    }

    /// Makes somebody and signs them in.
    static func signIn(
        _ login: String, holding role: String? = "Admin", _ gateway: Gateway, _ api: TestAPI,
        tenant: String = "default"
    ) async throws -> ConsolePerson {
        try await make(login, holding: role, gateway, tenant: tenant)
        return try await enter(login, api, tenant: tenant)
    }

    /// Signs in somebody who is there.
    static func enter(
        _ login: String, _ api: TestAPI, tenant: String = "default", at path: String = "/login"
    ) async throws -> ConsolePerson {
        let prefix = tenant == "default" ? "" : "/t/\(tenant)"
        let web = WebPerson(api.client)
        try await web.open(WebPerson.gateway + prefix + path)
        try await web.submit("identifier", ["identifier": login])
        try await web.submit("password", ["password": password])
        #expect(web.status == 200 && web.url == WebPerson.gateway + prefix + "/account", "\(web.status) \(web.url)")
        return ConsolePerson(web: web, prefix: prefix)
    }

    /// The whole address of a place below `/admin`.
    func address(_ place: String) -> String { WebPerson.gateway + prefix + "/admin" + place }

    /// Opens a page below `/admin`, and follows where it leads.
    func open(_ place: String) async throws { try await web.open(address(place)) }

    /// Sends the form of the present page that goes to `place`, with these values in its fields.
    func submit(_ place: String, _ values: [String: String] = [:]) async throws {
        try await web.submit(to: prefix + "/admin" + place, values)
    }

    /// Posts a body as it is, without following what it answers.
    func post(_ place: String, _ body: String) async throws {
        try await web.request(.post, address(place), body: body)
    }

    /// The token of the present page's form that goes to `place`.
    func token(of place: String) throws -> String {
        let form = HTMLForm.all(in: web.page).first { $0.action == prefix + "/admin" + place }
        return try #require(form?.fields["csrf"], "\(web.url) has no form to \(place)")
    }
}
