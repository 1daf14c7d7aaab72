import Fixtures
import Foundation
import Gateway
import Vocabulary

/// A folder with a gateway's configuration, and the directory beside it.
final class Stage {
    let folder: String
    let directory: SlapdServer
    let truth: LargeDirectory
    private let certificates: LocalCertificates
    private var passwordFile: String { folder + "/directory.password" }
    var configurationFile: String { folder + "/gatehouse.yaml" }
    var dataFolder: String { folder + "/data" }
    var masterKeyFile: String { folder + "/master.key" }

    init(people: Int) async throws {
        folder = NSTemporaryDirectory() + "gatehouse-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder + "/heads", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let file = URL(fileURLWithPath: folder + "/tree.ldif")
        truth = try FixtureDirectory.large(people: people, groups: max(2, people / 50), to: file)
        certificates = try await LocalCertificates()
        let server = try await certificates.server(names: ["localhost", "127.0.0.1"])
        directory = try await SlapdServer(ldif: file, suffix: truth.suffix, certificates: server)
        try FileManager.default.removeItem(at: file)
        _ = try Installation.makeMasterKey(at: masterKeyFile)
        try Installation.writeSecret(SecretText(directory.servicePassword), to: passwordFile)
        try configuration.write(toFile: configurationFile, atomically: true, encoding: .utf8)
    }

    deinit {
        directory.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private var configuration: String {
        """
        version: 1
        server: { listen: "127.0.0.1:0", public_url: "https://gate.localhost" }
        storage: { directory: data }
        keys: { master_key_file: master.key }
        tenants: [{ slug: main, name: Bench, public_url: "https://gate.localhost" }]
        providers:
          - { id: local, type: local, name: Password }
          - id: corporate
            type: ldap
            name: Directory
            servers: ["\(directory.ldapsURL ?? "")"]
            tls: { ca_file: "\(certificates.authorityFile)" }
            operation_timeout: 20s
            bind_dn: "\(directory.serviceDN)"
            bind_password_file: directory.password
            people:
              base: "\(truth.peopleBase)"
              attributes:
                { display_name: cn, given_name: givenName, family_name: sn, mail: mail, department: departmentNumber }
            groups: { base: "\(truth.groupsBase)", nested: true }
            sync: { page_size: 1000 }
        mappings:
          - { provider: corporate, group: \(truth.groupKey(0)), role: Reviewer }
          - { provider: corporate, group: \(truth.groupKey(1)), role: Developer }
        # Only passwords of people here are judged by it, and nobody has one.
        passwords: { block_list: false }
        journal:
          head_interval: 5s
          sinks: [{ type: file, path: heads/heads.jsonl }]
        logging: { level: error, format: text }

        """
    }

    /// Runs this program again as the process under test.
    func runJob() throws -> JobResult {
        let result = folder + "/result.json"
        try? FileManager.default.removeItem(atPath: result)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["job", configurationFile, result]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchError("The job failed.") }
        return try JSONDecoder().decode(JobResult.self, from: Data(contentsOf: URL(fileURLWithPath: result)))
    }

    /// Seconds that OpenLDAP's own client takes for the same two searches, pages and attributes over the same TLS.
    func readWithLdapsearch() throws -> Double {
        let start = ContinuousClock.now
        try ldapsearch(
            truth.peopleBase, "(objectClass=inetOrgPerson)",
            ["entryUUID", "uid", "departmentNumber", "cn", "sn", "givenName", "mail", "pwdAccountLockedTime"])
        try ldapsearch(truth.groupsBase, "(objectClass=groupOfNames)", ["entryUUID", "cn", "member"])
        return (ContinuousClock.now - start).seconds
    }

    private func ldapsearch(_ base: String, _ filter: String, _ attributes: [String]) throws {
        // -y takes the file whole, and ours ends in a line feed.
        let bare = folder + "/bare.password"
        let secret = Data(directory.servicePassword.utf8)
        _ = FileManager.default.createFile(atPath: bare, contents: secret, attributes: [.posixPermissions: 0o600])
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/ldapsearch")
        process.arguments =
            [
                "-LLL", "-x", "-H", directory.ldapsURL ?? "", "-D", directory.serviceDN, "-y", bare, "-E",
                "pr=1000/noprompt", "-b", base, filter,
            ] + attributes
        process.environment = ["LDAPTLS_CACERT": certificates.authorityFile, "PATH": "/usr/bin:/bin"]
        process.standardOutput = FileHandle(forWritingAtPath: "/dev/null")
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchError("ldapsearch failed.") }
    }
}
