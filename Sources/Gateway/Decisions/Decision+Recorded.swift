import Authorization
import Storage
import Vocabulary

extension ResolvedSubject {
    /// Who a decision is about, for its record: made once for questions about the subject, and once per credential for
    /// questions of its bearer, not once per decision.
    func asker(_ asked: DecisionQuestion.Asked, in tenant: TenantID) -> RecordedAsker {
        guard case .principal(let principal) = asked else { return askers.subject { made(nil, in: tenant) } }
        return askers.bearer(principal.credential, principal.authenticatedAt) { made(principal, in: tenant) }
    }

    private func made(_ principal: Principal?, in tenant: TenantID) -> RecordedAsker {
        RecordedAsker(
            tenant: tenant,
            facts: .init(
                subject: subject, subjectVersion: version, credential: principal?.credential,
                provider: principal?.provider, strength: principal?.strength ?? .none,
                methods: principal?.events.map(\.method) ?? [], authenticatedAt: principal?.authenticatedAt))
    }
}

extension RecordedAsker {
    /// Somebody of whom nothing is known but that nobody has this name.
    static func unknown(in tenant: TenantID) -> RecordedAsker {
        RecordedAsker(
            tenant: tenant,
            facts: .init(
                subject: nil, subjectVersion: 0, credential: nil, provider: nil, strength: .none, methods: [],
                authenticatedAt: nil))
    }
}
