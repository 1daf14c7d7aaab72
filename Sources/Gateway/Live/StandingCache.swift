import Authorization
import Identity
import Storage
import Synchronization
import Vocabulary

/// What a subject holds, resolved: the standing for decisions, and the way it came about for explanations.
final class ResolvedSubject: Sendable {
    let subject: Subject
    let standing: Standing
    let isActive: Bool
    /// Version of the subject's row.
    let version: Int64
    /// The journal position the facts were read at.
    let position: Int64
    let login: String
    let displayName: String?
    let mail: String?
    let directRoles: [RoleAssignment]
    let mappedRoles: [MappedRole]
    let groups: [GroupID]
    let identities: [LinkedIdentity]
    /// Whether some roles do not count because they require two factors and one was proven.
    let holdsBackRoles: Bool
    /// The same for the governed rules; nil where there are none.
    let governed: GovernedStanding?
    let askers = AskerMemory()

    init(
        subject: Subject, standing: Standing, governed: GovernedStanding?, isActive: Bool, version: Int64,
        position: Int64, login: String,
        displayName: String?, mail: String?, directRoles: [RoleAssignment], mappedRoles: [MappedRole],
        groups: [GroupID], identities: [LinkedIdentity], holdsBackRoles: Bool = false
    ) {
        self.subject = subject
        self.standing = standing
        self.governed = governed
        self.isActive = isActive
        self.version = version
        self.position = position
        self.login = login
        self.displayName = displayName
        self.mail = mail
        self.directRoles = directRoles
        self.mappedRoles = mappedRoles
        self.groups = groups
        self.identities = identities
        self.holdsBackRoles = holdsBackRoles
    }

    /// All roles that count, each once, inherited ones not included.
    var roleIDs: [RoleID] { standing.facts.roles }

    func name(in tenant: TenantID) -> StandingCache.Name {
        StandingCache.Name(login, standing.facts.kind, in: tenant)
    }
}

/// Resolved subjects in memory, each tagged with the index it was resolved against. A change of a subject forgets it;
/// one that was being resolved meanwhile is not kept, so that no stale answer outlives the commit.
public final class StandingCache: Sendable {
    struct Key: Hashable, Sendable {
        let tenant: TenantID
        let subject: Subject
        /// Roles that require two factors count only where two were proven.
        let isStrong: Bool
    }

    /// What a subject goes by beside its id.
    struct Name: Hashable, Sendable {
        let tenant: TenantID
        let kind: SubjectFacts.Kind
        private let text: String

        /// A person's login in any spelling, a service account's name.
        init(_ text: String, _ kind: SubjectFacts.Kind, in tenant: TenantID) {
            (self.tenant, self.kind) = (tenant, kind)
            self.text = kind == .person ? NameKey.of(text) : text
        }
    }

    private struct Memory {
        var entries: [Key: ResolvedSubject] = [:]
        /// The subjects of the entries by name. A name that changes hands was a subject's that is forgotten.
        var names: [Name: Subject] = [:]
        /// Counts every forgetting; what was read before one is not put in after it.
        var changes: UInt64 = 0
    }

    private let memory = Mutex(Memory())
    private let capacity: Int

    init(capacity: Int = 50_000) { self.capacity = capacity }

    func find(_ key: Key, generation: UInt64) -> ResolvedSubject? {
        memory.withLock { memory in
            guard let entry = memory.entries[key], entry.standing.stamp.generation == generation else { return nil }
            return entry
        }
    }

    /// Who goes by this name; nil where it is not known here.
    func subject(_ name: Name) -> Subject? { memory.withLock { $0.names[name] } }

    /// The count to hand back to `keep`; drawn before reading.
    var changes: UInt64 { memory.withLock(\.changes) }

    func keep(_ subject: ResolvedSubject, _ key: Key, since changes: UInt64) {
        memory.withLock { memory in
            guard memory.changes == changes else { return }
            // Dropping everything is rare and cheap beside keeping an order of use on every decision.
            if memory.entries.count >= capacity {
                memory.entries.removeAll(keepingCapacity: true)
                memory.names.removeAll(keepingCapacity: true)
            }
            memory.entries[key] = subject
            memory.names[subject.name(in: key.tenant)] = key.subject
        }
    }

    /// Forgets a subject; called after the commit that changed it.
    public func forget(_ subject: Subject, in tenant: TenantID) {
        memory.withLock { memory in
            memory.changes += 1
            for isStrong in [false, true] {
                let key = Key(tenant: tenant, subject: subject, isStrong: isStrong)
                guard let gone = memory.entries.removeValue(forKey: key)?.name(in: tenant) else { continue }
                if memory.names[gone] == subject { memory.names[gone] = nil }
            }
        }
    }

    /// Forgets everyone in a tenant, after a change that may concern anybody.
    public func forgetAll(in tenant: TenantID) {
        memory.withLock { memory in
            memory.changes += 1
            memory.entries = memory.entries.filter { $0.key.tenant != tenant }
            memory.names = memory.names.filter { $0.key.tenant != tenant }
        }
    }
}
