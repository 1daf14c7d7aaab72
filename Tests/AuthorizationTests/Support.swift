import Authorization
import Testing
import Vocabulary

let noon = Timestamp(seconds: 1_800_000_000)

func stamp(_ generation: UInt64 = 1) -> IndexStamp {
    IndexStamp(generation: generation, policyDigest: [1], roleDigest: [2])
}

/// A policy with the members that a case changes laid over a plain one.
func rule(_ id: String, _ members: [String: AttributeValue] = [:]) -> AttributeValue {
    var all: [String: AttributeValue] = [
        "id": .string(id), "effect": "allow", "subjects": "any", "actions": ["read"], "resources": ["types": ["doc"]],
    ]
    all.merge(members) { _, new in new }
    return .object(all)
}

func document(_ rules: [AttributeValue]) throws -> [Policy] {
    try PolicyDocument(["version": 1, "policies": .list(rules)]).policies
}

func compiled(_ rules: [AttributeValue], roles: RoleGraph = .empty) throws -> PolicyIndex {
    try PolicyIndex(policies: document(rules), roles: roles, stamp: stamp())
}

func request(
    _ action: String = "read", _ type: String = "doc", _ id: String = "d1", resource: Attributes = [:],
    context: Attributes = [:], authentication: RequestAuthentication? = nil
) throws -> DecisionRequest {
    try DecisionRequest(
        action: action, resourceType: type, resourceID: id, resourceAttributes: resource, context: context,
        authentication: authentication)
}

extension PolicyIndex {
    func decide(_ request: DecisionRequest, as subject: SubjectFacts, now: Timestamp = noon) throws -> Decision {
        decide(request, standing: try standing(of: subject), now: now)
    }
}

extension Decision {
    /// Ids of the determining policies.
    var ids: [String] {
        determining.map { rule in
            switch rule {
            case .policy(let id, _): id
            case .role(let id): id.description
            }
        }
    }
}

func documentFaults(_ tree: AttributeValue) -> [PolicyFault] {
    do {
        _ = try PolicyDocument(tree)
        return []
    } catch let rejection as PolicyRejection {
        return rejection.faults
    } catch {
        return []
    }
}

func faults(_ members: [String: AttributeValue]) -> [PolicyFault] {
    documentFaults(["version": 1, "policies": [rule("p", members)]])
}

func roleID(_ number: UInt64) -> RoleID { RoleID(high: 0, low: number) }
