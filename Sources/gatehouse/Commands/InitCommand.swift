import ArgumentParser
import Foundation
import Gateway
import HTTPAPI
import Vocabulary

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Writes a production configuration and its secrets into a new folder.")
    @Argument(help: "The folder; it must not exist, or be empty.") var folder: String
    @Option(help: "What browsers see, such as https://login.example.org.") var publicURL: String
    @Option(help: "Where rows and journal are kept.") var storage = "/var/lib/gatehouse"

    func validate() throws {
        guard PublicURL(publicURL) != nil else {
            throw ValidationError("--public-url is an https URL without a query.")
        }
    }

    func run() async throws {
        let files = FileManager.default
        let path = URL(fileURLWithPath: folder).path
        if let present = try? files.contentsOfDirectory(atPath: path), !present.isEmpty {
            throw CommandRefusal("\(path) is not empty. Nothing was written.")
        }
        try files.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let code = try Installation.makeMasterKey(at: path + "/master.key")
        let data = URL(fileURLWithPath: storage).path
        // Where heads are kept: made now if it can be, so that the first start finds it.
        try? files.createDirectory(
            atPath: data + "-heads", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let file = path + "/gatehouse.yaml"
        let isWritten = files.createFile(
            atPath: file, contents: Data(configuration(data).utf8), attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw CommandRefusal("\(file) cannot be written.") }
        _ = try ConfigurationLoader.load(file: file, environment: [:])
        say(path, file, code)
    }

    private func say(_ path: String, _ file: String, _ code: SecretText) {
        Console.line(
            """
            Written to \(path):
              gatehouse.yaml        the configuration; add providers, roles and applications
              master.key            opens everything that is encrypted; in no backup
              master.key.recovery   the same key, sealed under the recovery code below

            Recovery code, shown this once. Print it and keep it apart from this machine:

              \(code.reveal())

            Then put the server's certificate at \(path)/server.pem and its key at \(path)/server.key, and run

              gatehouse doctor --config \(file)
              gatehouse serve --config \(file)

            The first start shows a one-time link that makes the first administrator. There is no default password.
            """)
    }

    /// A JSON string is a double-quoted scalar of YAML 1.2.
    private static func quoted(_ text: String) -> String { CanonicalJSON.encode(.string(text)) }

    private func configuration(_ data: String) -> String {
        """
        # Made by `gatehouse init`. Every setting is explained in config/gatehouse.yaml of the source.
        version: 1
        server:
          listen: 127.0.0.1:8443
          public_url: \(Self.quoted(PublicURL(publicURL)?.description ?? publicURL))
          tls: { certificate_file: server.pem, key_file: server.key }
          trusted_proxies: []
        storage: { directory: \(Self.quoted(data)) }
        keys: { master_key_file: master.key }
        tenants:
          - { slug: main, name: Main }
        providers:
          - { id: local, type: local, name: Password }
        mfa:
          required_roles: [Admin, Operator]
        governance:
          # Whoever wrote the last change of a policy does not approve it. With one administrator, say false.
          approve_by_another: true
        journal:
          # Put this on another machine or volume: without a head kept outside, a cut tail cannot be noticed.
          sinks:
            - { type: file, path: \(Self.quoted(data + "-heads/heads.jsonl")) }
          # Who was erased, by id. Copy it with the backups: a restore repeats what it names.
          erasure_log: \(Self.quoted(data + "-heads/erasures.jsonl"))
        logging: { level: info, format: json }

        """
    }
}
