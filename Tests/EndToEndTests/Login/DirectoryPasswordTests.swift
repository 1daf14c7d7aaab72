import Fixtures
import Foundation
import Testing
import Vocabulary

/// A directory that lets somebody in only with a new password, seen from the login pages to its own server.
@Suite("A password the directory wants changed", .enabled(if: SlapdServer.isInstalled), .timeLimit(.minutes(2)))
struct DirectoryPasswordTests {
    private struct Stage {
        let server: SlapdServer
        let fixture: FixtureDirectory
        let running: TestGateway
        let authority: LocalCertificates
    }

    private func stage() async throws -> Stage {
        let fixture = FixtureDirectory.edgeCases()
        let authority = try await LocalCertificates()
        var options = SlapdOptions(
            ldif: .text(fixture.ldif), suffix: fixture.suffix,
            certificates: try await authority.server(names: ["127.0.0.1"]))
        options.minimumPasswordLength = 12
        let server = try await SlapdServer(options)
        let running = try await TestGateway.open(
            extra: """
                providers:
                  - id: works
                    type: ldap
                    name: Works
                    domains: [example.org]
                    servers: ["ldap://127.0.0.1:\(server.ports.ldap)"]
                    tls: { ca_file: "\(authority.authorityFile)", start_tls: true }
                    bind_dn: "\(server.serviceDN)"
                    bind_password_file: bind.password
                    login: { method: search, bind_limit: 5 }
                    people: { base: "\(fixture.peopleBase)", attributes: { mail: mail } }
                    groups: { base: "\(fixture.groupsBase)" }
                """, files: ["bind.password": server.servicePassword])
        return Stage(server: server, fixture: fixture, running: running, authority: authority)
    }

    private func signIn(_ browser: WebPerson, _ login: String, _ password: String) async throws {
        try await browser.open(WebPerson.gateway + "/login")
        try await browser.submit("identifier", ["identifier": login])
        try await browser.submit("password", ["username": login, "password": password])
    }

    private func isSignedIn(_ browser: WebPerson) async throws -> Bool {
        try await browser.open(WebPerson.gateway + "/account")
        return browser.status == 200 && browser.url == WebPerson.gateway + "/account"
    }

    /// What the page's alert says; nil without one.
    private func alert(_ browser: WebPerson) -> String? {
        guard let start = browser.page.firstRange(of: "id=\"error\"><strong>")?.upperBound else { return nil }
        return String(browser.page[start...].prefix { $0 != "<" })
    }

    /// What the server says to a bind by itself.
    private func binds(_ person: FixturePerson, _ password: String, _ server: SlapdServer) throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/ldapwhoami")
        process.arguments = ["-x", "-H", server.ldapURL, "-D", person.dn, "-w", password]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    // Matrix row 28: the change form works.
    @Test func itIsChangedInTheDirectoryBeforeAnybodyIsSignedIn() async throws {
        let stage = try await stage()
        let person = try #require(stage.fixture.person("must-change"))
        let new = "an entirely different phrase"
        try await stage.running.serve { api in
            let browser = WebPerson(api.client)
            try await self.signIn(browser, person.login, person.password)
            #expect(
                browser.page.contains("name=\"current\""), "\(browser.status) \(self.alert(browser) ?? browser.page)")
            #expect(try await !self.isSignedIn(browser), "nobody is signed in with the old password")

            try await self.signIn(browser, person.login, person.password)
            func change(_ current: String, _ new: String, again: String? = nil) async throws {
                try await browser.submit("current", ["current": current, "password": new, "repeated": again ?? new])
            }
            try await change("not the old one at all", new)
            #expect(self.alert(browser) == "Your current password is not right.")
            try await change(person.password, new, again: new + "!")
            #expect(self.alert(browser) == "The two passwords are not the same.")
            try await change(person.password, "too short")
            #expect(self.alert(browser) == "The directory does not accept this password. Please choose another one.")
            #expect(try self.binds(person, person.password, stage.server), "nothing has changed so far")

            try await change(person.password, new)
            #expect(
                browser.url == WebPerson.gateway + "/account",
                "\(browser.status) \(self.alert(browser) ?? browser.page)")
            #expect(try await self.isSignedIn(browser))
            #expect(try self.binds(person, new, stage.server))
            #expect(try !self.binds(person, person.password, stage.server))

            let other = WebPerson(api.client)
            try await self.signIn(other, person.login, person.password)
            #expect(try await !self.isSignedIn(other), "the old password opens nothing any more")
            let again = WebPerson(api.client)
            // By the mail address this time, whose domain leads to the directory.
            try await Task.sleep(for: .seconds(1.1))
            try await self.signIn(again, person.mail, new)
            #expect(try await self.isSignedIn(again), "\(self.alert(again) ?? again.page)")
        }
        stage.server.stop()
    }

    // Matrix row 28: an expired password that is good for a few binds more is changed while it still can be.
    @Test func aGraceLoginLeadsToTheChangeForm() async throws {
        let stage = try await stage()
        let person = try #require(stage.fixture.person("grace"))
        let new = "an entirely different phrase"
        try await stage.running.serve { api in
            let browser = WebPerson(api.client)
            try await self.signIn(browser, person.login, person.password)
            #expect(browser.page.contains("name=\"current\""), "\(self.alert(browser) ?? browser.page)")
            try await browser.submit("current", ["current": person.password, "password": new, "repeated": new])
            #expect(try await self.isSignedIn(browser), "\(self.alert(browser) ?? browser.page)")
            #expect(try self.binds(person, new, stage.server))
        }
        stage.server.stop()
    }

    @Test func wrongPresentPasswordsAreCountedAgainstTheDirectorysLimit() async throws {
        let stage = try await stage()
        let person = try #require(stage.fixture.person("must-change"))
        try await stage.running.serve { api in
            let browser = WebPerson(api.client)
            try await self.signIn(browser, person.login, person.password)
            var alerts: [String?] = []
            for number in 0..<7 {
                try await browser.submit(
                    "current",
                    [
                        "current": "wrong \(number)", "password": "an entirely different phrase",
                        "repeated": "an entirely different phrase",
                    ])
                alerts.append(self.alert(browser))
            }
            #expect(alerts.prefix(5).allSatisfy { $0 == "Your current password is not right." }, "\(alerts)")
            #expect(alerts.suffix(2).allSatisfy { $0?.hasPrefix("Too many attempts.") == true }, "\(alerts)")
        }
        stage.server.stop()
    }
}
