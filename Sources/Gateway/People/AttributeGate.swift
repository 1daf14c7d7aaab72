import Governance
import Identity
import Storage
import Vocabulary

/// Judges a change of what is said about somebody by the roles that mappings make of it: an attribute grants no role that
/// its author does not hold, and none that separation of duties keeps from the person.
struct AttributeGate: Sendable {
    let authorization: TenantAuthorization
    /// What the author holds; nil for whom roles do not judge.
    let held: [RoleID]?

    /// Throws `forbidden` or `sod.…` where the person would hold a role by the change that they may not get from here.
    func judge(_ person: Person, was known: Person, by caller: Caller, _ tx: Transaction) throws {
        let before = try HeldRoles.of(known, authorization, tx.sql, now: tx.now)
        let gained = try HeldRoles.of(person, authorization, tx.sql, now: tx.now).subtracting(before)
        guard !gained.isEmpty else { return }
        let rules = authorization.rules
        if let held, rules.refusal(giving: rules.permissions(of: Array(gained)), held: held) != nil {
            throw Fault.forbidden(
                "One grants only what one holds, and a mapping makes a role of this.",
                remedy: "Ask somebody who holds this role.")
        }
        let view = GovernedWriter(tx: tx, caller: caller).view
        do {
            try RoleDuties(view, authorization).require(granting: gained.sorted(), to: .person(person.id))
        } catch let error as GovernanceError {
            throw error.fault
        }
    }
}

extension RoleService {
    /// What judges the changes that this caller makes to people.
    func attributeGate(by caller: Caller) async throws -> AttributeGate {
        AttributeGate(
            authorization: try await table.snapshot(of: caller.tenant), held: try await heldRoles(of: caller))
    }
}
