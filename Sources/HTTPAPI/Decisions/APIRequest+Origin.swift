import Gateway
import Vocabulary

extension APIRequest {
    /// Through whom and how a question comes.
    func origin(
        _ word: String, of question: DecisionQuestion, batch: DecisionID? = nil, _ gateway: Gateway
    ) async throws -> DecisionOrigin {
        DecisionOrigin(
            caller: principal?.subject, protocol: word, batch: batch, request: trace,
            vouchesForSeverity: try await vouches(forSeverityOf: question, gateway))
    }

    /// Whether the caller's word on how severe something is spares an approval: who may `assert` on `context`, and the
    /// machine's administrator. Nobody need be asked where nothing is said of it.
    func vouches(forSeverityOf question: DecisionQuestion, _ gateway: Gateway) async throws -> Bool {
        guard question.context["severity"] != nil else { return false }
        guard let principal else { return isOperator }
        let answer = try await gateway.management(of: principal, "assert", "context", in: try requiredTenant)
        return answer == .permitted
    }
}
