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

    /// Whether somebody may enter a client at all, signed in as they are.
    func entry(of principal: Principal, to client: OAuthClient) async throws -> EntryPolicy.Entry {
        try await EntryPolicy(decisions: decisions).entry(
            of: principal,
            to: EntryPolicy.Place(
                tenant: client.tenant, resourceType: Self.entry, name: client.name,
                context: Self.context(client), spoken: Self.spoken))
    }

    /// Why somebody may not enter a client at all, while nobody is there to prove anything; nil when they may.
    func refusal(ofEntry subject: Subject, to client: OAuthClient) async throws -> DecisionAnswer? {
        let answer = try await ask(EntryPolicy.action, Self.entry, client.name, subject, client)
        // Whoever entered with a stronger sign-in than this knows of has entered.
        return EntryPolicy.stands(answer) && answer.stepUp == nil ? answer : nil
    }

    private func refusal(
        _ type: String, _ name: String, _ subject: Subject, _ client: OAuthClient
    ) async throws -> String? {
        let answer = try await ask(Self.action, type, name, subject, client)
        return EntryPolicy.stands(answer) ? answer.reasons.first ?? "denied" : nil
    }

    private func ask(
        _ action: String, _ type: String, _ name: String, _ subject: Subject, _ client: OAuthClient
    ) async throws -> DecisionAnswer {
        let id: (SubjectFacts.Kind, String) =
            switch subject {
            case .person(let id): (.person, id.description)
            case .serviceAccount(let id): (.serviceAccount, id.description)
            }
        let question = DecisionQuestion(
            .subject(kind: id.0, id: id.1), action: action, resourceType: type, resourceID: name,
            context: Self.context(client))
        return try await decisions.decide(
            question, in: client.tenant, origin: DecisionOrigin(caller: subject, protocol: Self.spoken))
    }

    private static let spoken = "oauth"

    private static func context(_ client: OAuthClient) -> [String: AttributeValue] { ["client": .string(client.name)] }
}
