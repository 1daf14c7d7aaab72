import Authorization
import Governance
import Identity
import Storage
import Vocabulary

/// Governed policies as one document, to be taken elsewhere: `{version: 1, governed_policies: […]}`.
public struct PolicyBundle: Sendable {
    public let document: AttributeValue
    /// Policies that were left out because they name people, by id, and where they do.
    public let leftOut: [(policy: PolicyID, name: String, places: [String])]
}

/// What became of one policy of an imported bundle.
public struct ImportedPolicy: Sendable {
    public let name: String
    /// The draft it became.
    public let id: PolicyID
    public let rules: Int
    public let cases: Int
}

extension PolicyWorkbench {
    /// Policies of one bundle.
    public static let bundleLimit = 500

    /// The governed policies of a tenant with their cases, newest version each; ids, authors, reasons, exemptions and
    /// history stay here. What names people (a user, an individual scope, a login, a mail address or an id in a
    /// condition or a case) is left out and said to be, unless whoever asks may take people's names along.
    ///
    /// - Parameters:
    ///   - ids: which; all that are not archived for nil.
    ///   - includesPeople: whether the caller has proven that they may read people.
    /// - Throws: `not_found` for an id the tenant does not have, `governance.invalid` past 500 policies.
    public func export(
        _ ids: [PolicyID]? = nil, includesPeople: Bool = false, in tenant: TenantID
    ) async throws -> PolicyBundle {
        let policies = try await chosen(ids, in: tenant)
        return try await store.ask(tenant, now: clock()) { view in
            var leftOut: [(policy: PolicyID, name: String, places: [String])] = []
            var documents: [AttributeValue] = []
            for policy in policies {
                let cases = try view.load(Governed.policyCases(policy.id)).state
                let document = PolicyDraft(policy, tests: try cases?.tests() ?? []).document
                let places = includesPeople ? [] : try PeopleNames(view).places(in: document)
                if places.isEmpty {
                    documents.append(document)
                } else {
                    leftOut.append((policy.id, policy.name, places))
                }
            }
            return PolicyBundle(
                document: ["version": 1, "governed_policies": .list(documents)], leftOut: leftOut)
        }
    }

    private func chosen(_ ids: [PolicyID]?, in tenant: TenantID) async throws -> [GovernedPolicy] {
        var found: [GovernedPolicy] = []
        if let ids {
            guard ids.count <= Self.bundleLimit else { throw Self.tooMany }
            for id in ids { found.append(try await governance.policy(id, in: tenant)) }
            return found
        }
        while true {
            let page = try await governance.policies(in: tenant, after: found.last?.id, limit: 200)
            found += page
            guard page.count == 200 else { break }
            guard found.count <= Self.bundleLimit * 2 else { throw Self.tooMany }
        }
        let kept = found.filter { $0.state != .archived }
        guard kept.count <= Self.bundleLimit else { throw Self.tooMany }
        return kept
    }

    private static let tooMany = Fault(
        "governance.invalid", .caller, "A bundle has at most \(bundleLimit) policies.", remedy: "Name some of them.")

    /// Makes drafts of a bundle, or of one document of any style but a policy document's own, with their cases: all of
    /// them or none. They are reviewed and activated like every draft.
    ///
    /// - Parameters:
    ///   - name: what the policy is called, of one document; nil for what it says itself.
    ///   - enforcement: how hard it bites, likewise.
    /// - Throws: `governance.rejected` with every fault, each with its place; `governance.invalid` for a name given to
    ///   several.
    public func importing(
        _ tree: AttributeValue, name: String? = nil, enforcement: Enforcement? = nil, by caller: Caller
    ) async throws -> [ImportedPolicy] {
        var drafts = try refusing { try PolicyDraft.bundle(tree, limit: Self.bundleLimit) }
        if name != nil || enforcement != nil {
            guard drafts.count == 1, tree["governed_policies"] == nil else { throw Self.severalNamed }
            drafts = drafts.map { $0.renamed(name, enforcement: enforcement) }
        }
        return try await store(drafts, by: caller)
    }

    private static let severalNamed = Fault(
        "governance.invalid", .caller, "A name and an enforcement are for one document, not for a bundle.",
        remedy: "Write them into the bundle's policies.")

    private func store(_ drafts: [PolicyDraft], by caller: Caller) async throws -> [ImportedPolicy] {
        return try await store.govern(by: caller) { writer in
            try drafts.map { draft in
                if let unit = draft.details.scope.unit,
                    try !writer.tx.sql.organizationUnits(of: writer.tenant).contains(where: { $0.id == unit })
                {
                    throw GovernanceError.notFound(resource: "organization unit", id: unit.description)
                }
                if let subject = draft.details.scope.subject { try writer.tx.sql.require(subject, in: writer.tenant) }
                let id = PolicyID.random(at: writer.now)
                let events = try draft.events(id, actor: caller.actor, now: writer.now) { .random(at: writer.now) }
                _ = try writer.begin(
                    GovernedStream(GovernedPolicy.aggregate, id), "policy", id: id.description, row: GovernedRow.init
                ) { events }
                let cases = Governed.policyCases(id)
                let kept = try PolicyCases.setting(.list(draft.tests.map(\.document)), of: id, over: nil)
                try writer.write(kept, to: try writer.view.load(cases), of: cases, row: GovernedRow.init)
                return ImportedPolicy(
                    name: draft.details.name, id: id, rules: draft.rules.count, cases: draft.tests.count)
            }
        }
    }
}

/// Finds where a document names people of the tenant.
private struct PeopleNames {
    /// Texts looked up of one document.
    private static let lookups = 4_096
    private let view: GovernedView

    init(_ view: GovernedView) { self.view = view }

    func places(in document: AttributeValue) throws -> [String] {
        var texts: [(path: String, text: String)] = []
        Self.collect(document, "", &texts)
        var found: [String] = []
        var known: [String: Bool] = [:]
        for (path, text) in texts {
            guard known.count < Self.lookups else { return found + ["further texts"] }
            let isName = try known[text] ?? Self.isUserPlace(path) || isPerson(text)
            known[text] = isName
            if isName { found.append(path) }
        }
        return found
    }

    // Whom `users` names is a person, whether or not this tenant knows them.
    private static func isUserPlace(_ path: String) -> Bool { path.contains("subjects.users[") }

    private func isPerson(_ text: String) throws -> Bool {
        if let id = PersonID(text) { return try view.sql.person(id, in: view.tenant) != nil }
        if try !view.sql.people(mail: text, in: view.tenant).isEmpty { return true }
        return try view.sql.person(login: text, in: view.tenant) != nil
    }

    private static func collect(
        _ value: AttributeValue, _ path: String, _ texts: inout [(path: String, text: String)]
    ) {
        switch value {
        case .string(let text): texts.append((path, text))
        case .list(let items):
            for (number, item) in items.enumerated() { collect(item, "\(path)[\(number)]", &texts) }
        case .object(let members):
            for (key, item) in members.sorted(by: { $0.key < $1.key }) {
                collect(item, path.isEmpty ? key : "\(path).\(key)", &texts)
            }
        case .null, .bool, .integer, .number: return
        }
    }
}
