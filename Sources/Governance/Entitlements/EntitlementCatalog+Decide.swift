import Vocabulary

/// What can be asked of entitlements.
public enum EntitlementCommand: Sendable, Hashable {
    case create(EntitlementID, ApplicationID, EntitlementDetails, status: EntitlementStatus = .active)
    case update(EntitlementID, EntitlementDetails)
    case changeStatus(EntitlementID, EntitlementStatus)
    /// Whoever has the role has the entitlement.
    case bindToRole(EntitlementID, RoleID)
    case unbindFromRole(EntitlementID, RoleID)
    case delete(EntitlementID)
}

extension EntitlementCatalog {
    /// Refuses a command of another tenant, and one of none.
    public func require(_ tenant: TenantID) throws(GovernanceError) {
        guard !tenant.isNil else { throw .tenantRequired }
        guard tenant == self.tenant else { throw .notFound(resource: "tenant", id: tenant.description) }
    }

    /// An application of the tenant. Throws `notFound`.
    public func application(_ id: ApplicationID) throws(GovernanceError) -> GovernedApplication {
        guard let application = applications[id] else { throw .notFound(resource: "application", id: id.description) }
        return application
    }

    /// An entitlement of the tenant. Throws `entitlementNotFound`.
    public func entitlement(_ id: EntitlementID) throws(GovernanceError) -> Entitlement {
        guard let entitlement = entitlements[id] else { throw .entitlementNotFound(id) }
        return entitlement
    }

    /// What follows from a command about an entitlement. Pure; an unchanged value gives no event.
    ///
    /// - Parameter standing: how many assignments of it stand, where the catalog does not know them all.
    public func decide(
        _ command: EntitlementCommand, tenant: TenantID, standing: Int? = nil, now: Timestamp
    ) throws(GovernanceError) -> [EntitlementEvent] {
        try require(tenant)
        switch command {
        case .create(let id, let application, let details, let status):
            guard entitlements[id] == nil else { throw .alreadyExists(resource: "entitlement", id: id.description) }
            _ = try self.application(application)
            try details.check()
            try requireFree(details.name, application, except: id)
            return [.created(id, application, details, status)]
        case .update(let id, let details):
            let known = try entitlement(id)
            try details.check()
            try requireFree(details.name, known.application, except: id)
            return known.details == details ? [] : [.updated(id, details)]
        case .changeStatus(let id, let status):
            return try entitlement(id).status == status ? [] : [.statusChanged(id, status)]
        case .bindToRole(let id, let role):
            return try entitlement(id).roles.contains(role) ? [] : [.boundToRole(id, role)]
        case .unbindFromRole(let id, let role):
            return try entitlement(id).roles.contains(role) ? [.unboundFromRole(id, role)] : []
        case .delete(let id):
            _ = try entitlement(id)
            let count = standing ?? standingAssignments(of: id, at: now)
            guard count == 0 else { throw .entitlementHasAssignments(count) }
            return [.deleted(id)]
        }
    }

    private func requireFree(
        _ name: String, _ application: ApplicationID, except id: EntitlementID
    ) throws(GovernanceError) {
        if let other = entitlement(named: name, in: application), other != id { throw .entitlementNameExists(name) }
    }
}
