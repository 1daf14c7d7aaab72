import Storage
import Vocabulary

/// What the journal may say of operators, accounts and users of NATS.
enum NATSEventTypes {
    private static let all: Set<String> = [
        "nats_operator.created", "nats_operator.changed", "nats_operator.signed", "nats_operator.rotated",
        "nats_operator.exported", "nats_account.created", "nats_account.changed", "nats_account.signed",
        "nats_account.rotated", "nats_user.created", "nats_user.changed", "nats_user.signed", "nats_user.rotated",
        "nats_user.exported", "nats_user.revoked",
    ]

    /// - Throws: for what the journal has no word for.
    static func type(_ verb: String, of kind: StoredNATSEntity.Kind) throws -> String {
        let type = "nats_\(kind.rawValue).\(verb)"
        guard all.contains(type) else {
            throw Fault("journal.invalid", .ourselves, "The journal knows no `\(type)`.")
        }
        return type
    }
}
