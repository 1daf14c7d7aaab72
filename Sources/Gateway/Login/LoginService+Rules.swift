import Governance
import Identity
import Vocabulary

/// What rules say of the sign-in under way.
extension LoginService {
    /// Asked anew in each step, because rules, roles and what stands out may have changed since the last.
    func ruling(
        of person: PersonID, _ factors: Set<AuthenticationMethod>, _ work: inout LoginWork
    ) async throws -> SessionRuling? {
        let before = (work.flow.request.stepUpOf.flatMap { live.session($0) })?.anomalies ?? []
        let found = Set(before + (work.flow.anomalies ?? []) + work.findings.map(\.kind))
        let signIn = SessionRules.SignIn(
            person: person, anomalies: LoginAnomaly.allCases.filter(found.contains),
            context: circumstances(factors, work))
        work.ruling = try await environment.signIn(signIn, work.caller.tenant)
        return work.ruling
    }

    /// Empty texts stand for what there is none of: a rule that reads a missing value errs, and errors deny.
    private func circumstances(_ factors: Set<AuthenticationMethod>, _ work: LoginWork) -> [String: AttributeValue] {
        [
            "second_factor": .bool(!factors.isEmpty),
            "provider": .string(entry(work.flow.provider, work)?.name ?? ""),
            "network": .string(settings.anomalies.network(of: work.browser.source)?.name ?? ""),
            "application": .string(
                work.flow.request.application.flatMap { environment.application($0)?.settings.key } ?? ""),
        ]
    }
}
