import Identity
import Storage
import Vocabulary

/// What a bootstrap file says: an organization, its units and their service people, and what each may do at servers of NATS.
///
/// The members are those of `clan-bootstrap.json`: `organization`, `organizational_units`, `service_people`, and, passed over,
/// `nsc_export_config` and `metadata`.
struct NATSBootstrap {
    struct Unit {
        let name: String
        let level: OrganizationLevel
        let account: String
        let parent: String?
        let settings: AttributeValue
    }

    struct Service {
        let name: String
        let mail: String?
        let unit: String
        let permissions: AttributeValue
    }

    let organization: String
    let `operator`: String?
    let settings: AttributeValue
    let units: [Unit]
    let services: [Service]

    /// - Throws: `nats.malformed` with the place of what is wrong; `invalid` for a service without the service role.
    init(_ document: AttributeValue) throws {
        var members = try NATSMembers(document, at: "")
        guard var about = try members.object("organization") else {
            throw members.fault("organization", "is missing")
        }
        organization = try about.required("name")
        for name in ["display_name", "description", "domain"] { _ = try about.text(name) }
        `operator` = try about.text("nats_operator_name")
        settings = about.value("nats") ?? .object([:])
        try about.finish()
        units = try (members.objects("organizational_units", limit: 1_000) ?? []).map(Self.unit)
        services = try (members.objects("service_people", limit: NATSService.userLimit) ?? []).map(Self.service)
        // What is said of an export is said by the command, and the rest is for people.
        _ = members.value("nsc_export_config")
        _ = members.value("metadata")
        try members.finish()
    }

    private static func unit(_ members: NATSMembers) throws -> Unit {
        var members = members
        let name = try members.required("name")
        let word = try members.text("unit_type")?.lowercased() ?? "department"
        // Two types of the file's that are no levels of a tree: what stands beside departments.
        let level = ["infrastructure", "service"].contains(word) ? .department : OrganizationLevel(word: word)
        guard let level, level != .organization else {
            throw members.fault("unit_type", "is none of division, department, project, team, infrastructure, service")
        }
        _ = try members.text("description")
        let unit = Unit(
            name: name, level: level, account: try members.text("nats_account_name") ?? NATSNames.slug(name),
            parent: try members.text("parent"), settings: members.value("nats") ?? .object([:]))
        try members.finish()
        return unit
    }

    private static func service(_ members: NATSMembers) throws -> Service {
        var members = members
        let name = try members.required("name")
        guard try members.required("role").lowercased() == "service" else {
            throw members.fault("role", "is not Service: other people are added as people are")
        }
        _ = try members.text("description")
        let service = Service(
            name: name, mail: try members.text("email"), unit: try members.required("organizational_unit"),
            permissions: members.value("nats_permissions") ?? .object([:]))
        try members.finish()
        return service
    }
}

/// What came of a bootstrap file.
public struct NATSBootstrapReport: Sendable, Equatable {
    public var `operator`: String
    public var unitsMade = 0
    public var peopleMade = 0
    public var accountsMade = 0
    public var usersMade = 0
    /// What was there already, and was left as it was.
    public var kept = 0
    /// Logins of people who are there, and are no services or not active: they were left as they are.
    public var leftOut: [String] = []
}

extension NATSService {
    /// Makes what a bootstrap file tells of and is not there yet: the organization, its units and people, the service role
    /// for them, and the operator, accounts and users. What is there is left as it is, so that the file may be read again.
    ///
    /// All of it, or nothing.
    public func bootstrap(_ document: AttributeValue, by caller: Caller) async throws -> NATSBootstrapReport {
        let plan = try NATSBootstrap(document)
        let (role, isNew) = try await serviceRole(by: caller)
        let authorization = try await table.snapshot(of: caller.tenant)
        let report: NATSBootstrapReport
        do {
            report = try await write(by: caller) { [settings] writer in
                var step = NATSBootstrapStep(plan, role: role, NATSRoles(authorization, role: settings.serviceRole))
                return try step.carryOut(&writer)
            }
        } catch {
            // The role was made before the rest of it, and is nobody's yet.
            if isNew { try? await roles.delete(role, by: caller) }
            throw error
        }
        await table.refreshGoverned(caller.tenant)
        return report
    }

    /// The role that makes somebody a service; made where there is none. It gives nothing by itself.
    private func serviceRole(by caller: Caller) async throws -> (id: RoleID, isNew: Bool) {
        let name = settings.serviceRole
        if let known = try await store.read({ try $0.roles(in: caller.tenant) }).first(where: { $0.name == name }) {
            try await roles.requireHeld(granting: known.id, expiresAt: nil, by: caller)
            return (known.id, false)
        }
        let role = Role(
            id: .random(at: clock()), tenant: caller.tenant, name: name,
            description: "Programs that sign in as people of their own.")
        return (try await roles.create(role, by: caller).id, true)
    }
}

/// A bootstrap file carried out inside one transaction.
private struct NATSBootstrapStep {
    let plan: NATSBootstrap
    let role: RoleID
    let roles: NATSRoles
    private var report = NATSBootstrapReport(operator: "")

    init(_ plan: NATSBootstrap, role: RoleID, _ roles: NATSRoles) {
        (self.plan, self.role, self.roles) = (plan, role, roles)
    }

    mutating func carryOut(_ writer: inout NATSWriter) throws -> NATSBootstrapReport {
        let root = try unit(plan.organization, .organization, under: nil, writer)
        if let known = writer.tree.operators.first(where: { $0.unit == root.id }) {
            (report.operator, report.kept) = (known.name, report.kept + 1)
        } else {
            report.operator = try writer.generateOperator(of: root, name: plan.operator, plan.settings).name
        }
        // Parents first: a unit may stand before the one above it.
        for place in plan.units.sorted(by: { $0.level < $1.level }) {
            let parent = try place.parent.map { try find($0, below: root, writer) } ?? root
            let unit = try unit(place.name, place.level, under: parent, writer)
            guard !writer.tree.accounts.contains(where: { $0.unit == unit.id }) else {
                report.kept += 1
                continue
            }
            do { _ = try writer.generateAccount(of: unit, name: place.account, place.settings) } catch {
                throw NATSNames.fault(error, of: "the unit `\(place.name)`")
            }
            report.accountsMade += 1
        }
        for (number, service) in plan.services.enumerated() {
            do { try carryOut(service, below: root, &writer) } catch {
                throw NATSNames.fault(error, of: "service_people[\(number)], `\(service.name)`")
            }
        }
        if let owner = writer.tree.operators.first(where: { $0.unit == root.id }) { try writer.settle(owner) }
        return report
    }

    private mutating func carryOut(
        _ service: NATSBootstrap.Service, below root: OrganizationUnit, _ writer: inout NATSWriter
    ) throws {
        let unit = try find(service.unit, below: root, writer)
        let person = try person(service, in: unit, writer)
        guard !writer.tree.users.contains(where: { $0.person == person.id && $0.assignment == nil }) else {
            report.kept += 1
            return
        }
        guard person.isActive, try roles.isService(person.id, writer.tx.sql, at: writer.tx.now) else {
            report.leftOut.append(person.login)
            return
        }
        _ = try writer.generateUser(of: person, in: unit.id.description, service.permissions, roles, isSettled: false)
        report.usersMade += 1
    }

    private mutating func person(
        _ service: NATSBootstrap.Service, in unit: OrganizationUnit, _ writer: NATSWriter
    ) throws -> Person {
        let (tx, caller) = (writer.tx, writer.caller)
        if let known = try tx.sql.person(login: service.name, in: caller.tenant) { return known }
        var edit = PersonEdit()
        edit.login = service.name
        edit.mail = service.mail
        edit.organizationUnit = unit.id
        let person = try PeopleService.create(edit, by: caller, tx)
        let assignment = RoleAssignment(
            id: .random(at: tx.now), tenant: caller.tenant, subject: .person(person.id), role: role,
            grantedBy: caller.actor, grantedAt: tx.now)
        try RoleService.insert(assignment, by: caller, tx)
        report.peopleMade += 1
        return person
    }

    private mutating func unit(
        _ name: String, _ level: OrganizationLevel, under parent: OrganizationUnit?, _ writer: NATSWriter
    ) throws -> OrganizationUnit {
        let (tx, caller) = (writer.tx, writer.caller)
        let units = try writer.units()
        if let known = units.first(where: { $0.name == name && $0.parent == parent?.id }) { return known }
        report.unitsMade += 1
        return try OrganizationService.create(level, name: name, under: parent?.id, among: units, by: caller, tx)
    }

    /// A unit of this name below the organization.
    private func find(_ name: String, below root: OrganizationUnit, _ writer: NATSWriter) throws -> OrganizationUnit {
        let units = try writer.units()
        let tree = OrganizationTree(units)
        let found = units.filter { unit in
            unit.name == name && (unit.id == root.id || tree.ancestors(of: unit.id).contains { $0.id == root.id })
        }
        guard let unit = found.first, found.count == 1 else {
            throw Fault(
                "nats.malformed", .caller,
                "`organizational_unit` names \(found.isEmpty ? "none" : "several") of the organization's units.")
        }
        return unit
    }
}
