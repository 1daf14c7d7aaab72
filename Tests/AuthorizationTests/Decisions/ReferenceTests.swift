import Authorization
import Fixtures
import Testing
import Vocabulary

/// The index against the plainest evaluation of the same policies, over random worlds.
@Suite struct ReferenceTests {
    enum Truth { case yes, no, error }

    struct Reference {
        let policies: [Policy]
        let subject: SubjectFacts
        let request: (action: String, type: String, id: String)
        let resource: [String: AttributeValue]
        let context: [String: AttributeValue]
        let attributes: [String: AttributeValue]

        func decide() -> (permitted: Bool, rules: [String], erred: Set<String>) {
            var (denies, allows): ([String], [String]) = ([], [])
            var erred: Set<String> = []
            for policy in policies where applies(policy) {
                let truth = policy.condition.map(truth) ?? .yes
                if truth == .error, policy.effect == .deny { erred.insert(policy.id) }
                if policy.effect == .deny, truth != .no { denies.append(policy.id) }
                if policy.effect == .allow, truth == .yes { allows.append(policy.id) }
            }
            if denies.isEmpty {
                for policy in policies where policy.effect == .allow && applies(policy) {
                    if policy.condition.map(truth) == .error { erred.insert(policy.id) }
                }
            }
            return (denies.isEmpty && !allows.isEmpty, (denies.isEmpty ? allows : denies).sorted(), erred)
        }

        private func applies(_ policy: Policy) -> Bool {
            if case .named(let users, _, let groups, _) = policy.subjects,
                !users.contains(subject.id), groups.allSatisfy({ !subject.groups.contains($0) })
            {
                return false
            }
            if case .named(let names) = policy.actions, !names.contains(request.action) { return false }
            if case .named(let names) = policy.resources.types, !names.contains(request.type) { return false }
            let ids = policy.resources.ids
            return ids.isEmpty
                || ids.contains { $0.hasSuffix("*") ? request.id.hasPrefix($0.dropLast()) : $0 == request.id }
        }

        private func value(_ path: AttributePath) -> AttributeValue? {
            let root = path.root == .subject ? attributes : path.root == .resource ? resource : context
            return root[path.fields[0]]
        }

        func truth(_ condition: Condition) -> Truth {
            switch condition {
            case .all(let parts):
                let all = parts.map(truth)
                return all.contains(.no) ? .no : all.contains(.error) ? .error : .yes
            case .any(let parts):
                let all = parts.map(truth)
                return all.contains(.yes) ? .yes : all.contains(.error) ? .error : .no
            case .not(let part):
                let one = truth(part)
                return one == .error ? .error : one == .yes ? .no : .yes
            case .exists(let path): return value(path) == nil ? .no : .yes
            case .compare(let path, let comparison, let operand):
                guard let left = value(path) else { return .error }
                switch operand {
                case .literal(let right): return compare(left, comparison, right)
                case .reference(let other): return value(other).map { compare(left, comparison, $0) } ?? .error
                }
            }
        }

        private func compare(_ left: AttributeValue, _ comparison: Comparison, _ right: AttributeValue) -> Truth {
            switch (comparison, left, right) {
            case (.equals, .string(let a), .string(let b)): return a == b ? .yes : .no
            case (.equals, .integer(let a), .integer(let b)): return a == b ? .yes : .no
            case (.notEquals, .string(let a), .string(let b)): return a != b ? .yes : .no
            case (.notEquals, .integer(let a), .integer(let b)): return a != b ? .yes : .no
            case (.lessThan, .integer(let a), .integer(let b)): return a < b ? .yes : .no
            case (.lessThan, .string(let a), .string(let b)): return a < b ? .yes : .no
            case (.in, _, .list(let items)):
                let all = items.map { compare(left, .equals, $0) }
                return all.contains(.yes) ? .yes : all.contains(.error) ? .error : .no
            default: return .error
            }
        }
    }

    private func condition(_ random: inout Seeded, depth: Int) -> AttributeValue {
        let attribute = random.pick(["subject", "resource", "context"]) + "." + random.pick(["a", "b", "c"])
        if depth < 3, random.below(3) == 0 {
            let parts = (0...random.below(3)).map { _ in condition(&random, depth: depth + 1) }
            return random.pick([["all": .list(parts)], ["any": .list(parts)], ["not": parts[0]]])
        }
        if random.below(6) == 0 { return ["exists": .string(attribute)] }
        let name = random.pick(["equals", "not_equals", "less_than", "in"])
        if name == "in" { return ["in": .object([attribute: random.pick([["x", "y"], [1, 2]])])] }
        let other = random.pick(["subject", "resource", "context"]) + "." + random.pick(["a", "b", "c"])
        let operand: AttributeValue = random.below(3) == 0 ? ["ref": .string(other)] : random.pick(["x", "y", 1, 2])
        return .object([name: .object([attribute: operand])])
    }

    private func attributes(_ random: inout Seeded) -> [String: AttributeValue] {
        var found: [String: AttributeValue] = [:]
        for name in ["a", "b", "c"] where random.below(5) > 0 { found[name] = random.pick(["x", "y", "z", 1, 2, 3]) }
        return found
    }

    private func policies(_ random: inout Seeded) throws -> [Policy] {
        try document(
            (0..<random.below(90) + 1).map { number in
                var members: [String: AttributeValue] = [
                    "effect": random.pick(["allow", "allow", "allow", "deny"]),
                    "actions": random.pick(["*", ["read"], ["write", "read"]]),
                    "subjects": random.pick(["any", ["users": ["u1"]], ["groups": ["g1"]], ["groups": ["g2", "g3"]]]),
                    "resources": random.pick([
                        "any", ["types": ["doc"]], ["types": ["doc"], "ids": ["d1", "e*"]], ["ids": ["d*"]],
                    ]),
                    "priority": .integer(Int64(random.below(3))),
                ]
                if random.below(5) > 0 { members["when"] = condition(&random, depth: 1) }
                return rule("p\(number)", members)
            })
    }

    @Test(arguments: 1...60) func theIndexAgreesWithAPlainEvaluation(seed: UInt64) throws {
        var random = Seeded(seed)
        let policies = try policies(&random)
        let index = try PolicyIndex(policies: policies, stamp: stamp())
        for _ in 0..<40 {
            let own = attributes(&random)
            let subject = SubjectFacts(
                id: random.pick(["u1", "u2"]), groups: ["g1", "g2", "g3"].filter { _ in random.below(2) == 0 },
                attributes: Attributes(own))
            let (resource, context) = (attributes(&random), attributes(&random))
            let asked = (
                random.pick(["read", "write", "delete"]), random.pick(["doc", "page"]),
                random.pick(["d1", "d2", "e1", "f"])
            )
            let question = try request(
                asked.0, asked.1, asked.2, resource: Attributes(resource), context: Attributes(context))
            let expected = Reference(
                policies: policies, subject: subject, request: asked, resource: resource, context: context,
                attributes: own
            ).decide()
            let standing = try index.standing(of: subject)
            let plain = index.decide(question, standing: standing, now: noon)
            let stored = try ResourceDirectory(
                [ResourceFacts(type: asked.1, id: asked.2, attributes: Attributes(resource))], index: index)
            let bare = try request(asked.0, asked.1, asked.2, context: Attributes(context))
            for decision in [plain, index.decide(bare, standing: standing, resources: stored, now: noon)] {
                #expect(decision.isPermitted == expected.permitted)
                #expect(decision.ids.sorted() == expected.rules)
                #expect(
                    Set(decision.erred.map { $0.rule }.map { if case .policy(let id, _) = $0 { id } else { "" } })
                        == expected.erred)
            }
            let explained = index.explain(question, standing: standing, now: noon)
            let denies = explained.rules.filter { $0.effect == .deny && [.satisfied, .erred].contains($0.verdict) }
            let allows = explained.rules.filter { $0.effect == .allow && $0.verdict == .satisfied }
            #expect(
                (denies.isEmpty ? allows : denies).map(\.rule) == plain.determining, "the trace tells the same story")
        }
    }
}
