import Vocabulary

/// `compliance`: catalogues of one's own, and what is counted and assessed without being asked for.
public struct ComplianceConfiguration: Sendable {
    /// A folder of catalogues beside those that are shipped; nil for none.
    public var catalogues: String?
    /// How often every framework of every tenant is assessed and signed; nil for by hand only.
    public var assessEvery: Duration?
    /// How often the counts of `/metrics` are made anew.
    public var statusEvery: Duration

    init(_ section: ConfigurationSection) {
        catalogues = section.file("catalogues")
        assessEvery =
            section.has("assess_every")
            ? section.duration("assess_every", default: .days(1), in: .hours(1)...(.days(366))) : nil
        statusEvery = section.duration("status_every", default: .minutes(15), in: .minutes(1)...(.days(1)))
        section.finish()
    }
}
