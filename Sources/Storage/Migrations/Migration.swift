/// One forward step of the schema. Numbers only grow; a published step is never edited.
public struct Migration: Sendable {
    public let number: Int
    public let name: String
    public let sql: String

    public init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }

    /// Every step this binary knows, in order.
    public static let all: [Migration] =
        (journal + rows + governance + notifications + provisioning + compliance + oauth + upstream + signals
        + samlApplications + saml + samlKept + nats)
        .sorted { $0.number < $1.number }
}
