/// What can stand out about a sign-in whose password was right: the words of the journal, of policies
/// (`session.anomalies`) and of metrics.
public enum LoginAnomaly: String, Sendable, Codable, CaseIterable, Hashable {
    /// Nobody travels that fast from where the person signed in before.
    case impossibleTravel = "impossible_travel"
    /// An hour of the day at which this person does not sign in.
    case unusualHour = "unusual_hour"
    /// A browser that this person has not signed in from, or not for long.
    case newDevice = "new_device"
    /// Several wrong passwords for this account just before the right one.
    case failureBurst = "failure_burst"
}
