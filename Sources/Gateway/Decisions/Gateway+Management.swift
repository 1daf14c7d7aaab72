import Authorization
import Identity
import Vocabulary

/// Whether somebody may do something to the gateway itself.
public enum ManagementAnswer: Sendable, Hashable {
    case permitted
    case refused
    /// A role of theirs permits it, once they have signed in this well.
    case stepUp(AuthenticationRequirement)
}

extension Gateway {
    /// Whether the caller may do this to the gateway itself: scopes of the key first, then a role that gives it. Policies
    /// can take it away but never give it: whoever may write policies would otherwise hold everything.
    ///
    /// - Parameter resource: the id of what it is done to; empty for everything of that type.
    public func management(
        of principal: Principal, _ action: String, _ type: String, resource: String = "", in tenant: TenantID
    ) async throws -> ManagementAnswer {
        guard APIKeyScopes.allow(principal.scopes, action, on: type) else { return .refused }
        let question = DecisionQuestion(.principal(principal), action: action, resourceType: type, resourceID: resource)
        let origin = DecisionOrigin(caller: principal.subject, protocol: "management")
        let answer = try await decisions.decide(question, in: tenant, origin: origin)
        let isGivenByRole = answer.determining.contains { rule in
            if case .role = rule { true } else { false }
        }
        guard isGivenByRole else { return .refused }
        if answer.isPermitted { return .permitted }
        return answer.stepUp.map { .stepUp($0) } ?? .refused
    }
}
