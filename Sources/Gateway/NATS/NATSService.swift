import Identity
import JOSE
import NKeys
import Storage
import Vocabulary

/// Credentials for servers of NATS out of the organization that is known here: an organization becomes an operator, a unit an
/// account, a person with the service role a user.
public struct NATSService: Sendable {
    let store: Store
    let table: AuthorizationTable
    let roles: RoleService
    let settings: NATSConfiguration
    let clock: @Sendable () -> Timestamp
    /// Told after each change that servers have to hear of.
    let changed: @Sendable (TenantID) -> Void

    /// Users of one tenant.
    static let userLimit = 20_000
    /// The account in which servers speak of themselves, and the gateway's user in it.
    static let systemAccount = "SYS"
    static let ownUser = "gatehouse"

    // MARK: Reading

    /// Operators, accounts and users of a tenant.
    public func overview(in tenant: TenantID) async throws -> NATSOverview {
        let tree = try await tree(of: tenant)
        return NATSOverview(operators: tree.operators, accounts: tree.accounts, users: tree.users)
    }

    /// The operator of this name or id.
    public func `operator`(named name: String, in tenant: TenantID) async throws -> NATSOperator {
        try await tree(of: tenant).operator(named: name)
    }

    /// The account of this name or id.
    public func account(named name: String, in tenant: TenantID) async throws -> NATSAccount {
        try await tree(of: tenant).account(named: name)
    }

    /// The user of this name or id.
    public func user(named name: String, in tenant: TenantID) async throws -> NATSUser {
        try await tree(of: tenant).user(named: name)
    }

    func tree(of tenant: TenantID) async throws -> NATSTree {
        try await store.read { try NATSTree(try $0.natsEntities(in: tenant)) }
    }

    // MARK: Generating

    /// `GenerateNatsOperator`: makes an organization an operator, with keys of its own, a system account, and the gateway's
    /// user in it.
    ///
    /// - Parameter name: what it is called in tokens, subjects and files; the organization's, in small letters, without it.
    /// - Throws: `not_found`; `invalid` for a unit that is no organization; `conflict` where it is one already, or the name is
    ///   taken; `nats.…` for settings that cannot be.
    public func generateOperator(
        of organization: String, name: String?, _ body: AttributeValue, by caller: Caller
    ) async throws -> NATSOperator {
        try await write(by: caller) { writer in
            let unit = try writer.unit(organization)
            guard unit.level == .organization else {
                throw Fault.invalid("An operator of NATS is an organization, and this is a \(unit.level.word).")
            }
            return try writer.generateOperator(of: unit, name: name, body)
        }
    }

    /// `GenerateNatsAccount`: makes a unit of an operator's organization an account.
    ///
    /// - Throws: as `generateOperator`; `nats.no_operator` where no organization above the unit is one.
    public func generateAccount(
        of unit: String, name: String?, _ body: AttributeValue, by caller: Caller
    ) async throws -> NATSAccount {
        try await write(by: caller) { writer in
            try writer.generateAccount(of: try writer.unit(unit), name: name, body)
        }
    }

    /// `GenerateNatsUser`: makes a person who holds the service role a user, in the account of their unit or the next above
    /// it that is one.
    ///
    /// - Parameter account: another account, by name or id.
    /// - Throws: as `generateAccount`; `nats.no_service` for somebody without the role, or who is not active.
    public func generateUser(
        of person: String, in account: String?, _ body: AttributeValue, by caller: Caller
    ) async throws -> NATSUser {
        let authorization = try await table.snapshot(of: caller.tenant)
        let role = settings.serviceRole
        return try await write(by: caller) { writer in
            guard writer.tree.users.count < Self.userLimit else {
                throw Fault.invalid("A tenant has at most \(Self.userLimit) users of NATS.")
            }
            let found =
                try PersonID(person).map { try writer.tx.sql.person($0, in: caller.tenant) }
                ?? writer.tx.sql.onlyPerson(named: person, in: caller.tenant)
            guard let found else { throw Fault.notFound("person") }
            return try writer.generateUser(
                of: found, in: account, body, NATSRoles(authorization, role: role))
        }
    }

    // MARK: Writing

    /// One transaction; whatever it left to be signed is signed before it commits.
    func write<Result: Sendable>(
        _ lane: WriterLane = .administration, by caller: Caller,
        _ body: @escaping @Sendable (inout NATSWriter) throws -> Result
    ) async throws -> Result {
        try await store.write(lane) { [changed] tx in
            var writer = try NATSWriter(tx, caller)
            let result = try NATSNames.known { try body(&writer) }
            tx.afterCommit { changed(caller.tenant) }
            return result
        }
    }
}

/// Everything of a tenant's that servers of NATS are told about.
public struct NATSOverview: Sendable {
    public let operators: [NATSOperator]
    public let accounts: [NATSAccount]
    public let users: [NATSUser]
}

/// Which roles make somebody a service, and what roles give.
struct NATSRoles: Sendable {
    let authorization: TenantAuthorization
    let role: String

    init(_ authorization: TenantAuthorization, role: String) {
        self.authorization = authorization
        self.role = role
    }

    /// The permissions of everything somebody holds.
    func permissions(of person: PersonID, _ sql: any SQLConnection, at now: Timestamp) throws -> [RolePermission] {
        try held(by: person, sql, at: now).flatMap { authorization.roles[$0]?.permissions ?? [] }
    }

    func isService(_ person: PersonID, _ sql: any SQLConnection, at now: Timestamp) throws -> Bool {
        try held(by: person, sql, at: now).contains { authorization.roles[$0]?.name == role }
    }

    private func held(by person: PersonID, _ sql: any SQLConnection, at now: Timestamp) throws -> Set<RoleID> {
        try HeldRoles.of(.person(person), authorization, sql, now: now)
    }
}
