import Fetch
import Fixtures
import Foundation
import Testing
import Vocabulary

@Suite("No secret of a whole walk is in a log, the database, its write-ahead log or a segment")
struct SecretsNowhereTests {
    // S17: logs without secrets, at the level that says most.
    @Test func everySecretIsLookedForInEveryByte() async throws {
        let fixture = FixtureDirectory.edgeCases()
        let certificates = try await LocalCertificates(name: "Directory authority")
        let slapd = try await SlapdServer(
            ldif: fixture.ldif, suffix: fixture.suffix,
            certificates: try await certificates.server(names: ["127.0.0.1", "localhost"]))
        defer { slapd.stop() }
        let installed = try await Installed { text in
            text.replacingOccurrences(
                of: "  - { id: local, type: local, name: Password }\n",
                with: "  - { id: local, type: local, name: Password }\n"
                    + Self.directory(slapd, fixture, certificates.authorityFile))
        }
        try slapd.servicePassword.write(
            toFile: installed.folder + "/conf/directory.password", atomically: true, encoding: .utf8)
        chmod(installed.folder + "/conf/directory.password", 0o400)
        let (log, secrets) = try await installed.serving(environment: ["GATEHOUSE_LOGGING_LEVEL": "trace"]) { program in
            let secrets = try await Self.walk(installed, fixture)
            // While it runs, the newest rows stand in the write-ahead log.
            #expect(FileManager.default.fileExists(atPath: installed.data + "/gatehouse.db-wal"))
            try Self.search(secrets, installed)
            return (program.log, secrets)
        }
        try await Self.finish(installed, secrets, slapd, log)
    }

    private static func finish(
        _ installed: Installed, _ walked: [String: String], _ slapd: SlapdServer, _ log: String
    ) async throws {
        var secrets = walked
        let key = try String(contentsOfFile: installed.folder + "/conf/master.key", encoding: .utf8)
        secrets["master key"] = key.trimmingCharacters(in: .whitespacesAndNewlines)
        secrets["recovery code of the key"] = installed.recoveryCode
        secrets["bind password"] = slapd.servicePassword
        try await installed.done("db", "backup", installed.folder + "/backup.db")
        try await installed.done("audit", "export", installed.folder + "/export", "--with-sections")
        try search(secrets, installed)
        for file in ["backup.db", "backup.db.manifest.json", "export"].map({ installed.folder + "/" + $0 }) + [log] {
            let found = secrets.filter {
                Installed.holds(FileManager.default.contents(atPath: file) ?? Data(), $0.value)
            }
            #expect(found.keys.sorted() == [], "\(file)")
        }
        // The search finds what is there: a login stands in the database, and messages in the log.
        #expect(try !Installed.find(["login": "admin"], below: installed.data).isEmpty)
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(text.contains("\"level\":\"trace\"") || text.contains("\"level\":\"debug\""))
        #expect(secrets.count >= 25)
    }

    private static func search(_ secrets: [String: String], _ installed: Installed) throws {
        // The one file that is there to hold a secret, the set-up link, is private and not the database's.
        let found = try Installed.find(secrets, below: installed.data).filter { !$0.hasSuffix("in setup-link") }
        #expect(found == [])
        #expect(try Installed.find(secrets, below: installed.data + "-heads") == [])
        let segments = try FileManager.default.contentsOfDirectory(atPath: installed.data + "/decisions")
        #expect(!segments.isEmpty)
    }

    private static func walk(_ installed: Installed, _ fixture: FixtureDirectory) async throws -> [String: String] {
        let link = try Installed.link(in: String(contentsOfFile: installed.data + "/setup-link", encoding: .utf8))
        let walk = try AdministratorWalk(installed)
        try await walk.setUp(link)
        _ = try await walk.signIn()
        var secrets = walk.secrets
        secrets["reset link"] = String(
            try Installed.link(in: try await installed.done("user", "link", "reset", "admin")).split(separator: "/")
                .last
                ?? "")
        try await installed.done("service-account", "add", "reporting")
        let key = try await installed.done("api-key", "add", "reporting", "nightly")
        secrets["API key"] = String(key.split(separator: "\n")[0])
        try await use(secrets["API key"] ?? "", installed, &secrets)
        // A directory login, right and wrong.
        let person = try #require(
            fixture.people.first { $0.state == .active && $0.login.allSatisfy { c in c.isLetter && c.isASCII } })
        for password in [person.password, "not-the-password-\(UInt32.random(in: 0...UInt32.max))"] {
            let browser = try installed.browser()
            try await browser.open("https://localhost:\(installed.port)/login")
            try await browser.submit(formWith: "identifier", ["identifier": person.login + "@corp.example"])
            try await browser.submit(formWith: "password", ["password": password])
            secrets["directory password \(password.count)"] = password
            for (name, value) in browser.cookies { secrets["\(name) \(password.count)"] = value }
        }
        // People type passwords where logins belong.
        let typed = "typed-in-the-wrong-field-\(UInt32.random(in: 0...UInt32.max))"
        let browser = try installed.browser()
        try await browser.open("https://localhost:\(installed.port)/login")
        try await browser.submit(formWith: "identifier", ["identifier": typed])
        if browser.page.contains("name=\"password\"") {
            try await browser.submit(formWith: "password", ["password": "whatever it was, it is wrong"])
        }
        secrets["password typed as a login"] = typed
        try await installed.done("decide", "admin", "read", "page:/handbook")
        return secrets
    }

    private static func use(_ key: String, _ installed: Installed, _ secrets: inout [String: String]) async throws {
        let browser = try installed.browser()
        let base = "https://localhost:\(installed.port)"
        try await browser.request(
            .get, base + "/api/v1/people", headers: [FetchHeader("Authorization", "Bearer \(key)")])
        #expect(browser.status == 403)
        let wrong = "gh_k_" + String(repeating: "A", count: 43)
        try await browser.request(
            .get, base + "/api/v1/people?token=query-\(wrong)",
            headers: [FetchHeader("Authorization", "Bearer \(wrong)")])
        #expect(browser.status == 401)
        secrets["wrong API key"] = wrong
    }

    private static func directory(
        _ slapd: SlapdServer, _ fixture: FixtureDirectory, _ authorityFile: String
    ) -> String {
        """
          - id: corp
            type: ldap
            domains: [corp.example]
            servers: ["\(slapd.ldapsURL ?? "")"]
            tls: { ca_file: "\(authorityFile)" }
            bind_dn: "\(slapd.serviceDN)"
            bind_password_file: directory.password
            people: { base: "\(fixture.peopleBase)", attributes: { display_name: cn, mail: mail } }

        """
    }
}
