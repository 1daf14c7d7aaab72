import Authorization
import Governance
import OAuth
import Vocabulary

/// Asks the policy core which scopes and resources somebody may have through a client. Registration says what a client may
/// ask for; what a rule denies is taken away, with the reason; nobody has to allow what no rule forbids.
struct ScopePolicy: Sendable {
    let decisions: DecisionService

    /// The action and the resource types of its questions.
    static let action = "grant"
    static let scope = "scope"
    static let resource = "token_resource"
    static let entry = "client"

    /// What is left, and why the rest is not.
    struct Outcome: Sendable {
        var scope: ScopeSet
        var resources: [String]
        /// Reason codes by what they took away.
        var refused: [String: String] = [:]
    }

    func narrow(
        _ scope: ScopeSet, _ resources: [String], for subject: Subject, of client: OAuthClient
    ) async throws -> Outcome {
        var outcome = Outcome(scope: scope, resources: resources)
        for name in scope.names.sorted() {
            if let reason = try await refusal(Self.scope, name, subject, client) {
                outcome.scope = outcome.scope.subtracting(ScopeSet([name]) ?? .empty)
                outcome.refused[name] = reason
            }
        }
        for name in resources {
            if let reason = try await refusal(Self.resource, name, subject, client) {
                outcome.resources.removeAll { $0 == name }
                outcome.refused[name] = reason
            }
        }
        return outcome
    }

    /// What was asked about entering a client, and why it was refused.
    struct Entry: Sendable {
        let question: DecisionQuestion
        /// Nil when they may.
        let refusal: DecisionAnswer?
    }

    /// Whether somebody may enter a client at all, signed in as they are.
    func entry(of principal: Principal, to client: OAuthClient) async throws -> Entry {
        let question = question(.principal(principal), "enter", Self.entry, client.name, client)
        let answer = try await ask(question, principal.subject, client)
        return Entry(question: question, refusal: Self.stands(answer) ? answer : nil)
    }

    /// Why somebody may not enter a client at all, while nobody is there to prove anything; nil when they may.
    func refusal(ofEntry subject: Subject, to client: OAuthClient) async throws -> DecisionAnswer? {
        let answer = try await ask("enter", Self.entry, client.name, subject, client)
        // Whoever entered with a stronger sign-in than this knows of has entered.
        return Self.stands(answer) && answer.stepUp == nil ? answer : nil
    }

    private func refusal(
        _ type: String, _ name: String, _ subject: Subject, _ client: OAuthClient
    ) async throws -> String? {
        let answer = try await ask(Self.action, type, name, subject, client)
        return Self.stands(answer) ? answer.reasons.first ?? "denied" : nil
    }

    private static func stands(_ answer: DecisionAnswer) -> Bool {
        !answer.isPermitted && answer.reasons.first != RuleDecision.Reason.noMatchingRule.rawValue
    }

    private func ask(
        _ action: String, _ type: String, _ name: String, _ subject: Subject, _ client: OAuthClient
    ) async throws -> DecisionAnswer {
        let id: (SubjectFacts.Kind, String) =
            switch subject {
            case .person(let id): (.person, id.description)
            case .serviceAccount(let id): (.serviceAccount, id.description)
            }
        return try await ask(question(.subject(kind: id.0, id: id.1), action, type, name, client), subject, client)
    }

    private func question(
        _ asker: DecisionQuestion.Asked, _ action: String, _ type: String, _ name: String, _ client: OAuthClient
    ) -> DecisionQuestion {
        DecisionQuestion(
            asker, action: action, resourceType: type, resourceID: name, context: ["client": .string(client.name)])
    }

    private func ask(
        _ question: DecisionQuestion, _ subject: Subject, _ client: OAuthClient
    ) async throws -> DecisionAnswer {
        try await decisions.decide(
            question, in: client.tenant, origin: DecisionOrigin(caller: subject, protocol: "oauth"))
    }
}
