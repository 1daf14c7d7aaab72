import Foundation
import Glibc
import Synchronization

/// A real slapd on 127.0.0.1, in a folder of its own. It ends with `stop()`, with the object that holds it, or with the
/// process.
public final class SlapdServer: Sendable {
    /// Where the server listens on loopback.
    public struct Ports: Sendable, Hashable {
        public let ldap: Int
        /// Nil without certificates.
        public let ldaps: Int?
    }

    public let ports: Ports
    public let suffix: String
    public let rootDN: String
    public let rootPassword: String
    /// An account that reads every entry, but no password, without limits.
    public let serviceDN: String
    public let servicePassword: String
    private let options: SlapdOptions
    private let folder: String
    private let child = Mutex<ChildProcess?>(nil)

    public static let executable = "/usr/sbin/slapd"
    static let loader = "/usr/sbin/slapadd"

    public var ldapURL: String { "ldap://127.0.0.1:\(ports.ldap)" }
    public var ldapsURL: String? { ports.ldaps.map { "ldaps://127.0.0.1:\($0)" } }

    /// True when Debian's slapd package is installed.
    public static var isInstalled: Bool {
        [executable, loader].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Loads the entries and returns when the server accepts connections.
    ///
    /// - Throws: `FixtureError`, with the end of the program's own output.
    public convenience init(ldif: String, suffix: String, certificates: ServerCertificate? = nil) async throws {
        try await self.init(SlapdOptions(ldif: .text(ldif), suffix: suffix, certificates: certificates))
    }

    /// Loads the entries of a file and returns when the server accepts connections.
    ///
    /// - Throws: `FixtureError`, with the end of the program's own output.
    public convenience init(ldif: URL, suffix: String, certificates: ServerCertificate? = nil) async throws {
        try await self.init(SlapdOptions(ldif: .file(ldif), suffix: suffix, certificates: certificates))
    }

    /// As the shorter initializers, with every choice.
    ///
    /// - Throws: `FixtureError`, with the end of the program's own output.
    public init(_ options: SlapdOptions) async throws {
        try options.validate()
        guard Self.isInstalled else { throw FixtureError("\(Self.executable) is missing; install the package slapd.") }
        self.options = options
        suffix = options.suffix
        rootDN = "cn=root,\(options.suffix)"
        rootPassword = UUID().uuidString
        serviceDN = "cn=gatehouse-service,\(options.suffix)"
        servicePassword = UUID().uuidString
        folder = NSTemporaryDirectory() + "gatehouse-slapd-" + UUID().uuidString
        let plain = options.port == 0 ? try LoopbackPort.free() : options.port
        let secure = options.securePort == 0 ? try LoopbackPort.free() : options.securePort
        ports = Ports(ldap: plain, ldaps: options.certificates == nil ? nil : secure)
        do {
            try await load()
            try await start()
        } catch {
            stop()
            throw error
        }
    }

    deinit { stop() }

    /// What the server wrote so far: its operations when `SlapdOptions.logsOperations` is set.
    public var log: String { (try? String(contentsOfFile: folder + "/slapd.log", encoding: .utf8)) ?? "" }

    public var processIdentifier: Int32? { child.withLock { $0?.identifier } }

    /// Ends the server and removes its folder. A second call does nothing.
    public func stop() {
        child.withLock { child in
            child?.end()
            child = nil
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Ends the server at once, as a crash would; `restart` brings it back with its entries.
    public func crash() {
        child.withLock { child in
            child?.kill()
            child = nil
        }
    }

    /// Ends the server if it runs and starts it again at the same ports, with the entries it had.
    ///
    /// - Throws: `FixtureError`, also after `stop`, which removed the entries.
    public func restart() async throws {
        child.withLock { child in
            child?.end()
            child = nil
        }
        guard FileManager.default.fileExists(atPath: folder + "/data") else {
            throw FixtureError("A stopped server has no entries left to start with.")
        }
        try await start()
    }

    /// Holds the server still: connections are accepted by the system, and nothing answers.
    public func pause() { child.withLock { $0?.suspend() } }

    /// Lets a suspended server go on; what clients sent meanwhile is answered then.
    public func resume() { child.withLock { $0?.signal(SIGCONT) } }

    private func load() async throws {
        for name in ["config", "data"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        let text = SlapdText(
            options: options, folder: folder, rootDN: rootDN, rootPassword: rootPassword, serviceDN: serviceDN,
            servicePassword: servicePassword, policyDN: "cn=gatehouse-password-policy,\(suffix)")
        try await add(text.configuration, database: 0)
        switch options.ldif {
        case .text(let entries): try await add(entries, database: 1)
        case .file(let file): try await add(file: file.path, database: 1)
        }
        try await add(text.ownEntries, database: 1)
    }

    private func add(_ ldif: String, database: Int) async throws {
        let file = folder + "/load.ldif"
        try Data(ldif.utf8).write(to: URL(fileURLWithPath: file))
        try await add(file: file, database: database)
        try FileManager.default.removeItem(atPath: file)
    }

    private func add(file: String, database: Int) async throws {
        let quick = database == 0 ? [] : ["-q"]
        try await ChildProcess.run([Self.loader] + quick + ["-n", "\(database)", "-F", folder + "/config", "-l", file])
    }

    private func start() async throws {
        let urls = [ldapURL, ldapsURL].compactMap(\.self).joined(separator: " ")
        let level = options.logsOperations ? "stats" : "none"
        let started = try ChildProcess(
            [Self.executable, "-d", level, "-h", urls, "-F", folder + "/config"], output: folder + "/slapd.log",
            atParentsEnd: .kill)
        child.withLock { $0 = started }
        let expected = [ports.ldap, ports.ldaps].compactMap(\.self)
        for _ in 0..<500 {
            guard started.isRunning else { break }
            if expected.allSatisfy(LoopbackPort.accepts) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        started.end()
        throw FixtureError("slapd did not start: \(log.suffix(2_000))")
    }
}
