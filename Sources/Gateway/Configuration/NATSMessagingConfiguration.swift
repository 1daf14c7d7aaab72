import Foundation
import Messaging
import Vocabulary

/// `nats.messaging`: commands that come over NATS, and events of the journal that go there.
public struct NATSMessagingConfiguration: Sendable, Hashable {
    /// As whom servers are spoken with.
    public enum Login: Sendable, Hashable {
        case nobody
        /// One of our own users of NATS, by name: with its key that is kept here, at its operator's servers and prefix.
        case own(user: String)
        /// A credentials file, as servers' tools write them.
        case file(String)
        case token(SecretSource)
        case password(user: String, SecretSource)
    }

    /// What is answered.
    public struct Commands: Sendable, Hashable {
        /// Of the gateways with the same group one answers each request.
        public var queueGroup: String
        /// Requests that are handled at once.
        public var concurrency: Int
        /// The service account behind requests at subjects without a key; nil to refuse them.
        public var unsigned: String?
    }

    /// What is told, and the stream that keeps it.
    public struct Events: Sendable, Hashable {
        public var stream: String
        public var replicas: Int
        public var age: Duration
        /// Nil for no limit but the account's.
        public var maximumBytes: Int64?
        /// Events that are sent and not acknowledged.
        public var inFlight: Int
        /// The domain of JetStream, where it is another than that of the server.
        public var domain: String?
    }

    /// The slug of the tenant that it is about.
    public var tenant: String
    /// Empty for those of our own user's operator.
    public var servers: [MessagingServer]
    public var login: Login
    /// What all subjects begin with; nil for that of our own user's operator, or none.
    public var subjectPrefix: String?
    /// Nil where none are answered.
    public var commands: Commands?
    /// Nil where none are told.
    public var events: Events?

    /// Where servers are when nothing says it.
    static let usualServer = "nats://localhost:4222"

    init(_ section: ConfigurationSection, tenant first: String) {
        tenant = section.text("tenant", default: first)
        login = Self.login(section)
        servers = Self.servers(section, login)
        subjectPrefix = section.optional("subject_prefix", "a subject without wildcards") { text in
            (try? NATSNames.checkSubject(text, "subject_prefix", hasWildcards: false)).map { text }
        }
        if case .own = login, subjectPrefix != nil {
            // Rights are given below that prefix, and by them it is known who asks.
            section.report("subject_prefix", "is the operator's, for a user of our own: change it there.")
        }
        commands = Self.commands(section.section("commands"))
        events = Self.events(section.section("events"))
        section.finish()
    }

    private static func servers(_ section: ConfigurationSection, _ login: Login) -> [MessagingServer] {
        let usual: String? = if case .own = login { nil } else { usualServer }
        guard let text = section.optionalText("url") ?? usual else { return [] }
        let parts = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let servers = parts.compactMap { try? MessagingServer($0) }
        if servers.count < parts.count || servers.isEmpty || servers.count > 16 {
            section.report(
                "url", "must be nats://HOST:4222 or tls://HOST:4222, up to 16 with commas, without names or passwords.")
        }
        return servers
    }

    private static func login(_ section: ConfigurationSection) -> Login {
        let (own, file) = (section.optionalText("user"), section.file("credentials_file"))
        let (token, name) = (section.secret("token_file"), section.optionalText("username"))
        let password = section.secret("password_file")
        if [own != nil, file != nil, token != nil, name != nil].count(where: \.self) > 1 {
            section.report("user", "stands for itself: name `user`, `credentials_file`, `token_file` or `username`.")
        }
        if (name == nil) != (password == nil) { section.report("password_file", "and `username` come together.") }
        if let own { return .own(user: own) }
        if let file { return .file(file) }
        if let token { return .token(token) }
        if let name, let password { return .password(user: name, password) }
        return .nobody
    }

    private static func commands(_ section: ConfigurationSection) -> Commands? {
        defer { section.finish() }
        let commands = Commands(
            queueGroup: section.optional("queue_group", "a name of letters, digits, dashes and underscores") { text in
                (try? NATSNames.check(text, "queue_group")).map { text }
            } ?? "policy-service",
            concurrency: section.integer("concurrency", default: 128, in: 1...4_096),
            unsigned: section.optionalText("unsigned_as"))
        return section.bool("enabled", default: true) ? commands : nil
    }

    private static func events(_ section: ConfigurationSection) -> Events? {
        defer { section.finish() }
        let bytes = section.bytes("max_bytes", default: 0, in: 0...Int.max)
        let events = Events(
            stream: section.optional("stream", "a name of letters, digits, dashes and underscores") { text in
                (try? NATSNames.check(text, "stream")).map { text }
            } ?? "POLICY_EVENTS",
            replicas: section.integer("replicas", default: 1, in: 1...5),
            age: section.duration("max_age", default: .days(365), in: .days(1)...(.days(36_500))),
            maximumBytes: bytes == 0 ? nil : Int64(bytes),
            inFlight: section.integer("in_flight", default: 250, in: 1...10_000),
            domain: section.optional("domain", "a name of letters, digits, dashes and underscores") { text in
                (try? NATSNames.check(text, "domain")).map { text }
            })
        return section.bool("enabled", default: true) ? events : nil
    }
}
