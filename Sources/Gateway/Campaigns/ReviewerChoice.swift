import Governance
import Identity
import Storage
import Vocabulary

/// Says who is asked about an access: the first of those named who is there, can sign in, and does not hold it.
struct ReviewerChoice {
    private let view: GovernedView
    private let terms: Campaign.Terms
    private var people: [PersonID: Person?] = [:]
    private var accounts: [ServiceAccountID: Bool] = [:]
    private var owners: [EntitlementID: Subject?] = [:]

    init(_ view: GovernedView, _ terms: Campaign.Terms) { (self.view, self.terms) = (view, terms) }

    /// Nil where nobody but the holder could be asked.
    mutating func reviewer(of access: CampaignReach.Access) throws -> Subject? {
        let manager = try access.holder.person.flatMap { try person($0)?.manager }.map(Subject.person)
        var owner: Subject?
        if case .entitlement(_, let entitlement, _) = access.item { owner = try self.owner(of: entitlement) }
        let first: [Subject?] =
            switch terms.reviewers {
            case .manager: [manager, owner, terms.reviewer]
            case .owner: [owner, manager, terms.reviewer]
            case .named: [terms.reviewer, manager, owner]
            }
        for subject in first + [terms.escalatesTo] {
            if let subject, subject != access.holder, try isAble(subject) { return subject }
        }
        return nil
    }

    private mutating func owner(of id: EntitlementID) throws -> Subject? {
        if let known = owners[id] { return known }
        let row = try view.sql.governed(Governed.entitlement(id).stream, in: view.tenant)
        let application = try row?.parent.flatMap(ApplicationID.init).flatMap {
            try view.sql.governed(Governed.application($0).stream, in: view.tenant)
        }
        let owner = [row?.target, application?.target].compactMap(\.self).compactMap { PersonID(bytes: $0) }.first
            .map(Subject.person)
        owners[id] = owner
        return owner
    }

    private mutating func isAble(_ subject: Subject) throws -> Bool {
        switch subject {
        case .person(let id): return try person(id)?.isActive ?? false
        case .serviceAccount(let id):
            if let known = accounts[id] { return known }
            let isAble = try view.sql.serviceAccount(id, in: view.tenant).map { !$0.isDisabled } ?? false
            accounts[id] = isAble
            return isAble
        }
    }

    private mutating func person(_ id: PersonID) throws -> Person? {
        if let known = people[id] { return known }
        let person = try view.sql.person(id, in: view.tenant)
        people[id] = .some(person)
        return person
    }
}
