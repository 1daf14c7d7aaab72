import Authorization
import Governance
import Vocabulary

/// Asks the policy core whether somebody may enter an application at all. Nobody has to allow what no rule forbids.
struct EntryPolicy: Sendable {
    let decisions: DecisionService

    /// The action of its questions.
    static let action = "enter"

    /// What somebody wants to enter.
    struct Place: Sendable {
        let tenant: TenantID
        let resourceType: String
        let name: String
        /// What rules may go by besides.
        let context: [String: AttributeValue]
        /// By which it was asked for, for the log of decisions.
        let spoken: String
    }

    /// What was asked about entering, and why it was refused.
    struct Entry: Sendable {
        let question: DecisionQuestion
        /// Nil when they may.
        let refusal: DecisionAnswer?
    }

    /// Whether somebody may enter, signed in as they are.
    func entry(of principal: Principal, to place: Place) async throws -> Entry {
        let question = DecisionQuestion(
            .principal(principal), action: Self.action, resourceType: place.resourceType, resourceID: place.name,
            context: place.context)
        let answer = try await decisions.decide(
            question, in: place.tenant, origin: DecisionOrigin(caller: principal.subject, protocol: place.spoken))
        return Entry(question: question, refusal: Self.stands(answer) ? answer : nil)
    }

    /// Why somebody may not enter, while nobody is there to prove anything; nil when they may.
    func refusal(of person: PersonID, at place: Place) async throws -> DecisionAnswer? {
        let question = DecisionQuestion(
            .subject(kind: .person, id: person.description), action: Self.action, resourceType: place.resourceType,
            resourceID: place.name, context: place.context)
        let answer = try await decisions.decide(
            question, in: place.tenant, origin: DecisionOrigin(caller: .person(person), protocol: place.spoken))
        return Self.stands(answer) ? answer : nil
    }

    /// Whether a refusal is the word of a rule, and not of there being none.
    static func stands(_ answer: DecisionAnswer) -> Bool {
        !answer.isPermitted && answer.reasons.first != RuleDecision.Reason.noMatchingRule.rawValue
    }
}
