import Fetch
import Fixtures
import Foundation
import Testing
import Vocabulary

@Suite("Directories and their jobs are seen from outside")
struct ProviderHealthTests {
    private static func installed(_ slapd: SlapdServer, _ fixture: FixtureDirectory, _ authority: String) async throws
        -> Installed
    {
        let installed = try await Installed { text in
            let provider = """
                  - id: corp
                    type: ldap
                    domains: [corp.example]
                    servers: ["\(slapd.ldapsURL ?? "")"]
                    tls: { ca_file: "\(authority)" }
                    connect_timeout: 500ms
                    bind_dn: "\(slapd.serviceDN)"
                    bind_password_file: directory.password
                    people: { base: "\(fixture.peopleBase)", attributes: { display_name: cn, mail: mail } }
                    groups: { base: "\(fixture.groupsBase)" }
                mfa:
                """.split(separator: "\n").joined(separator: "\n")
            return text.replacingOccurrences(
                of: "mfa:", with: provider.replacingOccurrences(of: "\n    mfa:", with: "\nmfa:"))
        }
        let file = installed.folder + "/conf/directory.password"
        try slapd.servicePassword.write(toFile: file, atomically: true, encoding: .utf8)
        chmod(file, 0o400)
        return installed
    }

    @Test func aDirectoryThatIsDownIsNamedAndTheGatewayStaysReady() async throws {
        let fixture = FixtureDirectory.edgeCases()
        let certificates = try await LocalCertificates(name: "Directory authority")
        let slapd = try await SlapdServer(
            ldif: fixture.ldif, suffix: fixture.suffix,
            certificates: try await certificates.server(names: ["127.0.0.1", "localhost"]))
        defer { slapd.stop() }
        let installed = try await Self.installed(slapd, fixture, certificates.authorityFile)
        try await installed.serving { _ in
            try await Self.runJob(installed)
            let good = try await installed.ask("/readyz")
            #expect(good.status == 200 && good.text.contains("\"provider\":\"corp\",\"state\":\"up\""), "\(good.text)")
            #expect(good.text.contains("\"state\":\"done\"") && good.text.contains("age_seconds"))
            slapd.stop()
            let failed = try await installed.run("sync", "run", "corp")
            #expect(failed.status == 1)
            let down = try await installed.ask("/readyz")
            #expect(down.status == 200 && down.text.contains("\"status\":\"ready\""))
            #expect(down.text.contains("\"provider\":\"corp\",\"state\":\"down\""), "\(down.text)")
            #expect(down.text.contains("\"state\":\"failed\"") && down.text.contains("\"failure\":\"directory."))
            let metrics = try await installed.ask("/metrics").text
            #expect(metrics.contains("gatehouse_provider_up{provider=\"corp\",tenant=\"main\"} 0"))
            #expect(metrics.contains("gatehouse_provider_up{provider=\"local\",tenant=\"main\"} 1"))
            #expect(metrics.contains("gatehouse_sync_last_run_ok{provider=\"corp\",tenant=\"main\"} 0"))
            #expect(metrics.contains("gatehouse_sync_last_run_age_seconds{provider=\"corp\",tenant=\"main\"}"))
            // To everybody else the state is shown, and not why.
            let browser = try installed.browser()
            try await browser.request(.get, "https://localhost:\(installed.port)/readyz")
            #expect(browser.status == 200 && browser.page.contains("\"state\":\"down\""))
            #expect(!browser.page.contains("\"failure\""))
            #expect(try await installed.done("sync", "list").contains("failed"))
        }
    }

    /// On a terminal there is a bar; elsewhere only the result.
    private static func runJob(_ installed: Installed) async throws {
        let plain = try await installed.run("sync", "run", "corp", "--dry-run")
        #expect(plain.status == 0 && plain.error == "", "\(plain.error)")
        let command = "'\(GatehouseProgram.path)' sync run corp --config '\(installed.configuration)'"
        let terminal = try await GatehouseProgram.run(
            "/usr/bin/script", ["-qec", command, "/dev/null"], environment: GatehouseProgram.environment())
        #expect(terminal.status == 0, "\(terminal.output)")
        #expect(terminal.output.contains("\r\u{1B}[Kcorp  "))
        let list = try await installed.done("sync", "list")
        #expect(list.contains("corp") && list.contains("done") && list.contains("manual"), "\(list)")
    }
}
