import Authorization
import Identity
import Vocabulary

/// A session or key by which a question names whom it is about, and what they have proven.
public enum NamedCredential: Sendable {
    /// The id of a session at the gateway or at an application.
    case session(String)
    case apiKey(APIKeyID)
    /// The text of a token, as its bearer shows it: of an application's session, or an API key.
    case token(SecretText)
}

extension Gateway {
    /// Whom a question is about, behind the credential that stands for them now.
    ///
    /// - Throws: `not_found` for one that is not alive in this tenant.
    public func asked(_ named: NamedCredential, in tenant: TenantID) throws -> DecisionQuestion.Asked {
        let now = clock()
        let found: ValidatedCredential? =
            switch named {
            case .session(let text):
                SessionID(text).flatMap { live.named(session: $0, at: now) }
                    ?? ApplicationSessionID(text).flatMap { live.named(applicationSession: $0, at: now) }
            case .apiKey(let id): live.named(apiKey: id, at: now)
            case .token(let text): try? sessions.validate(any: text.reveal()).get()
            }
        guard let principal = found?.principal, principal.tenant == tenant else {
            throw Fault.notFound("session or key that is alive")
        }
        return .principal(principal)
    }

    /// Whether the subject that a question names is the one behind the credential that it names, too.
    ///
    /// - Throws: what the store throws.
    public func isSubject(
        _ kind: SubjectFacts.Kind, _ id: String, of asked: DecisionQuestion.Asked, in tenant: TenantID
    ) async throws -> Bool {
        guard case .principal(let principal) = asked else { return false }
        return try await resolver.find(kind, id, in: tenant) == principal.subject
    }
}
