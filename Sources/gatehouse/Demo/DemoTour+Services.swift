import Fetch
import Fixtures
import Foundation
import Gateway
import HTTPAPI
import Vocabulary

/// The part of the tour where programs ask: a decision point, a service that was shown a token, and an administrator who
/// takes access away.
extension DemoTour {
    var serviceSteps: [Step] {
        [
            ("a service asks the decision point over AuthZEN, and a stranger may not", serviceAsksAuthZEN),
            ("a service learns whose session a token is, and a stranger learns nothing", serviceIntrospects),
        ]
    }

    var revocationSteps: [Step] {
        [
            ("a directory job that leaves a protected role to nobody is held, and applied when released", heldJob),
            ("whoever is disabled is refused everywhere at once", revocation),
        ]
    }

    private var control: ControlClient { ControlClient(socket: ControlSocket(stage.gateway.configuration).path) }

    // MARK: Tokens and decisions

    private func serviceAsksAuthZEN() async throws {
        let key = try await serviceKey("vault-backend")
        for (login, isPermitted) in [("ada", true), ("grace", false)] {
            let question: AttributeValue = [
                "subject": ["type": "user", "id": .string(login)], "action": ["name": "read"],
                "resource": ["type": "page", "id": "/restricted"],
            ]
            let answer = try await send("/access/v1/evaluation", .json(question), key: key)
            try expect(answer.status == 200, "The decision point answered \(answer.status).")
            try expect(answer.body["decision"]?.bool == isPermitted, "The decision about \(login) is wrong.")
            let stranger = try await send("/access/v1/evaluation", .json(question), key: nil)
            try expect(stranger.status == 401, "A stranger was answered \(stranger.status) by the decision point.")
        }
    }

    private func serviceIntrospects() async throws {
        let key = try await serviceKey("session-reader")
        let browser = try await signedIn("grace", opening: openPage)
        let token = try applicationToken(of: browser)
        let answer = try await send("/oauth2/introspect", .form(["token": token]), key: key)
        try expect(
            answer.body["active"]?.bool == true && answer.body["username"]?.string == "grace",
            "Introspection says \(CanonicalJSON.encode(answer.body)) of grace's session.")
        let unknown = try await send("/oauth2/introspect", .form(["token": token + "x"]), key: key)
        try expect(unknown.body == ["active": false], "Introspection says more than no of a token that is none.")
        let stranger = try await send("/oauth2/introspect", .form(["token": token]), key: nil)
        try expect(stranger.status == 401, "A stranger was answered \(stranger.status) by introspection.")
    }

    // MARK: Taking away

    private func heldJob() async throws {
        try await stage.directory.change(Self.keepers(["cn=nobody,ou=groups"]))
        let held = try await control.call(.post, "/api/v1/sync-runs", ["provider": "directory"])
        try expect(held["state"]?.string == "held", "The job ended as \(held["state"]?.string ?? "nothing").")
        let run = held["run"]?.string ?? ""
        let effects = try await control.all("/api/v1/sync-runs/\(run)/changes")
        try expect(
            effects.contains { CanonicalJSON.encode($0).contains("VaultKeeper") },
            "The held run does not say who would lose VaultKeeper.")
        let decision: AttributeValue = [
            "subject": "ada", "action": "read", "resource_type": "page", "resource": "/restricted",
        ]
        try expect(
            try await control.call(.post, "/api/v1/decide", decision)["decision"]?.bool == true,
            "A held run took access away.")
        let released = try await control.call(.post, "/api/v1/sync-runs/\(run)/release")
        try expect(released["state"]?.string == "done", "The released run is not done.")
        try expect(
            try await control.call(.post, "/api/v1/decide", decision)["decision"]?.bool == false,
            "The released run took nothing away.")
        try await stage.directory.change(Self.keepers(["uid=margaret,ou=people", "cn=kernel,ou=groups"]))
        _ = try await control.call(.post, "/api/v1/sync-runs", ["provider": "directory"])
    }

    /// Makes these, and no others, the members of the keepers' group.
    private static func keepers(_ members: [String]) -> String {
        """
        dn: cn=vault-keepers,ou=groups,\(DemoSettings.suffix)
        changetype: modify
        replace: member
        \(members.map { "member: \($0),\(DemoSettings.suffix)" }.joined(separator: "\n"))

        """
    }

    private func revocation() async throws {
        let key = try await serviceKey("session-watcher")
        let browser = try await signedIn("grace", opening: openPage)
        let token = try applicationToken(of: browser)
        let before = try await send("/oauth2/introspect", .form(["token": token]), key: key)
        try expect(before.body["active"]?.bool == true, "grace's session is not active before she is disabled.")
        try await control.call(.post, "/api/v1/people/grace/disable")
        let after = try await send("/oauth2/introspect", .form(["token": token]), key: key)
        try expect(after.body == ["active": false], "grace's token outlived her.")
        try await browser.request(.get, openPage)
        try expect(browser.status != 200, "The application still answers grace.")
        try await browser.request(.get, stage.settings.url(DemoSettings.gatewayHost, "/account"))
        try expect(browser.status != 200, "The gateway still shows grace her account.")
    }

    // MARK: As a program

    private func applicationToken(of browser: TourBrowser) throws -> String {
        let held = browser.cookies[stage.settings.url(DemoSettings.applicationHost)] ?? [:]
        guard let token = held[CookieName.name(.application, tenant: DemoSettings.applicationKey)] else {
            throw CommandRefusal("The application's host has no session cookie, only \(held.keys.sorted()).")
        }
        return token
    }

    /// An API key that may ask for decisions and about tokens, and nothing else.
    private func serviceKey(_ name: String) async throws -> String {
        try await control.call(.post, "/api/v1/service-accounts", ["name": .string(name)])
        try await control.call(
            .post, "/api/v1/assignments", ["service_account": .string(name), "role": .string(DemoSettings.serviceRole)])
        let made = try await control.call(.post, "/api/v1/service-accounts/\(name)/keys", ["name": "tour"])
        return made["token"]?.string ?? ""
    }

    private enum Content {
        case json(AttributeValue)
        case form([String: String])

        var type: String {
            switch self {
            case .json: "application/json"
            case .form: "application/x-www-form-urlencoded"
            }
        }

        var bytes: [UInt8] {
            switch self {
            case .json(let value): Array(CanonicalJSON.encode(value).utf8)
            case .form(let fields): Array(TourBrowser.form(fields).utf8)
            }
        }
    }

    private func send(
        _ path: String, _ content: Content, key: String?
    ) async throws -> (status: Int, body: AttributeValue) {
        let program = try browser()
        let headers = [FetchHeader("Content-Type", content.type)] + (key.map { [.bearer($0)] } ?? [])
        try await program.request(
            .post, stage.settings.url(DemoSettings.gatewayHost, path), headers: headers, body: content.bytes,
            accepting: "application/json")
        return (program.status, (try? StrictJSON.parse(Array(program.page.utf8))) ?? .null)
    }
}

extension FetchHeader {
    fileprivate static func bearer(_ key: String) -> FetchHeader { FetchHeader("Authorization", "Bearer \(key)") }
}
