import Governance
import NKeys
import Storage
import Vocabulary

/// An operator of NATS: an organization.
public struct NATSOperator: NATSEntity, Hashable {
    public let id: NATSEntityID
    public let unit: OrganizationUnitID?
    public let name: String
    public let settings: NATSOperatorSettings
    let key: NKey
    public internal(set) var stored: StoredNATSEntity
}

/// An account: an organization unit, or the account in which servers speak of themselves.
public struct NATSAccount: NATSEntity, Hashable {
    public let id: NATSEntityID
    public let `operator`: NATSEntityID
    /// Nil for the system account.
    public let unit: OrganizationUnitID?
    public let name: String
    public let settings: NATSAccountSettings
    let key: NKey
    public internal(set) var stored: StoredNATSEntity

    var isSystem: Bool { unit == nil }
}

/// A user: a person with the service role, somebody for a time, or the gateway itself.
public struct NATSUser: NATSEntity, Hashable {
    public let id: NATSEntityID
    public let account: NATSEntityID
    public let person: PersonID?
    /// What lets it in for a time, where it is not for good.
    public let assignment: EntitlementAssignmentID?
    public let name: String
    public let settings: NATSUserSettings
    public let expiresAt: Timestamp?
    let key: NKey
    public internal(set) var stored: StoredNATSEntity
}

/// What operators, accounts and users have in common.
public protocol NATSEntity: Sendable {
    var stored: StoredNATSEntity { get }
}

extension NATSEntity {
    /// By which servers know it.
    public var publicKey: String { stored.publicKey }
    /// What servers are shown: public, but for who may do what.
    public var token: String { stored.token }
    public var version: Int64 { stored.version }
    public var createdAt: Timestamp { stored.createdAt }
}

/// Everything of a tenant's that servers of NATS are told about.
struct NATSTree: Sendable {
    var operators: [NATSOperator] = []
    var accounts: [NATSAccount] = []
    var users: [NATSUser] = []

    /// - Throws: `storage.corrupt` for what was not written here.
    init(_ stored: [StoredNATSEntity]) throws {
        for entity in stored { try addKnown(entity) }
    }

    /// Takes one as it is now, in the place of what it was.
    mutating func put(_ entity: StoredNATSEntity) throws {
        operators.removeAll { $0.id == entity.id }
        accounts.removeAll { $0.id == entity.id }
        users.removeAll { $0.id == entity.id }
        try addKnown(entity)
    }

    private mutating func addKnown(_ entity: StoredNATSEntity) throws {
        do { try add(entity) } catch is Fault {
            throw Fault("storage.corrupt", .ourselves, "A stored \(entity.kind.rawValue) of NATS cannot be read.")
        }
    }

    private mutating func add(_ entity: StoredNATSEntity) throws {
        let key = try NATSNames.known { try NKey(entity.publicKey) }
        var members = try NATSMembers(try JSONColumn.decode(AttributeValue.self, entity.record), at: "")
        switch (entity.kind, entity.parent) {
        case (.operator, _):
            operators.append(
                NATSOperator(
                    id: entity.id, unit: entity.unit, name: entity.name,
                    settings: try NATSOperatorSettings(&members, name: entity.name), key: key, stored: entity))
        case (.account, let parent?):
            accounts.append(
                NATSAccount(
                    id: entity.id, operator: parent, unit: entity.unit, name: entity.name,
                    settings: try NATSAccountSettings(&members), key: key, stored: entity))
        case (.user, let parent?):
            users.append(
                NATSUser(
                    id: entity.id, account: parent, person: entity.person,
                    assignment: entity.assignment.flatMap { EntitlementAssignmentID(bytes: $0) },
                    name: entity.name, settings: try NATSUserSettings(&members), expiresAt: entity.expiresAt, key: key,
                    stored: entity))
        default: throw Fault("storage.corrupt", .ourselves, "It hangs on nothing.")
        }
    }

    // MARK: Looking

    /// By name or id, the organization's too.
    func `operator`(named text: String?) throws -> NATSOperator {
        guard let text else {
            guard let first = operators.first else { throw Self.noOperator }
            guard operators.count == 1 else {
                throw Fault.invalid("There are several operators of NATS.", remedy: "Say which, by name or id.")
            }
            return first
        }
        let found = operators.first { $0.name == text || $0.id.description == text || $0.unit?.description == text }
        guard let found else { throw Fault.notFound("operator of NATS") }
        return found
    }

    private static let noOperator = Fault(
        "not_found", .caller, "No organization is an operator of NATS.", remedy: "Make one of it first.")

    func accounts(of id: NATSEntityID) -> [NATSAccount] { accounts.filter { $0.operator == id } }
    func users(of id: NATSEntityID) -> [NATSUser] { users.filter { $0.account == id } }
    func account(_ id: NATSEntityID) -> NATSAccount? { accounts.first { $0.id == id } }

    func account(named text: String) throws -> NATSAccount {
        let found = accounts.filter {
            $0.name == text || $0.id.description == text || $0.unit?.description == text
        }
        guard let account = found.first else { throw Fault.notFound("account of NATS") }
        guard found.count == 1 else {
            throw Fault.invalid("Several accounts of NATS have this name.", remedy: "Name it by its id.")
        }
        return account
    }

    func user(named text: String) throws -> NATSUser {
        let found = users.filter { $0.name == text || $0.id.description == text }
        guard let user = found.first else { throw Fault.notFound("user of NATS") }
        guard found.count == 1 else {
            throw Fault.invalid("Several users of NATS have this name.", remedy: "Name it by its id.")
        }
        return user
    }

    func owner(of account: NATSAccount) throws -> NATSOperator {
        guard let found = operators.first(where: { $0.id == account.operator }) else {
            throw Fault("storage.corrupt", .ourselves, "An account of NATS has no operator.")
        }
        return found
    }
}
