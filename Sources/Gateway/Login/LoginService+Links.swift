import Authorization
import Identity
import Storage
import Vocabulary

/// A link's page before it is used: it only offers to go on, because mail scanners open links too.
public struct LinkOffer: Sendable {
    public let purpose: LinkPurpose
    public let flow: FlowID
    public let secret: SecretText
}

extension LoginService {
    /// Begins a flow for a link without using the link up; nil when it opens nothing.
    public func offer(link text: String, to browser: LoginBrowser) async throws -> LinkOffer? {
        guard let purpose = try await purpose(of: text, in: browser.tenant) else { return nil }
        let (secret, work) = try await insert(LoginRequest(returnTarget: "/account"), nil, browser, clock())
        return LinkOffer(purpose: purpose, flow: work.flow.id, secret: secret)
    }

    /// Uses a link up, once, in the flow that was begun for it: what follows is a new password, a first factor, or a
    /// password of the directory the person belongs to.
    public func redeem(link text: String, in id: FlowID, from browser: LoginBrowser) async throws -> LoginResult {
        guard var work = try await load(id, browser) else { return Self.over(id, .refused(.otherBrowser)) }
        // The button was pressed twice: the link has done its work, and the page is the one that follows it.
        if work.flow.proofs.contains(where: { $0.method == .singleUseLink }) {
            return try await show(id, from: browser)
        }
        do {
            let result = try await open(text, &work)
            tally.count(result, nil)
            return result
        } catch let fault as Fault where fault == Self.overtaken {
            return try await show(id, from: browser)
        }
    }

    private func open(_ text: String, _ work: inout LoginWork) async throws -> LoginResult {
        guard work.flow.step == .identify, work.flow.subject == nil, clock() < work.flow.expiresAt,
            let purpose = try await purpose(of: text, in: work.caller.tenant),
            let person = try await holder(of: text, purpose, &work)
        else {
            // The button's other request used the link up since this one looked at the flow, and moved it.
            let now = try await load(work.flow.id, work.browser)
            guard now?.stored.revision == work.stored.revision else { throw Self.overtaken }
            work.notice = .linkRefused
            return try await settle(try await decide(.opened, &work), &work)
        }
        let proof = work.flow.stamp.proof(of: person, by: .singleUseLink, at: clock())
        return try await settle(try await decide(.linkOpened(purpose, proof), &work, of: person), &work)
    }

    /// Whom the link is for. It is used up in the transaction that moves the flow; a set-up link, whose administrator
    /// has to be there before anything can be decided about them, in one of its own.
    private func holder(of text: String, _ purpose: LinkPurpose, _ work: inout LoginWork) async throws -> PersonID? {
        guard purpose != .setup else { return try await use(text, purpose, work.caller) }
        guard case .valid(let link) = try await credentials.openLink(text, for: purpose, in: work.caller.tenant) else {
            return nil
        }
        work.use = use(ofLink: text, purpose, work.caller)
        return link.person
    }

    func use(
        ofLink text: String, _ purpose: LinkPurpose, _ caller: Caller
    ) -> @Sendable (Transaction) throws -> Bool {
        { [credentials] tx in
            guard case .valid = try credentials.useLink(text, for: purpose, by: caller, in: tx) else { return false }
            return true
        }
    }

    private func purpose(of text: String, in tenant: TenantID) async throws -> LinkPurpose? {
        for purpose in LinkPurpose.allCases {
            if case .valid = try await credentials.openLink(text, for: purpose, in: tenant) { return purpose }
        }
        return nil
    }

    /// A set-up link makes its administrator in the transaction that uses it up.
    private func use(_ text: String, _ purpose: LinkPurpose, _ caller: Caller) async throws -> PersonID? {
        let changed = environment.personChanged
        return try await store.write(.login) { [credentials] tx in
            guard case .valid(let link) = try credentials.useLink(text, for: purpose, by: caller, in: tx) else {
                return nil
            }
            let person = try Self.makeAdministrator(link, caller, tx)
            tx.afterCommit { changed(person, caller.tenant) }
            return person
        }
    }

    /// The first administrator: a person named `admin`, or the next free name, with the predefined role. Whoever made the
    /// link is who made the administrator: opening it has proven nothing of anybody.
    private static func makeAdministrator(_ link: SingleUseLink, _ caller: Caller, _ tx: Transaction) throws -> PersonID
    {
        var maker = caller
        maker.actor = link.createdBy
        guard
            let role = try tx.sql.roles(in: caller.tenant).first(where: {
                $0.isPredefined && $0.name == PredefinedRole.admin.rawValue
            })
        else { throw Fault("roles.missing", .ourselves, "The tenant has no administrator role.") }
        let names = ["admin"] + (2...100).map { "admin\($0)" }
        guard let login = try names.first(where: { try tx.sql.person(login: $0, in: caller.tenant) == nil }) else {
            throw Fault("conflict", .caller, "There are a hundred administrators already.")
        }
        let person = Person(
            id: PersonID.random(at: tx.now), tenant: caller.tenant, login: login, displayName: "Administrator",
            createdAt: tx.now)
        try PeopleService.insert(person, by: maker, tx)
        try RoleService.insert(
            RoleAssignment(
                id: AssignmentID.random(at: tx.now), tenant: caller.tenant, subject: .person(person.id), role: role.id,
                grantedBy: link.createdBy, grantedAt: tx.now), by: maker, tx)
        return person.id
    }
}
