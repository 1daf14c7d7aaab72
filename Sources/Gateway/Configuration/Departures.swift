import Foundation
import Identity
import Logging
import Storage
import Vocabulary

/// What the configuration owned in one tenant and names no longer. It is planned whole before any of it is done:
/// a policy or role that stayed in force after its lines were deleted could be removed by nobody.
struct Departures {
    /// A role that somebody else's objects hang on, and how many of each.
    struct Held {
        let role: Role
        let assignments: Int
        let mappings: Int
        let heirs: Int
    }

    let tenant: Tenant
    let policies: [StoredPolicyDocument]
    /// Nothing hangs on these.
    let deleted: [Role]
    /// These pass to the API's ownership, so that an administrator decides about those who hold them.
    let released: [Held]

    /// The configuration's roles that it names no longer; predefined ones never leave.
    static func roles(of stored: [Role], _ slug: String, _ configuration: Configuration) -> [Role] {
        let wanted = Set(configuration.roles.filter { $0.tenant == slug }.map(\.name))
        return stored.filter { $0.managedBy == .configuration && !$0.isPredefined && !wanted.contains($0.name) }
    }

    /// Plans from the rows as they are once everything that is configured has been applied, mappings included.
    init(from tenant: Tenant, _ configuration: Configuration, _ tx: Transaction) throws {
        self.tenant = tenant
        let files = Set(
            configuration.policies.filter { $0.tenant == tenant.slug }
                .map { URL(fileURLWithPath: $0.file).lastPathComponent })
        policies = try tx.sql.policyDocuments(in: tenant.id)
            .filter { $0.managedBy == .configuration && !files.contains($0.name) }
        let stored = try tx.sql.roles(in: tenant.id)
        let mappings = try tx.sql.roleMappings(in: tenant.id)
        var deletable = Self.roles(of: stored, tenant.slug, configuration)
        var held: [Held] = []
        // A role that stays keeps those it inherits from, so each one found may hold others.
        while true {
            let going = Set(deletable.map(\.id))
            let found = try deletable.compactMap { role in
                let one = Held(
                    role: role, assignments: try tx.sql.assignments(in: tenant.id, role: role.id).count,
                    mappings: mappings.filter { $0.role == role.id }.count,
                    heirs: stored.filter { !going.contains($0.id) && $0.parents.contains(role.id) }.count)
                return one.assignments + one.mappings + one.heirs > 0 ? one : nil
            }
            guard !found.isEmpty else { break }
            held += found
            deletable.removeAll { role in found.contains { $0.role.id == role.id } }
        }
        deleted = deletable
        released = held
    }

    /// Says what will be done, then does it, each change with its event.
    func carryOut(_ logger: Logger, by caller: Caller, _ tx: Transaction) throws {
        log(logger)
        for policy in policies {
            _ = try tx.sql.deletePolicyDocument(policy.id, in: tenant.id)
            try tx.append(caller.event("policy.deleted", Stream("policy", policy.id)))
        }
        for role in deleted {
            guard try tx.sql.deleteRole(role.id, in: tenant.id) else { throw Fault.stale("role") }
            try tx.append(caller.event("role.deleted", Stream("role", role.id)))
        }
        for held in released {
            var role = held.role
            role.managedBy = .api
            guard try tx.sql.update(role, expecting: held.role.version) else { throw Fault.stale("role") }
            try tx.append(
                caller.event(
                    "role.released", Stream("role", role.id),
                    facts: [
                        Fact("managed_by", .word(role.managedBy.rawValue)),
                        Fact("assignments", .integer(Int64(held.assignments))),
                        Fact("mappings", .integer(Int64(held.mappings))), Fact("heirs", .integer(Int64(held.heirs))),
                    ]))
        }
    }

    private func log(_ logger: Logger) {
        func notice(_ what: String, _ name: String) {
            logger.notice("\(what) left the configuration and is deleted", metadata: labels(name))
        }
        for policy in policies { notice("A policy document", policy.name) }
        for role in deleted { notice("A role", role.name) }
        for held in released {
            logger.warning(
                """
                A role left the configuration and is kept, managed by the API from now on, because of \
                \(held.assignments) assignments, \(held.mappings) mappings and \(held.heirs) inheriting roles. \
                Remove these, then `gatehouse role delete`, or keep it.
                """, metadata: labels(held.role.name))
        }
    }

    private func labels(_ name: String) -> Logger.Metadata { ["tenant": "\(tenant.slug)", "name": "\(name)"] }
}

extension Gateway {
    /// Closes the applications that left the configuration, of all tenants before any is applied: a host may pass from
    /// one tenant to another, and it is nobody's twice.
    func closeDepartedApplications() async throws {
        let wanted = Set(configuration.applications.map { "\($0.tenant)/\($0.key)" })
        try await store.write(.revocation) { [logger] tx in
            let slugs = Dictionary(try tx.sql.tenants().map { ($0.id, $0.slug) }, uniquingKeysWith: { a, _ in a })
            let departed = try tx.sql.applications().filter {
                $0.managedBy == .configuration && !wanted.contains("\(slugs[$0.tenant] ?? "")/\($0.name)")
            }
            for application in departed {
                logger.notice(
                    "An application left the configuration: it is closed, and its sessions end",
                    metadata: ["tenant": "\(slugs[application.tenant] ?? "")", "name": "\(application.name)"])
            }
            for application in departed {
                let ended = try tx.sql.endSessions(of: application.id, .administrator, at: tx.now)
                _ = try tx.sql.deleteApplication(application.id, in: application.tenant)
                try tx.append(
                    Self.caller(in: application.tenant, tx).event(
                        "application.removed", Stream("application", application.id),
                        facts: [Fact("sessions", .integer(Int64(ended)))]))
            }
        }
    }
}

extension Fault {
    static func foreignRole(_ name: String, _ tenant: String) -> Fault {
        Fault(
            "configuration.role", .caller,
            "The role `\(name)` of the tenant `\(tenant)` is managed by api, and the configuration names it too.",
            remedy: """
                Give the configured role another name; or write `adopt: true` beside it, which makes the API's role, \
                with everyone who holds it, the configuration's.
                """)
    }
}
