import Authorization
import Governance
import Identity
import Vocabulary

/// What policies have to say of a new password: a question like any other, answered by the same rules and recorded. It
/// is told a password's length and kinds of characters, never the password.
struct PasswordRules: Sendable {
    let decisions: DecisionService

    /// The action and the resource type of the question.
    static let action = "set_password"
    static let type = "password"

    /// The name of the rule that refuses such a password for somebody; nil when none does. Nobody has to allow one: what
    /// no rule forbids is left to the password policy of the configuration.
    func refusal(
        of shape: PasswordShape, hasSecondFactor: Bool, for person: PersonID, in tenant: TenantID
    ) async throws -> String? {
        guard try await decisions.resolver.table.snapshot(of: tenant).book != nil else { return nil }
        var context: [String: AttributeValue] = [
            "length": .integer(Int64(shape.length)), "second_factor": .bool(hasSecondFactor),
        ]
        for (kind, count) in shape.counts { context[kind.rawValue] = .integer(Int64(count)) }
        let answer = try await decisions.decide(
            DecisionQuestion(
                .subject(kind: .person, id: person.description), action: Self.action, resourceType: Self.type,
                resourceID: person.description, context: context), in: tenant,
            origin: DecisionOrigin(caller: .person(person), protocol: "password"))
        guard answer.reasons.first == RuleDecision.Reason.denied.rawValue else { return nil }
        return answer.governed?.rule?.name ?? answer.determining.first?.description ?? "unnamed"
    }
}
