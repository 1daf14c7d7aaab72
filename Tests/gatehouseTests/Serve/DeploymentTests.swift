import ArgumentParser
import Foundation
import Testing

@testable import Gateway
@testable import gatehouse

/// What systemd, launchd and Nix are told is about the program as it is. What their own tools say of the files is asked by
/// `make deployment`.
@Suite("The files that others start the gateway by")
struct DeploymentTests {
    private static let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { path, _ in
        path.deletingLastPathComponent()
    }.path

    private static let seedVariables: KeyValuePairs = [
        "NATS_URL": "nats://localhost:4222", "STREAM_NAME": "POLICY_EVENTS", "LOG_LEVEL": "info",
        "SNAPSHOT_FREQUENCY": "100",
    ]

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: Self.root + "/config/" + path, encoding: .utf8)
    }

    private func units() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: Self.root + "/config/systemd")
            .filter { $0.hasSuffix(".service") }.sorted()
    }

    /// The arguments of every command of ours that a unit runs.
    private func commands(in unit: String) -> [[String]] {
        unit.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("Exec"), let value = line.split(separator: "=", maxSplits: 1).last else { return nil }
            let words = value.split(separator: " ").map(String.init)
            return words.first == "/usr/local/bin/gatehouse" ? Array(words.dropFirst()) : nil
        }
    }

    private func isUnderstood(_ arguments: [String]) -> Bool { (try? Gatehouse.parseAsRoot(arguments)) != nil }

    @Test("every unit runs commands that there are, with options that they have")
    func commandsExist() throws {
        var count = 0
        for unit in try units() {
            for arguments in try commands(in: text("systemd/" + unit)) {
                #expect(isUnderstood(arguments), "\(unit): \(arguments)")
                count += 1
            }
        }
        #expect(count == 6)
        #expect(!isUnderstood(["serve", "--daemon"]))
        #expect(!isUnderstood(["db", "dump", "x"]))
    }

    @Test("S0-79 a read-only system, no homes, no new privileges, and networks only; the control socket beside them")
    func hardening() throws {
        let gateway = try text("systemd/gatehouse.service").components(separatedBy: "\n")
        let helpers = try text("systemd/gatehouse-.service.d/50-hardening.conf").components(separatedBy: "\n")
        for line in [
            "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "NoNewPrivileges=yes",
            "CapabilityBoundingSet=", "SystemCallFilter=@system-service", "MemoryDenyWriteExecute=yes", "UMask=0077",
        ] {
            #expect(gateway.contains(line) && helpers.contains(line), "\(line)")
        }
        let families = gateway.filter { $0.hasPrefix("RestrictAddressFamilies=") }
        #expect(families == ["RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX"])
        #expect(helpers.contains("RestrictAddressFamilies=AF_UNIX") && helpers.contains("PrivateNetwork=yes"))
    }

    @Test("every variable of ours that the files set is one that the program reads")
    func variables() throws {
        let known = EnvironmentNames().known.union(
            ["keys.master_key_file", "server.listen"].map(EnvironmentNames.name(of:)))
        let files = try FileManager.default.subpathsOfDirectory(atPath: Self.root + "/config")
            .filter { name in ["systemd/", "launchd/", "nix/"].contains { name.hasPrefix($0) } }
        var found: Set<String> = []
        for file in files {
            // Folders are no text.
            guard let text = try? text(file) else { continue }
            found.formUnion(text.matches(of: /GATEHOUSE_[A-Z_]*[A-Z]/).map { String($0.output) })
        }
        #expect(found.contains("GATEHOUSE_CONFIG"))
        #expect(found.subtracting(known) == [])
    }

    @Test("S0-81 the leaf module has the seed's options with its defaults, for both systems, under the seed's name too")
    func leafModule() throws {
        let module = try text("nix/leaf.nix")
        for (option, value) in [
            ("natsUrl", "\"nats://localhost:4222\""), ("streamName", "\"POLICY_EVENTS\""), ("logLevel", "\"info\""),
            ("snapshotFrequency", "100"),
        ] {
            let parts = module.components(separatedBy: "    \(option) = mkOption {")
            #expect(parts.count == 2, "\(option)")
            #expect(parts.last?.components(separatedBy: "\n    };").first?.contains("default = \(value);") == true)
        }
        for (name, _) in Self.seedVariables { #expect(module.contains("\(name) = "), "\(name)") }
        #expect(module.contains("options ? systemd") && module.contains("options ? launchd"))
        #expect(module.contains("\"policy-service\"") && module.contains("mkAliasOptionModule"))
    }

    @Test("S0-82 the container has the leaf module, the template the units, and neither holds a secret")
    func containers() throws {
        #expect(try text("nix/container.nix").contains("imports = [ ./leaf.nix ];"))
        #expect(try text("lxc/build").contains("\"$here/../systemd/install\" \"$program\""))
        let container = try text("lxc/gatehouse.conf").components(separatedBy: "\n")
        #expect(container.contains("unprivileged: 1") && container.contains("features: nesting=1"))
        let installed = try text("systemd/install")
        #expect(!installed.contains("master.key") && !installed.contains("/etc/"))
    }

    @Test("S0-83 the job of launchd runs the same command with the seed's variables, and no memory dumps")
    func launchdJob() throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: Self.root + "/config/launchd/org.gatehouse.gateway.plist"))
        let list = try PropertyListSerialization.propertyList(from: data, options: [], format: nil)
        let job = try #require(list as? [String: Any])
        let command = try #require(job["ProgramArguments"] as? [String])
        #expect(isUnderstood(Array(command.dropFirst())) && command.count == 2)
        let environment = try #require(job["EnvironmentVariables"] as? [String: String])
        let example = try text("systemd/gatehouse.env")
        for (name, value) in Self.seedVariables {
            #expect(environment[name] == value)
            #expect(example.contains("#\(name)=\(value)\n"))
        }
        let limits = try #require(job["HardResourceLimits"] as? [String: Int])
        #expect(limits["Core"] == 0)
        #expect(job["Umask"] as? Int == 0o077)
    }
}
