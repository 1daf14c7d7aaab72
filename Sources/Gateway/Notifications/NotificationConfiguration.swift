import Fetch
import Vocabulary

/// `notifications`: how people and systems are told of what waits for them.
public struct NotificationConfiguration: Sendable {
    /// The mail server that takes messages to people.
    public struct Mail: Sendable {
        /// Without credentials; they are read when the gateway opens.
        public var server: MailServer
        public var sender: MailAddress
        public var username: String?
        public var password: SecretSource?

        /// The server, with its credentials. Throws what reading the secret does.
        func withCredentials() throws -> MailServer {
            guard let username, let password else { return server }
            var server = server
            server.credentials = MailCredentials(username: username, password: try password.load())
            return server
        }
    }

    /// A system that is told what happens.
    public struct Webhook: Sendable {
        /// The slug of the tenant whose news it is told; nil for the default one.
        public var tenant: String?
        public var url: String
        public var secret: SecretSource
        public var caFile: String?
    }

    /// A system that decides in the place of an approver, and is asked by webhook.
    public struct ApprovalSystem: Sendable {
        /// Names it in addresses and records.
        public var name: String
        public var webhook: Webhook
        /// What its answers are signed with.
        public var callbackSecret: SecretSource
        /// Its word is one of these roles'.
        public var roles: [String]
        /// How long it may take before its answer counts no more.
        public var timeout: Duration
    }

    public var mail: Mail?
    public var webhooks: [Webhook] = []
    public var systems: [ApprovalSystem] = []
    /// How long before its end whoever granted an exemption is told of it.
    public var exemptionNotice: Duration = .days(7)

    /// Nobody is told anything.
    public init() {}

    static let webhookLimit = 32
    static let systemLimit = 16
    static let roleLimit = 32
}

extension NotificationConfiguration {
    init(_ section: ConfigurationSection) {
        if let mail = section.optionalSection("mail") { self.mail = Mail(mail) }
        webhooks = section.sections("webhooks", limit: Self.webhookLimit).compactMap { entry in
            defer { entry.finish() }
            return Webhook(entry)
        }
        systems = section.sections("approval_systems", limit: Self.systemLimit).compactMap(ApprovalSystem.init)
        exemptionNotice = section.duration("exemption_notice", default: .days(7), in: .hours(1)...(.days(90)))
        section.finish()
    }
}

extension NotificationConfiguration.Mail {
    fileprivate init?(_ section: ConfigurationSection) {
        let allowsPlain = section.bool("allow_plain_loopback", default: false)
        let expected =
            "smtps://host[:port], or smtp://host[:port] with STARTTLS"
            + (allowsPlain ? " (allow_plain_loopback is for a server on loopback)" : "")
        let server = section.optional("server", expected) { MailServer($0, allowsPlain: allowsPlain) }
        let sender = section.optional("from", "an address such as `Gatehouse <gatehouse@example.org>`") {
            MailAddress(reading: $0)
        }
        username = section.optionalText("username")
        password = section.secret("password_file")
        let (authorities, timeout) = (
            section.file("ca_file"),
            section.duration("timeout", default: .seconds(30), in: .seconds(1)...(.minutes(5)))
        )
        if !section.has("server") { section.report("server", "is required.") }
        if !section.has("from") { section.report("from", "is required: mail has a sender.") }
        if (username == nil) != (password == nil) {
            section.report(username == nil ? "username" : "password_file", "is required beside the other.")
        }
        section.finish()
        guard var server, let sender else { return nil }
        server.certificateAuthorityFile = authorities
        server.timeout = timeout
        (self.server, self.sender) = (server, sender)
    }
}

extension NotificationConfiguration.Webhook {
    fileprivate init?(_ section: ConfigurationSection) {
        let tenant = section.optionalText("tenant")
        guard case .webhook(let url, let secret, let authorities)? = JournalConfiguration.webhook(section) else {
            return nil
        }
        self.init(tenant: tenant, url: url, secret: secret, caFile: authorities)
    }
}

extension NotificationConfiguration.ApprovalSystem {
    fileprivate init?(_ section: ConfigurationSection) {
        defer { section.finish() }
        let name = section.text("name")
        let isName =
            (1...32).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
            }
        if !isName { section.report("name", "must be 1 to 32 lower-case letters, digits and hyphens.") }
        let secret = section.secret("callback_secret_file")
        if secret == nil { section.report("callback_secret_file", "is required: its answers are signed with it.") }
        let roles = section.texts("roles", limit: NotificationConfiguration.roleLimit)
        if roles.isEmpty { section.report("roles", "is required: the approver roles that it speaks for.") }
        let timeout = section.duration("timeout", default: .hours(24), in: .minutes(1)...(.days(30)))
        guard let webhook = NotificationConfiguration.Webhook(section), let secret, isName else { return nil }
        self.init(name: name, webhook: webhook, callbackSecret: secret, roles: roles, timeout: timeout)
    }
}
