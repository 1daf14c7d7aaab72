import Authorization
import Vocabulary

/// One of the requests that an analysis asks.
struct AnalysisRequest {
    let facts: SubjectFacts
    let roles: Set<String>
    let inquiry: RuleInquiry
    let at: Timestamp
    private let proofAge: Int64

    /// The combination of this number.
    ///
    /// - Parameter subjects: who asks, by the bits of the tokens they hold.
    init?(_ number: Int, of domain: AnalysisDomain, _ subjects: [AnalysisSubject]) {
        var rest = number
        func pick<Item>(_ items: [Item]) -> Item {
            defer { rest /= items.count }
            return items[rest % items.count]
        }
        let subject = pick(subjects)
        let (action, type, id) = (pick(domain.actions), pick(domain.types), pick(domain.ids))
        let (at, proof) = (pick(domain.moments), pick(domain.proofs))
        var own: [String: AttributeValue] = [:]
        var resource: [String: AttributeValue] = [:]
        var context: [String: AttributeValue] = [:]
        for (path, values) in domain.values {
            guard let value = pick(values) else { continue }
            switch path.root {
            case .subject: Self.put(value, path.fields[...], &own)
            case .resource: Self.put(value, path.fields[...], &resource)
            default: Self.put(value, path.fields[...], &context)
            }
        }
        let authentication = proof.map {
            RequestAuthentication(strength: $0.strength, authenticatedAt: at - .seconds($0.age))
        }
        guard
            let inquiry = try? RuleInquiry(
                action: action, resourceType: type, resourceID: id, resourceAttributes: resource, context: context,
                subject: subject.subject, roles: subject.roles, authentication: authentication)
        else { return nil }
        (self.inquiry, self.at, roles, proofAge) = (inquiry, at, subject.roles, proof?.age ?? 0)
        facts = subject.facts.with(own)
    }

    private static func put(
        _ value: AttributeValue, _ fields: ArraySlice<String>, _ members: inout [String: AttributeValue]
    ) {
        guard let first = fields.first else { return }
        guard fields.count > 1 else {
            members[first] = value
            return
        }
        var inner = members[first]?.object ?? [:]
        put(value, fields.dropFirst(), &inner)
        members[first] = .object(inner)
    }

    /// As a question that can be asked again.
    func document(own attributes: [String: AttributeValue]) -> AttributeValue {
        let request = inquiry.request
        var subject: [String: AttributeValue] = ["id": .string(facts.id)]
        if facts.kind == .serviceAccount { subject["type"] = "service_account" }
        if !roles.isEmpty { subject["roles"] = .list(roles.sorted().map(AttributeValue.string)) }
        if !facts.groups.isEmpty { subject["groups"] = .list(facts.groups.map(AttributeValue.string)) }
        if !attributes.isEmpty { subject["attributes"] = .object(attributes) }
        var resource: [String: AttributeValue] = [
            "type": .string(request.resourceType), "id": .string(request.resourceID),
        ]
        let known = request.resourceAttributes.dictionary
        if !known.isEmpty { resource["attributes"] = .object(known) }
        var members: [String: AttributeValue] = [
            "subject": .object(subject), "action": .string(request.action), "resource": .object(resource),
            "at": .string(at.rfc3339),
        ]
        if !inquiry.context.isEmpty { members["context"] = .object(inquiry.context) }
        if let proof = request.authentication {
            members["authentication"] = [
                "acr": proof.strength >= .aal2 ? "aal2" : "aal1", "age": .integer(proofAge),
            ]
        }
        return .object(members)
    }

    /// The same, with the subject's attributes among it.
    var document: AttributeValue { document(own: facts.attributes.dictionary) }
}

/// Somebody who asks, in an analysis.
struct AnalysisSubject {
    let subject: Subject
    let facts: SubjectFacts
    let roles: Set<String>

    /// Everybody there can be: one for each set of the names that rules know.
    static func all(_ tokens: [AnalysisDomain.Token], _ roleID: (String) -> RoleID?) -> [AnalysisSubject] {
        (0..<(1 << tokens.count)).compactMap { bits in
            let held = tokens.enumerated().filter { bits >> $0.offset & 1 == 1 }.map(\.element)
            func names(_ kind: AnalysisDomain.Token.Kind) -> [String] { held.filter { $0.kind == kind }.map(\.name) }
            let (users, accounts, roles) = (names(.user), names(.account), names(.role))
            // Nobody has two names, or is a person and an account.
            guard users.count + accounts.count < 2 else { return nil }
            let facts = SubjectFacts(
                kind: accounts.isEmpty ? .person : .serviceAccount,
                id: users.first ?? accounts.first ?? AnalysisDomain.freshName, roles: roles.compactMap(roleID),
                groups: names(.group))
            return AnalysisSubject(
                subject: .person(PersonID(high: 0, low: UInt64(bits) + 1)), facts: facts, roles: Set(roles))
        }
    }
}
