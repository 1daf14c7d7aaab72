import Messaging
import Vocabulary

/// `nats`: credentials for servers of NATS, and how those servers are spoken with.
public struct NATSConfiguration: Sendable {
    /// The role by which a person is a service, and so a user of NATS.
    public var serviceRole: String
    /// How long a token holds at most that somebody fetches for the time of an assignment.
    public var longestTemporary: Duration
    /// How servers are believed, wherever they are named.
    public var tls = MessagingTLS()
    /// Commands that come and events that go; nil where nothing of either does.
    public var messaging: NATSMessagingConfiguration?

    init(_ section: ConfigurationSection, tenant: String) {
        serviceRole = section.text("service_role", default: "service")
        longestTemporary = section.duration(
            "temporary_lifetime", default: .hours(1), in: .minutes(1)...(.days(1)))
        if let files = section.optionalSection("tls") {
            tls.isRequired = files.bool("required", default: true)
            tls.authorityFile = files.file("authority_file")
            tls.certificateFile = files.file("certificate_file")
            tls.keyFile = files.file("key_file")
            if (tls.certificateFile == nil) != (tls.keyFile == nil) {
                files.report("key_file", "and `certificate_file` come together.")
            }
            files.finish()
        }
        messaging = section.optionalSection("messaging").map { NATSMessagingConfiguration($0, tenant: tenant) }
        section.finish()
    }
}
