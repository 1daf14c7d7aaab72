/// The controls of one framework under their own identifiers, in our own words, and the evidence each is mapped to.
public struct ControlCatalogue: Sendable, Hashable {
    /// Bounds of a catalogue; one past each is refused.
    public enum Limits {
        public static let controls = 500
        public static let requirements = 16
        public static let titleBytes = 400
        public static let wordBytes = 64
        public static let retentionDays = 36_600
    }

    /// The word it is asked for by, such as `pci_dss`: 1 to 64 of `[a-z0-9_]`.
    public let framework: String
    public let name: String
    /// Which edition of the standard the identifiers are of.
    public let edition: String
    /// How long records have to be kept for it, in days.
    public let retentionDays: Int
    public let controls: [Control]
}

/// One control of a framework.
public struct Control: Sendable, Hashable {
    /// As the standard writes it, such as `CC6.1` or `164.312(a)(2)(iii)`.
    public let id: String
    public let title: String
    /// Empty where nothing the gateway records could show the control.
    public let requirements: [EvidenceRequirement]
}
