/// What an event is called in its subject: `PolicyCreated` for `policy.created`.
enum EventName {
    /// Of a state that is published before the events behind it age out.
    static let snapshot = "Snapshot"

    /// Those that no rule makes of the journal's words.
    private static let special = [
        "policy_set.policy_added": "PolicyAddedToSet", "policy_set.policy_removed": "PolicyRemovedFromSet",
    ]

    static func of(_ type: String) -> String {
        if let name = special[type] { return name }
        let name = type.split { $0 == "." || $0 == "_" || $0 == ":" || $0 == "-" }
            .map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        return name.hasPrefix("Exemption") ? "Policy" + name : name
    }
}
