import Vocabulary

/// What is looked for in sign-ins, and how much it takes to stand out.
public struct AnomalySettings: Hashable, Sendable {
    /// What is looked for at all; nothing is remembered of sign-ins where this is empty.
    public var kinds: Set<LoginAnomaly>
    public var networks: [NamedNetwork]
    /// Faster than this nobody travels.
    public var maximumSpeedKilometresPerHour: Int
    /// Nearer than this two places are one: people's devices change networks at a border, and places are guesses.
    public var minimumDistanceKilometres: Int
    /// Sign-ins that have to be known before an hour can be unusual.
    public var signInsBeforeHours: Int
    /// Wrong passwords within the lockout's window that are a burst.
    public var burstFailures: Int

    public init(
        kinds: Set<LoginAnomaly> = Set(LoginAnomaly.allCases), networks: [NamedNetwork] = [],
        maximumSpeedKilometresPerHour: Int = 1_000, minimumDistanceKilometres: Int = 200,
        signInsBeforeHours: Int = 20, burstFailures: Int = 5
    ) {
        self.kinds = kinds
        self.networks = networks
        self.maximumSpeedKilometresPerHour = maximumSpeedKilometresPerHour
        self.minimumDistanceKilometres = minimumDistanceKilometres
        self.signInsBeforeHours = signInsBeforeHours
        self.burstFailures = burstFailures
    }
}
