import Crypto
import Foundation
import Vocabulary
import Yams

/// Reads the configuration file, the environment's overrides applied.
public enum ConfigurationLoader {
    /// Larger files are refused before they are parsed.
    static let fileLimit = 4 << 20

    /// - Throws: `ConfigurationFaults` with everything that is wrong, or `Fault` when the file cannot be read.
    public static func load(
        file: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> Configuration {
        try sound(try examine(file: file, environment: environment), file)
    }

    /// Reads the file whatever is wrong in it: what could not be understood has a harmless value and stands among the
    /// faults, so that the rest can be looked at all the same. Nothing may be started with it unless there are none.
    ///
    /// - Throws: `Fault` when the file cannot be read, `ConfigurationFaults` when it is not YAML.
    public static func examine(
        file: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> (configuration: Configuration, faults: [ConfigurationFault]) {
        guard let data = FileManager.default.contents(atPath: file), data.count <= fileLimit,
            let text = String(data: data, encoding: .utf8)
        else {
            throw Fault(
                "configuration.unreadable", .caller, "The configuration file \(file) cannot be read as text.",
                remedy: "Name an existing file with --config, or make one with `gatehouse init`.")
        }
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
        return try read(text, file: file, folder: folder, environment: environment)
    }

    /// Reads configuration text; `file` is only what faults are reported under.
    public static func parse(
        _ text: String, file: String, folder: String, environment: [String: String]
    ) throws -> Configuration {
        try sound(try read(text, file: file, folder: folder, environment: environment), file)
    }

    private static func sound(
        _ read: (configuration: Configuration, faults: [ConfigurationFault]), _ file: String
    ) throws -> Configuration {
        guard read.faults.isEmpty else { throw ConfigurationFaults(file: file, faults: read.faults) }
        return read.configuration
    }

    private static func read(
        _ text: String, file: String, folder: String, environment: [String: String]
    ) throws -> (configuration: Configuration, faults: [ConfigurationFault]) {
        let context = ConfigurationContext(folder: folder, environment: environment)
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            let line = (error as? YamlError).flatMap(Self.line)
            let fault = ConfigurationFault(key: "(file)", line: line, message: "is not valid YAML: \(error)")
            throw ConfigurationFaults(file: file, faults: [fault])
        }
        let section = ConfigurationSection(root, path: "", context: context)
        var configuration = Configuration(section)
        configuration.digest = context.digest(of: text)
        section.finish()
        ConfigurationReferences(configuration, context).check()
        context.reportUnknownVariables()
        return (configuration, context.faults)
    }

    private static func line(_ error: YamlError) -> Int? {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        default: nil
        }
    }
}

extension ConfigurationContext {
    /// SHA-256 over the file and the variables that override it: what is in effect, with secrets named and not told.
    fileprivate func digest(of text: String) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: Data(text.utf8))
        for (name, value) in overrides.sorted(by: { $0.key < $1.key }) {
            hash.update(data: Data("\u{0}\(name)=\(value)".utf8))
        }
        return Array(hash.finalize())
    }
}

extension Configuration {
    init(_ root: ConfigurationSection) {
        if root.integer("version", default: 0, in: 0...Int.max) != 1 {
            root.report("version", "must be 1, the only version this release reads.")
        }
        server = ServerConfiguration(root.section("server"))
        storage = StorageConfiguration(root.section("storage"))
        let keys = root.section("keys")
        masterKey = keys.secret("master_key_file") ?? .environment("GATEHOUSE_MASTER_KEY")
        root.context.note(variable: "GATEHOUSE_MASTER_KEY")
        keys.finish()
        let publicURL = server.publicURL
        tenants = root.sections("tenants", limit: 1_000).map { TenantConfiguration($0, fallback: publicURL) }
        let first = tenants.first?.slug ?? ""
        providers = root.sections("providers", limit: 200).map { ProviderConfiguration($0, tenant: first) }
        roles = root.sections("roles").map { RoleConfiguration($0, tenant: first) }
        mappings = root.sections("mappings").map { MappingConfiguration($0, tenant: first) }
        applications = root.sections("applications").map { ApplicationConfiguration($0, tenant: first) }
        policies = root.sections("policies").map { PolicyFileConfiguration($0, tenant: first) }
        passwords = PasswordConfiguration(root.section("passwords"))
        sessions = SessionConfiguration(root.section("sessions"))
        login = LoginConfiguration(root.section("login"))
        multiFactor = MultiFactorConfiguration(root.section("mfa"))
        lockout = LockoutConfiguration(root.section("lockout"))
        anomalies = AnomalyConfiguration(root.section("anomalies"), lockout: lockout)
        journal = JournalConfiguration(root.section("journal"), storage: storage.directory)
        decisions = DecisionConfiguration(root.section("decisions"))
        retention = RetentionConfiguration(root.section("retention"))
        governance = GovernanceConfiguration(root.section("governance"))
        if !governance.capabilities.contains(.identityIntegration) {
            for place in providers.indices where !providers[place].isLocal { providers[place].isEnabled = false }
        }
        compliance = ComplianceConfiguration(root.section("compliance"))
        oauth = OAuthConfiguration(
            root.section("oauth"),
            clients: root.sections("clients", limit: 1_000).map { ClientConfiguration($0, tenant: first) },
            tenant: first)
        saml = SAMLConfiguration(root.section("saml"), tenant: first)
        nats = NATSConfiguration(root.section("nats"), tenant: first)
        notifications = NotificationConfiguration(root.section("notifications"))
        logging = LoggingConfiguration(root.section("logging"))
        let metrics = root.section("metrics")
        metricsListen = metrics.optional("listen", "an address and port") { ListenAddress($0) }
        metrics.finish()
        limits = LimitConfiguration(root.section("limits"))
        digest = []
        folder = root.context.folder
        if tenants.isEmpty { root.report("tenants", "needs at least one tenant; the first is the default.") }
    }
}
