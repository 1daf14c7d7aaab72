import BenchTable
import Fixtures
import Foundation
import Gateway
import Identity
import Logging
import Vocabulary

/// A gateway in this process with people of its own, and a directory with others.
final class LoginStage: Sendable {
    static let localCount = 24
    static let directoryCount = 64
    static let password = SecretText("a sufficiently long passphrase")

    let folder: String
    let gateway: Gateway
    let directory: SlapdServer
    let certificates: LocalCertificates
    let tenant: TenantID
    let local: ProviderID
    let corporate: ProviderID
    let people: [PersonID]
    var suffix: String { "dc=bench,dc=test" }

    init() async throws {
        folder = NSTemporaryDirectory() + "gatehouse-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        certificates = try await LocalCertificates()
        let server = try await certificates.server(names: ["localhost", "127.0.0.1"])
        directory = try await SlapdServer(ldif: Self.ldif, suffix: "dc=bench,dc=test", certificates: server)
        _ = try Installation.makeMasterKey(at: folder + "/master.key")
        try Installation.writeSecret(SecretText(directory.servicePassword), to: folder + "/directory.password")
        let file = folder + "/gatehouse.yaml"
        try Self.configuration(directory, certificates).write(toFile: file, atomically: true, encoding: .utf8)
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        let gateway = try await Gateway.open(try ConfigurationLoader.load(file: file, environment: [:]), logger: logger)
        self.gateway = gateway
        guard let tenant = gateway.tenants.tenant(slug: "main")?.id else { throw BenchFailure("There is no tenant.") }
        self.tenant = tenant
        let providers = gateway.providers.all(in: tenant)
        guard let local = providers.first(where: { $0.configuration.name == "Password" })?.id,
            let corporate = providers.first(where: { $0.configuration.name == "Directory" })?.id
        else { throw BenchFailure("A provider is missing.") }
        (self.local, self.corporate) = (local, corporate)
        people = try await Self.addPeople(gateway, tenant)
    }

    deinit {
        directory.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The machine's administrator.
    func caller() -> Caller { Self.caller(gateway, tenant) }

    private static func caller(_ gateway: Gateway, _ tenant: TenantID) -> Caller {
        Caller(tenant: tenant, actor: .operatingSystemUser(getuid()), command: .random(at: gateway.clock()))
    }

    private static func addPeople(_ gateway: Gateway, _ tenant: TenantID) async throws -> [PersonID] {
        var people: [PersonID] = []
        for number in 0..<localCount {
            var edit = PersonEdit()
            edit.login = "local\(number)"
            let person = try await gateway.people.create(edit, by: caller(gateway, tenant))
            _ = try await gateway.credentials.setPassword(
                password, of: person.id, mustChange: false, by: caller(gateway, tenant))
            people.append(person.id)
        }
        return people
    }

    /// One login from the first page to the session, as a browser goes through it.
    func login(_ name: String, _ password: SecretText, at provider: ProviderID) async throws -> StartedSession {
        let stranger = LoginBrowser(tenant: tenant, preSession: nil)
        guard case .begun(let secret, .show(let page)) = try await gateway.login.begin(LoginBeginning(), from: stranger)
        else { throw BenchFailure("No login was begun.") }
        let browser = LoginBrowser(tenant: tenant, preSession: secret)
        _ = try await gateway.login.submit(.identifier(name, provider: provider), to: page.flow, from: browser)
        let result = try await gateway.login.submit(
            .password(login: name, password), to: page.flow, from: browser)
        guard case .completed(let login) = result else { throw BenchFailure("\(name) was refused: \(result)") }
        return login.started
    }

    static func directoryPassword(_ number: Int) -> String { "directory-password-\(number)" }

    private static var ldif: String {
        let head = """
            dn: dc=bench,dc=test
            objectClass: dcObject
            objectClass: organization
            dc: bench
            o: Bench

            dn: ou=people,dc=bench,dc=test
            objectClass: organizationalUnit
            ou: people

            dn: ou=groups,dc=bench,dc=test
            objectClass: organizationalUnit
            ou: groups

            """
        return (0..<directoryCount).reduce(into: head) { text, number in
            text += """

                dn: uid=far\(number),ou=people,dc=bench,dc=test
                objectClass: inetOrgPerson
                uid: far\(number)
                cn: Far \(number)
                sn: Number \(number)
                mail: far\(number)@bench.test
                userPassword: \(directoryPassword(number))

                """
        }
    }

    private static func configuration(_ directory: SlapdServer, _ certificates: LocalCertificates) -> String {
        """
        version: 1
        server: { listen: "127.0.0.1:0", public_url: "https://gate.localhost" }
        storage: { directory: data }
        keys: { master_key_file: master.key }
        tenants: [{ slug: main, name: Bench }]
        providers:
          - { id: local, type: local, name: Password }
          - id: corporate
            type: ldap
            name: Directory
            servers: ["\(directory.ldapsURL ?? "")"]
            tls: { ca_file: "\(certificates.authorityFile)" }
            bind_dn: "\(directory.serviceDN)"
            bind_password_file: directory.password
            people: { base: "ou=people,dc=bench,dc=test", attributes: { display_name: cn, mail: mail } }
            groups: { base: "ou=groups,dc=bench,dc=test" }

        """
    }
}
