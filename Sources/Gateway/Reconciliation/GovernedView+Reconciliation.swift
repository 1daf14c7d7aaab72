import Authorization
import Governance
import Identity
import Storage
import Vocabulary

extension GovernedView {
    /// What an application's target should have, as far as a report asks.
    func expectation(
        of application: ApplicationID, for report: TargetReport, _ authorization: TenantAuthorization
    ) throws -> TargetExpectation {
        guard try sql.governed(Governed.application(application).stream, in: tenant) != nil else {
            throw GovernanceError.notFound(resource: "application", id: application.description)
        }
        let (names, active) = try names(of: application)
        return TargetExpectation(
            owners: try owners(of: report), entitlements: names, held: try held(active, authorization))
    }

    /// Open findings of an application, and those resolved that a report may show again.
    func reported(_ application: ApplicationID) throws -> Set<TargetFindingID> {
        var found: Set<TargetFindingID> = []
        try sql.forEachGoverned(
            .governed(TargetFinding.aggregate.kind), in: tenant,
            GovernedFilter(state: "open", parent: application.bytes)
        ) { row in
            if let id = TargetFindingID(bytes: row.id) { found.insert(id) }
        }
        return found
    }

    /// A finding with the texts of the event that found it last.
    func detail(_ finding: TargetFinding) throws -> ReconciliationService.Detail {
        var last: TargetDifference?
        try Governed.finding(finding.id).forEach(sql, in: tenant, keys: keys) { recorded, _ in
            if case .found(_, _, let difference) = recorded.event { last = difference }
        }
        return ReconciliationService.Detail(
            finding: finding, account: last?.account, unknownName: last?.unknownName, reported: last?.reported ?? [:],
            login: try finding.subject.flatMap { try login(of: $0) },
            entitlementName: try finding.entitlement.flatMap {
                try sql.governed(Governed.entitlement($0).stream, in: tenant)?.name
            })
    }

    // MARK: Parts

    /// The application's entitlements by what the target calls them, and which of them are active.
    private func names(of application: ApplicationID) throws -> ([String: EntitlementID], Set<EntitlementID>) {
        var ids: [EntitlementID] = []
        try sql.forEachGoverned(
            .governed(Entitlement.aggregate.kind), in: tenant, GovernedFilter(parent: application.bytes)
        ) { row in
            if let id = EntitlementID(bytes: row.id) { ids.append(id) }
        }
        var (names, active): ([String: EntitlementID], Set<EntitlementID>) = ([:], [])
        for entitlement in try ids.compactMap({ try load(Governed.entitlement($0)).state }) {
            names[entitlement.details.externalID ?? entitlement.details.name] = entitlement.id
            if entitlement.status == .active { active.insert(entitlement.id) }
        }
        return (names, active)
    }

    private func owners(of report: TargetReport) throws -> [String: TargetExpectation.Owner] {
        let accounts = Dictionary(try sql.serviceAccounts(in: tenant).map { ($0.name, $0) }) { first, _ in first }
        var owners: [String: TargetExpectation.Owner] = [:]
        for name in Set(report.accounts.map(\.owner)) {
            if let person = try sql.person(login: name, in: tenant) {
                owners[name] = TargetExpectation.Owner(
                    .person(person.id), isActive: person.isActive,
                    attributes: SubjectResolver.attributes(of: person).compactMapValues(\.string))
            } else if let account = accounts[name] {
                owners[name] = TargetExpectation.Owner(
                    .serviceAccount(account.id), isActive: !account.isDisabled, attributes: [:])
            }
        }
        return owners
    }

    /// Who should have these there, by assignments and by roles; nobody who may not sign in.
    private func held(
        _ entitlements: Set<EntitlementID>, _ authorization: TenantAuthorization
    ) throws -> [Subject: Set<EntitlementID>] {
        var held: [Subject: Set<EntitlementID>] = [:]
        for id in entitlements {
            for holding in try holdings({ $0.parent = id.bytes }) where holding.isInForce(at: now) {
                held[holding.subject, default: []].insert(id)
            }
        }
        let bound = try self.entitlements(of: authorization.roles.keys)
            .mapValues { $0.intersection(entitlements) }.filter { !$0.value.isEmpty }
        for role in authorization.roles.keys {
            let own = authorization.rules.closure(of: [role])
                .reduce(into: Set<EntitlementID>()) { $0.formUnion(bound[$1] ?? []) }
            guard !own.isEmpty else { continue }
            for subject in try Holders(self, authorization).of([role]) { held[subject, default: []].formUnion(own) }
        }
        return try held.filter { try mayActThere($0.key) }
    }

    private func mayActThere(_ subject: Subject) throws -> Bool {
        switch subject {
        case .person(let id): try sql.person(id, in: tenant)?.isActive ?? false
        case .serviceAccount(let id): try sql.serviceAccount(id, in: tenant).map { !$0.isDisabled } ?? false
        }
    }
}
