import Authorization
import Vocabulary

/// A condition that stands by itself, in the policy language.
enum ConditionDocument {
    /// Reads it as the `when` of a rule that is about everything. Throws every fault with its place.
    static func read(_ condition: AttributeValue, at path: String, id: String = "condition") throws(GovernanceError)
        -> Policy
    {
        let element: AttributeValue = [
            "id": .string(id), "effect": "allow", "subjects": "any", "actions": "*", "resources": "any",
            "when": condition,
        ]
        do {
            let document = try PolicyDocument(["version": 1, "policies": [element]])
            if let policy = document.policies.first { return policy }
        } catch let rejection as PolicyRejection {
            var log = FaultLog()
            for fault in rejection.faults {
                let place = fault.path.replacingPrefix("policies[0].when", by: path)
                log.report(place, fault.code, fault.message, fault.remedy)
            }
            throw .rejected(log.faults)
        } catch {}
        throw .invalid(field: path, reason: "is not a condition")
    }
}

extension String {
    func replacingPrefix(_ prefix: String, by other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}
