import Vocabulary

/// `nats`: credentials for servers of NATS.
public struct NATSConfiguration: Sendable {
    /// The role by which a person is a service, and so a user of NATS.
    public var serviceRole: String
    /// How long a token holds at most that somebody fetches for the time of an assignment.
    public var longestTemporary: Duration

    init(_ section: ConfigurationSection) {
        serviceRole = section.text("service_role", default: "service")
        longestTemporary = section.duration(
            "temporary_lifetime", default: .hours(1), in: .minutes(1)...(.days(1)))
        section.finish()
    }
}
