import Authorization
import Gateway
import Governance
import Identity
import Vocabulary

/// One person: who they are, where they come from, what they hold and why, and where they are signed in.
enum PersonPage {
    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let person = try await call.gateway.people.person(named: try call.parameter("person"), in: call.tenant)
        var page = AdminPage(
            heading: person.displayName ?? person.login, trail: [.init("People", "/people")])
        let actions = try await PersonActions.offered(for: person, call)
        if !actions.isEmpty { page.blocks.append(.actions(actions)) }
        page.blocks.append(.facts(try await profile(person, call)))
        if try await call.may("explain", "decision") {
            page.blocks += try await origin(of: person, call)
        }
        page.blocks += try await governed(person, call)
        if try await call.may("list", "session") { page.blocks.append(.table(sessions(of: person, call))) }
        return page
    }

    private static func profile(_ person: Person, _ call: AdminCall) async throws -> AdminFacts {
        var rows: [(name: String, value: AdminValue)] = [
            ("State", PeoplePages.state(of: person)), ("User name", AdminValue(person.login)),
            ("Mail", AdminValue(person.mail ?? "–")),
            ("Kept by", AdminValue(PeoplePages.keeper(person.managedBy))),
        ]
        if let department = person.department { rows.append(("Department", AdminValue(department))) }
        if let unit = person.organizationUnit,
            let found = try await call.found({
                try await call.gateway.organization.unit(named: unit.description, in: call.tenant)
            })
        {
            rows.append(("Organization unit", AdminValue(found.unit.name)))
        }
        if let manager = person.manager {
            rows.append(("Manager", try await call.names(of: [.person(manager)]).value(manager)))
        }
        let factors = try await call.gateway.login.factors(of: person.id)
        rows.append(("Second factor", factors.contains(.oneTimePassword) ? "authenticator app" : "none"))
        for (name, value) in person.attributes.sorted(by: { $0.key < $1.key }) {
            rows.append((name, AdminValue(adminText(value))))
        }
        rows.append(("Known since", AdminValue(person.createdAt)))
        rows.append(("Number", .code(person.id.description)))
        return AdminFacts("Profile", rows)
    }

    // MARK: What they have, and what comes of it

    /// Entitlements, risk, findings and the last decisions, each for whoever may read it.
    private static func governed(_ person: Person, _ call: AdminCall) async throws -> [AdminBlock] {
        let subject = Subject.person(person.id)
        var blocks: [AdminBlock] = []
        if try await call.may("read", "entitlement") {
            blocks.append(.table(try await AccessPages.summary(of: subject, call)))
        }
        if try await call.may("read", "risk") {
            let score = try await call.gateway.risk.score(of: subject, in: call.tenant)
            let value = AdminValue("\(score.score) of 100", to: "/risk?who=\(person.id)")
            blocks.append(.facts(AdminFacts("Risk", [("Score", value), ("Level", RiskPages.level(score.level))])))
        }
        if try await call.may("read", "sod") {
            let found = try await call.gateway.duties.violations(
                in: call.tenant, of: subject, status: .active, GovernedPart(limit: shown))
            blocks.append(.table(try await FindingPages.table("What breaks separation of duties", found, call)))
        }
        if try await call.may("read", "decision") {
            var filter = DecisionFilter()
            filter.subject = subject
            let last = try await call.gateway.decisionLog.list(filter, in: call.tenant, limit: shown)
            blocks.append(.table(try await DecisionPages.table("Last decisions", last.decisions, call)))
        }
        return blocks
    }

    /// Rows of each of these tables; their own pages have all of them.
    private static let shown = 10

    // MARK: Where everything comes from

    /// The way that an explanation of any decision begins with.
    private static func origin(of person: Person, _ call: AdminCall) async throws -> [AdminBlock] {
        let question = DecisionQuestion(
            .subject(kind: .person, id: person.id.description), action: "read", resourceType: "person",
            resourceID: person.id.description)
        let trace = try await call.gateway.explanations.explain(question, in: call.tenant)
        let names = try await call.names(ofActors: trace.groups.compactMap(\.broughtBy))
        let jobs = try await jobs(behind: trace.groups, call)
        return [
            .table(identities(trace)), .table(roles(trace)), .table(groups(trace, names, jobs)),
        ]
    }

    /// The directory jobs among the commands that brought the groups: a job's run and its command have one id.
    private static func jobs(
        behind groups: [DecisionTrace.GroupLink], _ call: AdminCall
    ) async throws -> [CommandID: SyncRunID] {
        guard try await call.may("read", "sync_run") else { return [:] }
        var jobs: [CommandID: SyncRunID] = [:]
        for command in Set(groups.compactMap(\.command)) {
            let run = SyncRunID(high: command.high, low: command.low)
            let found = try await call.found { try await call.gateway.syncRun(run, in: call.tenant) }
            jobs[command] = found?.id
        }
        return jobs
    }

    private static func origin(
        of group: DecisionTrace.GroupLink, _ names: AdminNames, _ jobs: [CommandID: SyncRunID]
    ) -> AdminValue {
        guard let actor = group.broughtBy else { return "–" }
        guard let run = group.command.flatMap({ jobs[$0] }) else { return names.value(actor: actor) }
        return AdminValue("a directory job", to: "/directory-jobs/\(run)")
    }

    private static func identities(_ trace: DecisionTrace) -> AdminTable {
        AdminTable(
            "Where they come from", columns: ["Provider", "User name there", "Permanent key", "Linked", "Last seen"],
            rows: trace.identities.map { identity in
                [
                    AdminValue(trace.providerNames[identity.subject.provider] ?? "a provider that is gone"),
                    AdminValue(identity.login), .code(identity.subject.key), AdminValue(identity.linkedAt),
                    AdminValue(identity.lastSeenAt),
                ]
            }, empty: "No provider vouches for this account; it was made here.")
    }

    private static func roles(_ trace: DecisionTrace) -> AdminTable {
        AdminTable(
            "Roles, and why", columns: ["Role", "Because of", "Counts"],
            rows: trace.roles.map { role in
                [
                    AdminValue(role.name, to: "/roles/\(role.id)"),
                    role.because.isEmpty
                        ? AdminValue("given here") : .list(role.because.map { AdminValue($0) }),
                    role.isHeldBack ? .badge("after a second factor", .info) : .badge("yes", .good),
                ]
            }, empty: "No role is held.")
    }

    private static func groups(
        _ trace: DecisionTrace, _ names: AdminNames, _ jobs: [CommandID: SyncRunID]
    ) -> AdminTable {
        AdminTable(
            "Groups", columns: ["Group", "Membership", "Since", "Brought by"],
            rows: trace.groups.map { group in
                [
                    AdminValue(group.name, to: "/groups/\(group.id)"),
                    group.isDirect ? "direct" : "through another group",
                    group.sincePosition.map { AdminValue("journal \($0)", to: "/journal/\($0)") } ?? "–",
                    origin(of: group, names, jobs),
                ]
            }, empty: "In no group.")
    }

    // MARK: Sessions

    private static func sessions(of person: Person, _ call: AdminCall) -> AdminTable {
        let sessions = call.gateway.sessions.sessions(of: person.id, in: call.tenant)
        return AdminTable(
            "Signed in", columns: ["Proven by", "Through", "Since", "Last used"],
            rows: sessions.map { session in
                [
                    SessionPages.proof(of: session), AdminValue(SessionPages.provider(of: session, call)),
                    AdminValue(session.createdAt), AdminValue(session.lastSeenAt),
                ]
            }, empty: "Not signed in.")
    }
}

/// A value as people read it: lists with commas, nothing as a dash.
func adminText(_ value: AttributeValue) -> String {
    switch value {
    case .null: "–"
    case .string(let text): text
    case .bool(let truth): truth ? "yes" : "no"
    case .list(let values): values.isEmpty ? "–" : values.map(adminText).joined(separator: ", ")
    default: CanonicalJSON.encode(value)
    }
}
