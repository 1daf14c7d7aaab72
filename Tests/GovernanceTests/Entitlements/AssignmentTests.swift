import Authorization
import Fixtures
import Governance
import Testing
import Vocabulary

@Suite("Assignments of entitlements")
struct AssignmentTests {
    let erp = ApplicationID(high: 4, low: 1), crm = ApplicationID(high: 4, low: 2)

    private func desk() throws -> Desk {
        var desk = try Desk()
        try desk.run(.create(id(1), erp, details("Approve", .low)))
        try desk.run(.create(id(2), erp, details("Create", .medium)))
        try desk.run(.create(id(3), crm, details("Approve", .low)))
        return desk
    }

    private func details(_ name: String, _ risk: RiskLevel, isDelegable: Bool = false) -> EntitlementDetails {
        EntitlementDetails(name: name, riskLevel: risk, isDelegable: isDelegable)
    }

    private func input(
        _ number: UInt64, _ entitlement: UInt64, source: AssignmentSource = .direct, until: Timestamp? = nil,
        why: String? = nil, awaits: Bool = false, to subject: Subject = ada
    ) -> AssignmentInput {
        AssignmentInput(
            id: id(number), entitlement: id(entitlement), subject: subject, source: source, expiresAt: until,
            justification: why, awaitsApproval: awaits)
    }

    @Test(
        "S1-14 S1-15 S1-16 S1-17 S1-18 the document's assignment is made, read, listed and revoked, with all its fields"
    )
    func assigning() throws {
        var desk = try desk()
        let why = try #require(try corpus("seed-001")["assignment"]?["justification"]?.string)
        try desk.run(.assign(input(1, 1, until: noon + .days(30), why: "  \(why) ")))
        let made = try desk.catalog.assignment(id(1))
        #expect(made.entitlement == id(1) && made.subject == ada && made.assignedBy == admin && made.assignedAt == noon)
        #expect(
            made.expiresAt == noon + .days(30) && made.isJustified && made.source == .direct && made.status == .active)
        #expect(desk.catalog.holdings(of: ada).map(\.assignment) == [id(1)])
        let event = try desk.catalog.decide(
            .assign(input(7, 2, why: why)), tenant: desk.tenant, duties: desk.duties, now: noon)
        let texts = try #require(event.first).record.texts
        guard case .person(let person) = ada else { throw CancellationError() }
        #expect(texts == [EventText("justification", .person(person), .string("Required for project Alpha"))])
        try desk.run(.revoke(id(1)))
        #expect(try desk.catalog.assignment(id(1)).status == .revoked && desk.catalog.held(by: ada, at: noon).isEmpty)
        let catalog = desk.catalog, duties = desk.duties, tenant = desk.tenant
        expect(.invalidState(current: "revoked", expected: "active")) { () throws(GovernanceError) in
            try catalog.decide(.revoke(id(1)), tenant: tenant, duties: duties, now: noon)
        }
        expect(.assignmentNotFound(id(66))) { () throws(GovernanceError) in
            try catalog.decide(.revoke(id(66)), tenant: tenant, duties: duties, now: noon)
        }
    }

    @Test("S1-19 S1-74 twice is once too often; what is not active, or not there, is not assigned")
    func refusals() throws {
        var desk = try desk()
        try desk.run(.assign(input(1, 1)))
        try desk.run(.changeStatus(id(3), .inactive))
        let catalog = desk.catalog, duties = desk.duties, tenant = desk.tenant
        func refused(_ expected: GovernanceError, _ input: AssignmentInput, at now: Timestamp = noon) {
            expect(expected) { () throws(GovernanceError) in
                try catalog.decide(.assign(input), tenant: tenant, duties: duties, now: now)
            }
        }
        refused(.assignmentAlreadyExists(id(1)), input(2, 1))
        refused(.entitlementNotFound(id(66)), input(2, 66))
        refused(.invalidState(current: "inactive", expected: "active"), input(2, 3))
        refused(
            .alreadyExists(resource: "assignment", id: EntitlementAssignmentID(high: 0x1000, low: 1).description),
            input(1, 2))
        #expect(throws: GovernanceError.self) {
            try catalog.decide(
                .assign(input(2, 2, why: String(repeating: "x", count: 4_097))), tenant: tenant, duties: duties,
                now: noon)
        }
        // By another source it may stand beside, and after its end it may begin again.
        try desk.run(.assign(input(2, 1, source: .birthright)))
        try desk.run(.assign(input(3, 2, until: noon + .days(1))))
        try desk.run(.assign(input(4, 2)), at: noon + .days(1))
    }

    @Test(
        "S1-25 S1-26 S1-27 S1-28 S1-29 S1-30 S1-31 validators say everything they have against it, the expiry date by default"
    )
    func validators() throws {
        var desk = try desk()
        try desk.run(.assign(input(1, 1)))
        let catalog = desk.catalog, duties = desk.duties, tenant = desk.tenant
        #expect(AssignmentValidation.standard.validators.map(\.name) == ["expiry_date"])
        func refused(_ problems: [AssignmentProblem], _ input: AssignmentInput, _ validation: AssignmentValidation) {
            expect(.validationFailed(problems)) { () throws(GovernanceError) in
                try catalog.decide(.assign(input), tenant: tenant, validation: validation, duties: duties, now: noon)
            }
        }
        refused([.expiryNotInFuture], input(2, 2, until: noon), .standard)
        var all = AssignmentValidation([
            .expiryDate, .duplicateAssignment, .justificationRequired, .prerequisite(id(3)),
        ])
        let own = AssignmentProblem.custom(code: "office.closed", message: "The office is closed.")
        all.add(AssignmentValidator("office") { _, _, _ in own })
        refused(
            [.expiryNotInFuture, .duplicate(id(1)), .justificationRequired, .prerequisiteNotAssigned(id(3)), own],
            input(2, 1, until: noon - .seconds(1), why: " \n "), all)
        refused(
            [.prerequisiteNotAssigned(id(3))], input(2, 2), AssignmentValidation([.prerequisite(id(3), for: id(2))]))
        try desk.run(
            .assign(input(2, 2)), AssignmentValidation([.prerequisite(id(1)), .prerequisite(id(3), for: id(9))]))
        try desk.run(.assign(input(3, 3, until: noon + .microseconds(1))))
    }

    @Test(
        "S1-76 what is high or critical is never assigned without a justification, whatever the tenant's validators",
        arguments: RiskLevel.allCases)
    func highRisk(level: RiskLevel) throws {
        var desk = try Desk()
        try desk.run(.create(id(1), erp, details("e", level)))
        let catalog = desk.catalog, duties = desk.duties, tenant = desk.tenant
        let bare = AssignmentValidation()
        guard level >= .high else {
            try desk.run(.assign(input(1, 1)), bare)
            return
        }
        expect(.validationFailed([.justificationRequired])) { () throws(GovernanceError) in
            try catalog.decide(.assign(input(1, 1)), tenant: tenant, validation: bare, duties: duties, now: noon)
        }
        expect(.validationFailed([.expiryNotInFuture, .justificationRequired])) { () throws(GovernanceError) in
            try catalog.decide(
                .assign(input(1, 1, until: noon)), tenant: tenant, validation: .standard, duties: duties, now: noon)
        }
        try desk.run(.assign(input(1, 1, why: "needed")), bare)
    }

    @Test(
        "S1-75 separation of duties is asked before every assignment: given, passed on, activated, with what comes by roles"
    )
    func duties() throws {
        var desk = try desk()
        let clerk = RoleID(high: 6, low: 6)
        try desk.rule(id(1), .exclusive, [id(1), id(2)])
        let before = desk.catalog, register = desk.duties, tenant = desk.tenant
        try desk.run(.assign(input(1, 1)))
        let message = "AP Segregation: 2 entitlements that exclude each other."
        let catalog = desk.catalog
        expect(.sodViolation(id(1), message: message)) { () throws(GovernanceError) in
            try catalog.decide(.assign(input(2, 2)), tenant: tenant, duties: register, now: noon)
        }
        var bound = before
        for event in try bound.decide(.bindToRole(id(1), clerk), tenant: tenant, now: noon) {
            try bound.apply(Recorded(event, at: noon, actor: admin))
        }
        let byRole = bound
        expect(.sodViolation(id(1), message: message)) { () throws(GovernanceError) in
            try byRole.decide(.assign(input(2, 2)), tenant: tenant, duties: register, roles: [clerk], now: noon)
        }
        #expect(try byRole.decide(.assign(input(2, 2)), tenant: tenant, duties: register, now: noon).count == 1)
        // Both wait for approval; the second to begin finds the first.
        var waiting = try self.desk()
        waiting.duties = register
        try waiting.run(.assign(input(1, 1, awaits: true)))
        try waiting.run(.assign(input(2, 2, awaits: true)))
        #expect(waiting.catalog.held(by: ada, at: noon).isEmpty)
        try waiting.run(.activate(id(1)))
        let pending = waiting.catalog
        expect(.sodViolation(id(1), message: message)) { () throws(GovernanceError) in
            try pending.decide(.activate(id(2)), tenant: tenant, duties: register, now: noon)
        }
        try desk.rule(id(2), .exclusive, [id(2), id(1)])
        let double = desk.duties
        expect(.sodMultipleViolations(2)) { () throws(GovernanceError) in
            try catalog.decide(.assign(input(2, 2)), tenant: tenant, duties: double, now: noon)
        }
    }

    @Test("what was asked for does not begin once it is no longer given, nor what a validator has come to refuse")
    func activating() throws {
        var desk = try desk()
        try desk.run(.assign(input(1, 1, awaits: true)))
        func refused(_ expected: GovernanceError, _ validation: AssignmentValidation = .standard) {
            let (catalog, duties, tenant) = (desk.catalog, desk.duties, desk.tenant)
            expect(expected) { () throws(GovernanceError) in
                try catalog.decide(.activate(id(1)), tenant: tenant, validation: validation, duties: duties, now: noon)
            }
        }
        refused(.validationFailed([.prerequisiteNotAssigned(id(3))]), AssignmentValidation([.prerequisite(id(3))]))
        refused(.validationFailed([.justificationRequired]), AssignmentValidation([.justificationRequired]))
        try desk.run(.changeStatus(id(1), .inactive))
        refused(.invalidState(current: "inactive", expected: "active"))
        try desk.run(.changeStatus(id(1), .active))
        // It does not stand in its own way.
        try desk.run(.activate(id(1)), AssignmentValidation([.duplicateAssignment]))
        #expect(desk.catalog.held(by: ada, at: noon) == [id(1)])
    }

    @Test("only what is delegable is passed on, for no longer than it is held, not twice, and it ends with it")
    func delegation() throws {
        var desk = try desk()
        try desk.run(.create(id(4), erp, details("Sign", .low, isDelegable: true)))
        let bob = Subject.person(PersonID(high: 0xB, low: 0xB)), eve = Subject.person(PersonID(high: 0xE, low: 0xE))
        try desk.run(.assign(input(1, 1)))
        try desk.run(.assign(input(2, 4, until: noon + .days(10))))
        let catalog = desk.catalog, duties = desk.duties, tenant = desk.tenant
        func refused(_ expected: GovernanceError, _ from: UInt64, _ input: AssignmentInput) {
            expect(expected) { () throws(GovernanceError) in
                try catalog.decide(.delegate(id(from), input), tenant: tenant, duties: duties, now: noon)
            }
        }
        refused(.notDelegable(id(1)), 1, input(3, 1, to: bob))
        refused(.notDelegable(id(4)), 2, input(3, 4, until: noon + .days(1)))
        refused(
            .invalid(field: "expires_at", reason: "is later than the end of what is passed on"), 2, input(3, 4, to: bob)
        )
        refused(.invalid(field: "entitlement", reason: "is not the one that is held"), 2, input(3, 1, to: bob))
        try desk.run(.delegate(id(2), input(3, 4, until: noon + .days(10), to: bob)))
        let after = desk.catalog
        expect(.notDelegable(id(4))) { () throws(GovernanceError) in
            try after.decide(
                .delegate(id(3), input(5, 4, until: noon + .days(1), to: eve)), tenant: tenant, duties: duties,
                now: noon)
        }
        #expect(desk.due(at: noon).isEmpty)
        try desk.run(.revoke(id(2)))
        #expect(desk.due(at: noon) == [.expired(id(3))])
    }

    @Test("S1-22 an assignment lapses by time, and its end becomes an event without a caller")
    func expiry() throws {
        var desk = try desk()
        try desk.run(.assign(input(1, 1, until: noon + .days(1))))
        #expect(desk.catalog.held(by: ada, at: noon + .days(1) - .microseconds(1)) == [id(1)])
        #expect(desk.catalog.held(by: ada, at: noon + .days(1)).isEmpty)
        #expect(desk.due(at: noon + .days(1)) == [.expired(id(1))])
        for event in desk.due(at: noon + .days(1)) {
            try desk.catalog.apply(Recorded(event, at: noon + .days(1), actor: .system("expiry")))
        }
        #expect(try desk.catalog.assignment(id(1)).status == .expired && desk.due(at: noon + .days(2)).isEmpty)
    }

    @Test("S1-79 effective access is direct, by role and by birthright, each with its derivation")
    func effectiveAccess() throws {
        var desk = try desk()
        let clerk = RoleID(high: 6, low: 6)
        try desk.run(.bindToRole(id(1), clerk))
        try desk.run(.bindToRole(id(3), clerk))
        try desk.run(.assign(input(1, 1)))
        try desk.run(.assign(input(2, 2, source: .birthright)))
        let access = desk.catalog.effectiveAccess(of: ada, roles: [clerk], at: noon)
        #expect(access.map(\.entitlement) == [id(1), id(2), id(3)])
        #expect(
            access.map(\.derivations) == [
                [.assignment(id(1), .direct), .role(clerk)], [.assignment(id(2), .birthright)], [.role(clerk)],
            ])
        #expect(desk.catalog.effective(ada, [clerk], noon).count == 3)
        try desk.run(.unbindFromRole(id(3), clerk))
        try desk.run(.changeStatus(id(2), .inactive))
        #expect(desk.catalog.effectiveAccess(of: ada, roles: [clerk], at: noon).map(\.entitlement) == [id(1)])
        #expect(desk.catalog.effectiveAccess(of: .person(PersonID(high: 0xB, low: 0xB)), roles: [], at: noon).isEmpty)
    }

    @Test(
        "S1-66 S1-67 S1-68 S1-69 S1-70 S1-71 S1-72 S1-73 every change is in the audit with its actor, before and after, and can be asked for"
    )
    func audit() throws {
        var desk = try desk()
        try desk.run(.update(id(1), details("Renamed", .low)))
        try desk.run(.changeStatus(id(3), .inactive), at: noon + .seconds(5))
        try desk.run(.assign(input(1, 1)))
        try desk.run(.revoke(id(1)))
        try desk.run(.delete(id(2)))
        #expect(
            desk.entries.map(\.action) == [
                .created, .created, .created, .updated, .statusChanged, .assigned, .revoked, .deleted,
            ])
        #expect(desk.entries.allSatisfy { $0.actor == admin && $0.tenant == desk.tenant })
        let updated = desk.entries[3]
        #expect(updated.before?["name"] == "Approve" && updated.after?["name"] == "Renamed")
        #expect(
            desk.entries[0].before == nil && desk.entries[7].after == nil && desk.entries[7].before?["name"] == "Create"
        )
        #expect(desk.entries[4].before?["status"] == "active" && desk.entries[4].after?["status"] == "inactive")
        #expect(desk.entries[5].subject == ada && desk.entries[6].after?["status"] == "revoked")
        func found(_ filter: EntitlementAuditFilter) -> Int { desk.entries.count(where: filter.admits) }
        #expect(found(.init()) == 8 && found(.init(actions: [.created])) == 3 && found(.init(entitlement: id(1))) == 4)
        #expect(found(.init(subject: ada)) == 2 && found(.init(actor: .anonymous)) == 0)
        #expect(found(.init(from: noon + .seconds(5))) == 1 && found(.init(until: noon + .seconds(5))) == 7)
        #expect(Set(desk.entries.map(\.event)).count == 8)
        #expect(desk.entries.first { $0.event == updated.event } == updated)
    }

    @Test(
        "no order of commands breaks the invariants, and the catalog is the fold of what was written", arguments: 0..<30
    )
    func invariants(seed: UInt64) throws {
        var generator = Seeded(seed)
        var desk = try desk()
        var copy = desk.catalog
        try desk.rule(id(1), .exclusive, [id(1), id(2)])
        let people = (1...4).map { Subject.person(PersonID(high: 0xC, low: $0)) }
        for step in 1...200 {
            let now = noon + .hours(step)
            func number(_ range: ClosedRange<UInt64>) -> UInt64 { UInt64.random(in: range, using: &generator) }
            let subject = people.randomElement(using: &generator) ?? ada
            let until = Bool.random(using: &generator) ? now + .hours(9) : nil
            let command: AssignmentCommand =
                switch number(0...6) {
                case 0: .revoke(id(number(1...200)))
                case 1: .activate(id(number(1...200)))
                default:
                    .assign(input(UInt64(step), number(1...4), until: until, awaits: number(0...3) == 0, to: subject))
                }
            let decided =
                desk.due(at: now)
                + ((try? desk.catalog.decide(command, tenant: desk.tenant, duties: desk.duties, now: now)) ?? [])
            for event in decided {
                try desk.catalog.apply(Recorded(event, at: now, actor: admin))
                try copy.apply(Recorded(try AssignmentEvent(event.record), at: now, actor: admin))
            }
            for person in people {
                let held = desk.catalog.held(by: person, at: now)
                #expect(!held.isSuperset(of: [id(1), id(2)]))
                let live = desk.catalog.holdings(of: person).filter { $0.isInForce(at: now) }
                #expect(Set(live.map(\.entitlement)).count == live.count)
            }
        }
        #expect(copy == desk.catalog && desk.catalog.assignments.count > 8)
    }

    @Test("S1-78 access that was asked for begins when it is approved, never without, and ends at its time")
    func accessRequest() throws {
        func approval(_ commands: [ApprovalCommand]) throws -> Approval {
            let request = ApprovalRequest(
                id: id(1), requester: ada, rules: [], requestDigest: Array(repeating: 1, count: 32),
                circumstances: StageCircumstances(risk: .low, context: [:]))
            var events = try Approval.request(
                request, along: Approval.plainStage(["owner"]), zones: ZoneTable(version: "none", []), now: noon)
            var state = try Approval.aggregate.fold(nil, events.map { Recorded($0, at: noon, actor: admin) })
            for command in commands {
                events = try #require(state).decide(command, now: noon)
                state = try Approval.aggregate.fold(state, events.map { Recorded($0, at: noon, actor: admin) })
            }
            return try #require(state)
        }
        let owner = Approver.subject(.person(PersonID(high: 0xC, low: 1)))
        var desk = try desk()
        try desk.run(.assign(input(1, 1, until: noon + .days(1), awaits: true)))
        let waiting = try desk.catalog.assignment(id(1))
        #expect(AccessRequest.command(for: waiting, after: try approval([])) == nil)
        for end in [ApprovalCommand.reject(by: owner, roles: ["owner"]), .cancel(by: ada)] {
            #expect(AccessRequest.command(for: waiting, after: try approval([end])) == .revoke(id(1)))
        }
        let approved = try approval([.approve(by: owner, roles: ["owner"])])
        try desk.run(try #require(AccessRequest.command(for: waiting, after: approved)))
        #expect(desk.catalog.held(by: ada, at: noon) == [id(1)])
        #expect(AccessRequest.command(for: try desk.catalog.assignment(id(1)), after: approved) == nil)
        #expect(desk.due(at: noon + .days(1)) == [.expired(id(1))])
    }

    @Test("birthrights begin and end with what the directory says; what cannot be judged is left as it is")
    func birthrights() throws {
        var desk = try desk()
        let book = try BirthrightBook([
            (
                id(71),
                .init(
                    name: "sales", condition: ["equals": ["subject.department": "sales"]], entitlements: [id(1), id(2)])
            ), (id(72), .init(name: "remote", condition: ["equals": ["subject.remote": true]], entitlements: [id(3)])),
        ])
        func plan(_ attributes: [String: AttributeValue]) throws -> BirthrightPlan {
            try book.plan(
                for: ada, SubjectFacts(id: ada.id, attributes: Attributes(attributes)), in: desk.catalog, at: noon)
        }
        let all = try plan(["department": "sales", "remote": true]).begin
        #expect(all.map(\.entitlement) == [id(1), id(2), id(3)] && all.map(\.rule) == [id(71), id(71), id(72)])
        try desk.run(.assign(input(1, 1, source: .birthright)))
        try desk.run(.assign(input(2, 3, source: .birthright)))
        try desk.run(.assign(input(3, 2)))
        let same = try plan(["department": "sales", "remote": true])
        #expect(same.begin.map(\.entitlement) == [id(2)] && same.end.isEmpty)
        let moved = try plan(["department": "legal", "remote": false])
        #expect(moved.begin.isEmpty && moved.end == [id(1), id(2)] && moved.undecided.isEmpty)
        // What is not there meets no condition; nobody keeps an access by losing an attribute.
        let bare = try plan(["department": "legal"])
        #expect(bare.end == [id(1), id(2)] && bare.undecided.isEmpty)
        let gone = try book.plan(for: ada, nil, in: desk.catalog, at: noon)
        #expect(gone.end == [id(1), id(2)] && gone.begin.isEmpty)
        #expect(throws: GovernanceError.self) {
            try BirthrightBook([(id(71), .init(name: "x", condition: ["sometimes": 1], entitlements: []))])
        }
    }
}
