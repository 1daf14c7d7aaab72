import ArgumentParser
import Foundation
import Gateway
import HTTPAPI
import Vocabulary

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks configuration, clock, storage, TLS and each provider, and says cause and cure.")
    @OptionGroup var location: ConfigurationOption
    @Flag(help: "Print the findings as JSON.") var json = false

    func run() async throws {
        let configuration = try location.load()
        var quiet = configuration.logging
        quiet.level = .error
        let findings = await Doctor(configuration, logger: LogLines.logger(quiet)).examine()
        if json {
            let list = findings.map { finding -> AttributeValue in
                ["subject": .string(finding.subject), "good": .bool(finding.isGood), "detail": .string(finding.detail)]
            }
            Console.line(CanonicalJSON.encode(.list(list)))
        } else {
            Console.line("✓ configuration: \(location.path) has no faults")
            for finding in findings {
                Console.line("\(finding.isGood ? "✓" : "✗") \(finding.subject): \(Console.plain(finding.detail))")
            }
        }
        let bad = findings.count { !$0.isGood }
        if bad > 0 { throw CommandRefusal("\(bad) of \(findings.count) checks failed.") }
    }
}

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
            atPath: file, contents: Data(configuration(data).utf8), attributes: [.posixPermissions: 0o640])
        guard isWritten else { throw CommandRefusal("\(file) cannot be written.") }
        _ = try ConfigurationLoader.load(file: file, environment: [:])
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
            """)
    }

    private func configuration(_ data: String) -> String {
        """
        # Made by `gatehouse init`. Every setting is explained in config/gatehouse.yaml of the source.
        version: 1
        server:
          listen: 127.0.0.1:8443
          public_url: \(publicURL)
          tls: { certificate_file: server.pem, key_file: server.key }
          trusted_proxies: []
        storage: { directory: "\(data)" }
        keys: { master_key_file: master.key }
        tenants:
          - { slug: main, name: Main }
        providers:
          - { id: local, type: local, name: Password }
        mfa:
          required_roles: [Admin, Operator]
        journal:
          # Put this on another machine or volume: without a head kept outside, a cut tail cannot be noticed.
          sinks:
            - { type: file, path: "\(data)-heads/heads.jsonl" }
        logging: { level: info, format: json }

        """
    }
}

struct DatabaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db", abstract: "The store as a whole; while no server runs.",
        subcommands: [Backup.self, Check.self])

    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copies the store to a new file, with a manifest beside it.")
        @Argument(help: "The new file.") var file: String
        @OptionGroup var location: ConfigurationOption

        func run() async throws {
            let bytes = try await location.withStore { try await $0.backup(to: URL(fileURLWithPath: file).path) }
            Console.line("Wrote \(file) (\(bytes) bytes) and \(file).manifest.json. The master key is in neither.")
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Recomputes rows, trees, heads and keys, and says what does not agree.")
        @OptionGroup var location: ConfigurationOption

        func run() async throws {
            let findings = try await location.withStore { try await $0.check() }
            for finding in findings { Console.error("✗ \(finding)") }
            if !findings.isEmpty { throw CommandRefusal("The store is not sound.") }
            Console.line("✓ The store is sound.")
        }
    }
}

extension ConfigurationOption {
    /// Opens the gateway under the process lock for one piece of work; a running server keeps it out.
    func withStore<Answer>(_ body: (Gateway) async throws -> Answer) async throws -> Answer {
        let configuration = try load()
        var quiet = configuration.logging
        quiet.level = .error
        let gateway = try await Gateway.open(configuration, logger: LogLines.logger(quiet))
        do {
            let answer = try await body(gateway)
            try await gateway.close()
            return answer
        } catch {
            try? await gateway.close()
            throw error
        }
    }
}
