import HTTPTypes
import Vocabulary

/// The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header §2.1): a string of Structured Fields
/// (RFC 9651 §3.3.3). Ours holds a UUID, which becomes the command's id in the journal.
struct IdempotencyKey: Equatable {
    let command: CommandID

    /// Nil without the header. Throws 400 for one that holds no UUID, and for more than one.
    init?(_ fields: HTTPFields) throws {
        let values = fields[values: .idempotencyKey]
        guard let value = values.first else { return nil }
        let text = value.trimmingSpaces()
        guard values.count == 1, text.hasPrefix("\""), text.hasSuffix("\""),
            let command = CommandID(text.dropFirst().dropLast())
        else {
            throw Refusal.badRequest(
                code: "idempotency.invalid", where: "Idempotency-Key is one UUID in double quotes.")
        }
        self.command = command
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}
