import JOSE
import Messaging
import NKeys
import Storage
import Vocabulary

/// With whom, as whom and about what servers of NATS are spoken with, as it is settled now.
struct MessengerPlan: Sendable {
    let tenant: TenantID
    let servers: [MessagingServer]
    let credentials: MessagingCredentials
    /// Another login is another connection.
    let login: String
    let subjects: MessagingSubjects
    /// Whose servers they are, where they are of an operator of ours.
    let owner: NATSEntityID?

    /// Whether what came of the other is still to be used.
    func isSame(as other: MessengerPlan) -> Bool {
        tenant == other.tenant && servers == other.servers && login == other.login && subjects == other.subjects
            && owner == other.owner
    }
}

extension MessengerPlan {
    /// - Throws: `not_found` for a user that is not there (yet); what reading a secret throws.
    static func make(
        _ settings: NATSMessagingConfiguration, _ tenant: TenantID, store: Store
    ) async throws -> MessengerPlan {
        if case .own(let name) = settings.login { return try await own(name, settings, tenant, store) }
        let (credentials, login) = try credentials(settings.login)
        return MessengerPlan(
            tenant: tenant, servers: settings.servers, credentials: credentials, login: login,
            subjects: MessagingSubjects(prefix: settings.subjectPrefix ?? ""), owner: nil)
    }

    private static func own(
        _ name: String, _ settings: NATSMessagingConfiguration, _ tenant: TenantID, _ store: Store
    ) async throws -> MessengerPlan {
        let (owner, credentials) = try await store.read { [keys = store.keys] sql in
            let tree = try NATSTree(try sql.natsEntities(in: tenant))
            let user = try tree.user(named: name)
            guard let account = tree.account(user.account) else { throw Fault.notFound("account of NATS") }
            let pair = try NATSKeyStore(keys: keys, tenant: tenant, sql: sql).pair(of: user.id, .identity)
            return (try tree.owner(of: account), try Credentials(try NATSToken(user.token), pair))
        }
        let servers =
            try settings.servers.isEmpty ? owner.settings.servers.map { try MessagingServer($0) } : settings.servers
        guard !servers.isEmpty else {
            throw Fault(
                "nats.no_servers", .ourselves, "Neither the operator nor `nats.messaging.url` says where servers are.",
                remedy: "Change the operator, or set the address.")
        }
        return MessengerPlan(
            tenant: tenant, servers: servers, credentials: .user(credentials), login: credentials.token.text,
            subjects: MessagingSubjects(prefix: owner.settings.subjectPrefix),
            owner: owner.id)
    }

    private static func credentials(
        _ login: NATSMessagingConfiguration.Login
    ) throws -> (MessagingCredentials, String) {
        switch login {
        case .nobody, .own: return (.none, "")
        case .file(let path):
            let text = try SecretSource.file(path).load()
            let credentials = try NATSNames.known { try Credentials(parsing: SecretOctets(Array(text.reveal().utf8))) }
            return (.user(credentials), credentials.token.text)
        case .token(let source):
            let token = try source.load()
            return (.token(token), "token \(Self.mark(token))")
        case .password(let user, let source):
            let password = try source.load()
            return (.password(user: user, password), "password \(user) \(Self.mark(password))")
        }
    }

    /// Tells one secret from another while this process lives.
    private static func mark(_ secret: SecretText) -> Int { secret.reveal().hashValue }
}
