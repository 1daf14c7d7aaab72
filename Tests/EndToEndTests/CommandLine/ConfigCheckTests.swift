import Foundation
import HTTPAPI
import Testing
import Vocabulary

@Suite("A configuration is checked with all it names, and nothing is started", .timeLimit(.minutes(3)))
struct ConfigCheckTests {
    private static let directory = """

        providers:
          - id: corp
            type: ldap
            servers: [ldaps://ldap.invalid]
            bind_dn: cn=reader,dc=example,dc=org
            bind_password_file: corp.password
            tls: { ca_file: corp.pem }
            people: { base: "dc=example,dc=org", filter: "(objectClass=person" }
        policies:
          - file: door.yaml
        """

    private static func bad(_ text: String) throws -> [String] {
        let list = try #require(try StrictJSON.parse(Array(text.utf8)).list)
        return list.filter { $0["good"] == false }.compactMap { $0["detail"]?.string }
    }

    @Test func whatInitWroteHasNoFaultsAndNothingWasMade() async throws {
        let installed = try await Installed()
        let outcome = try await installed.run("config", "check")
        #expect(
            outcome.status == 0 && outcome.output.contains("✓ configuration: "), "\(outcome.output)\(outcome.error)")
        #expect(outcome.output.contains("✓ TLS: ") && outcome.output.contains("✓ master key: "))
        #expect(!FileManager.default.fileExists(atPath: installed.data + "/gatehouse.db"))
        // Beside a server it is as quiet.
        try await installed.serving { _ in
            let beside = try await installed.run("config", "check")
            #expect(beside.status == 0)
        }
    }

    @Test func everythingThatIsNamedAndNotThereIsToldAtOnce() async throws {
        let installed = try await Installed { text in
            text.replacing(/(?m)^providers:(?:\n[ -].*)*/, with: "").replacing(/(?m)^policies:(?:\n[ -].*)*/, with: "")
                + Self.directory
        }
        let conf = installed.folder + "/conf/"
        let first = try await installed.run("config", "check", "--json")
        #expect(first.status == 1 && first.error.contains("checks failed"), "\(first.error)")
        let faults = try Self.bad(first.output)
        for word in ["corp.password", "corp.pem", "door.yaml"] {
            #expect(faults.contains { $0.contains(word) }, "\(word): \(faults)")
        }
        // Mended one after the other: a secret that others can read, an authority that is none, half a policy.
        try "secret\n".write(toFile: conf + "corp.password", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: conf + "corp.password")
        try "no certificate".write(toFile: conf + "corp.pem", atomically: true, encoding: .utf8)
        try "version: 1\npolicies: [ { id: door, efect: allow } ]\n"
            .write(toFile: conf + "door.yaml", atomically: true, encoding: .utf8)
        let second = try await Self.bad(installed.run("config", "check", "--json").output)
        for word in ["can be read by other users", "no certificate in PEM", "efect"] {
            #expect(second.contains { $0.contains(word) }, "\(word): \(second)")
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: conf + "corp.password")
        try FileManager.default.removeItem(atPath: conf + "corp.pem")
        try FileManager.default.copyItem(atPath: installed.authorityFile, toPath: conf + "corp.pem")
        try "version: 1\npolicies: []\n".write(toFile: conf + "door.yaml", atomically: true, encoding: .utf8)
        let third = try await Self.bad(installed.run("config", "check", "--json").output)
        #expect(third.count == 1 && third.allSatisfy { $0.contains("people.filter") }, "\(third)")
    }

    @Test func faultsOfTheFileAndOfWhatItNamesComeTogether() async throws {
        let installed = try await Installed {
            $0.replacingOccurrences(of: "version: 1", with: "version: 1\nsevrer: {}")
                .replacing(/master_key_file: [^ }]*/, with: "master_key_file: elsewhere.key")
        }
        let outcome = try await installed.run("config", "check")
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("✗ configuration: line 3: sevrer"), "\(outcome.output)\(outcome.error)")
        #expect(
            outcome.output.contains("✗ master key: ") && outcome.output.contains("elsewhere.key"), "\(outcome.output)")
        let missing = try await GatehouseProgram.run(["config", "check", "--config", "/nonexistent.yaml"])
        #expect(missing.status == 1 && missing.error.contains("cannot be read"))
    }
}
