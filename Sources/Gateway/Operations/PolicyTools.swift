import Authorization
import Vocabulary

/// Judging a policy document by itself, without a gateway.
public enum PolicyTools {
    /// One case of a document; `failure` says what came instead of what was expected, nil when it held.
    public struct CaseResult: Sendable {
        public let name: String
        public let failure: String?
    }

    /// What is wrong or probably not meant, one sentence each. Which roles exist is known to a gateway only, so a
    /// document by itself is not held to them.
    ///
    /// - Throws: `policy.not_yaml`, `policy.too_large`, and `policy.invalid` with every fault of the document.
    public static func lint(_ text: String) throws -> [String] {
        let document = try PolicyService.read(try PolicyService.parse(text))
        return PolicyLint.findings(document.policies).map(\.description)
    }

    /// Runs the document's cases over the document alone.
    ///
    /// - Throws: as `lint`.
    public static func test(_ text: String, now: Timestamp) throws -> [CaseResult] {
        let document = try PolicyService.read(try PolicyService.parse(text))
        let stamp = IndexStamp(generation: 0, policyDigest: [], roleDigest: [])
        let index = try PolicyIndex(policies: document.policies, roles: try roles(document), stamp: stamp)
        return document.tests.map { one in
            switch one.run(on: index, now: now) {
            case .passed: CaseResult(name: one.name, failure: nil)
            case .failed(let reason): CaseResult(name: one.name, failure: reason)
            }
        }
    }

    /// The roles that the document speaks of, without permissions of their own: only its rules are on trial.
    private static func roles(_ document: PolicyDocument) throws -> RoleGraph {
        var names = Set(document.tests.flatMap(\.roleNames))
        for policy in document.policies {
            if case .named(_, let roles, _, _) = policy.subjects { names.formUnion(roles) }
        }
        return try RoleGraph(
            names.sorted().map { RoleDefinition(id: RoleID.random(at: Timestamp(seconds: 0)), name: $0) })
    }
}
