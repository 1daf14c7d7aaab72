import Gateway
import Governance
import HTTPTypes
import Identity
import Synchronization
import Testing
import Vocabulary

@Suite("Assignments over HTTP")
struct AssignmentAPITests {
    private typealias House = EntitlementHouse

    @Test(
        "S1-14 S1-15 S1-16 S1-17 S1-18 the document's assignment is made, shown, listed and revoked, with all its fields"
    )
    func life() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let id = try await house.entitlement("Approve")
            let end = (SystemClock.now() + .days(30)).rfc3339
            let made = try await house.assign(id, to: "ada", ["expires_at": .string(end)])
            #expect(made.status == 201 && made.body?["status"] == "active" && made.body?["source"] == "direct")
            let assignment = try #require(made.body?["id"]?.string)
            let shown = try #require(try await house.get("assignments/" + assignment).body)
            #expect(shown["justification"] == "Required for project Alpha")
            #expect(shown["entitlement_id"] == .string(id) && shown["expires_at"] == .string(end))
            #expect(shown["user_id"] == .string(try await house.person("ada")))
            #expect(shown["assigned_by"]?.string?.hasPrefix("service_account:") == true && shown["assigned_at"] != nil)
            #expect(try await house.items("assignments?person=ada") == [shown])
            #expect(try await house.items("assignments?person=bob") == [])
            #expect(try await house.items("assignments?entitlement=\(id)&status=active") == [shown])
            let path = House.base + "assignments/\(assignment)/revoke"
            let ended = try await house.api.send(.post, path, ["reason": "moved to another team"])
            #expect(ended.status == 200 && ended.body?["status"] == "revoked" && ended.body?["ended_at"] != nil)
            let twice = try await house.api.send(.post, path, [:])
            #expect(twice.status == 409 && house.code(twice) == "governance.invalid_state")
            #expect(try await house.items("assignments?person=ada&status=active") == [])
            #expect(try await house.items("assignments?person=ada&status=revoked").count == 1)
            #expect(house.code(try await house.get("assignments/" + id)) == "assignment.not_found")
        }
    }

    @Test("S1-19 S1-74 twice is once too often, and what is not there is told apart")
    func refusals() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let id = try await house.entitlement("Approve"),
                off = try await house.entitlement("Old", "low", ["status": "inactive"])
            #expect(try await house.assign(id, to: "ada").status == 201)
            let twice = try await house.assign(id, to: "ada")
            #expect(twice.status == 409 && house.code(twice) == "assignment.already_exists")
            #expect(try await house.assign(id, to: "bob").status == 201)
            let nothing = try await house.assign(house.application, to: "ada")
            #expect(nothing.status == 404 && house.code(nothing) == "entitlement.not_found")
            let inactive = try await house.assign(off, to: "ada")
            #expect(inactive.status == 409 && house.code(inactive) == "governance.invalid_state")
            #expect(try await house.assign(id, to: "nobody").status == 400)
            let missing = try await house.api.send(.post, House.base + "assignments/\(id)/revoke", [:])
            #expect(missing.status == 404 && house.code(missing) == "assignment.not_found")
        }
    }

    @Test(
        "S1-25 S1-26 S1-27 S1-28 S1-29 S1-30 S1-31 validators say everything they have against it, the expiry date by default"
    )
    func validators() async throws {
        let running = try await TestGateway.open()
        try await running.serveHouse { house in
            let first = try await house.entitlement("Approve"), second = try await house.entitlement("Create")
            let past: [String: AttributeValue] = ["expires_at": "2020-01-01T00:00:00Z"]
            let standard = try await house.get("assignment-rules")
            #expect(standard.body?["checks"] == ["expiry_date"] && standard.body?["prerequisites"] == [])
            let late = try await house.assign(first, to: "ada", past)
            #expect(late.status == 422 && house.code(late) == "governance.validation_failed")
            #expect(try await house.assign(first, to: "ada", ["justification": "  "]).status == 201)
            let rules: AttributeValue = [
                "checks": ["expiry_date", "duplicate_assignment", "justification_required"],
                "prerequisites": [["entitlement_id": .string(second), "required_id": .string(first)]],
            ]
            let put = try await house.api.send(.put, House.base + "assignment-rules", rules)
            #expect(put.status == 200 && put.body?["version"] == 1)
            let all = try await house.assign(second, to: "bob", past.merging(["justification": " \t "]) { $1 })
            let sentence = all.body?["detail"]?.string ?? ""
            #expect(sentence.contains("end has to lie in the future"))
            #expect(
                sentence.contains("\(first) has to be held first") && sentence.contains("justification is required"))
            let twice = try await house.assign(first, to: "ada")
            #expect(twice.status == 422 && twice.body?["detail"]?.string?.contains("held already") == true)
            #expect(try await house.assign(second, to: "ada").status == 201)
            let unknown: AttributeValue = [
                "checks": [],
                "prerequisites": [["entitlement_id": .string(second), "required_id": .string(house.application)]],
            ]
            #expect(try await house.api.send(.put, House.base + "assignment-rules", unknown).status == 404)
            // One's own, through the Swift interface.
            let own = AssignmentValidator("office_hours") { _, _, _ in
                .custom(code: "assignment.after_hours", message: "Come back in the morning.")
            }
            let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
            let bob = try await running.gateway.people.person(named: "bob", in: caller.tenant).id
            let input = AssignmentInput(
                id: .random(at: .epoch), entitlement: try #require(EntitlementID(first)), subject: .person(bob),
                justification: "x")
            let refused = await #expect(throws: Fault.self) {
                try await running.gateway.assignments.validating([own]).assign(input, by: caller)
            }
            #expect(refused?.message == "Come back in the morning.")
            #expect(try await running.gateway.assignments.assign(input, by: caller).status == .active)
        }
    }

    @Test("S1-76 what is high or critical is never given without a justification, whatever the tenant's validators")
    func highRisk() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            #expect(try await house.api.send(.put, House.base + "assignment-rules", ["checks": []]).status == 200)
            for level in ["high", "critical"] {
                let id = try await house.entitlement("E \(level)", level)
                #expect(try await house.assign(id, to: "ada", ["justification": .null]).status == 422)
                #expect(try await house.assign(id, to: "ada").status == 201)
            }
            let low = try await house.entitlement("harmless")
            #expect(try await house.assign(low, to: "ada", ["justification": .null]).status == 201)
        }
    }

    @Test("S1-22 an assignment ends at its time without a caller")
    func expiry() async throws {
        let now = Mutex(SystemClock.now())
        let running = try await TestGateway.open(clock: { now.withLock { $0 } })
        try await running.serveHouse { house in
            let (id, end) = (try await house.entitlement("Approve"), now.withLock { $0 } + .hours(1))
            let made = try await house.assign(id, to: "ada", ["expires_at": .string(end.rfc3339)])
            let assignment = try #require(made.body?["id"]?.string)
            now.withLock { $0 = end - .microseconds(1) }
            #expect(try await running.gateway.governance.endWhatIsDue(now: end - .microseconds(1)) == 0)
            #expect(try await house.items("access?person=ada").count == 1)
            now.withLock { $0 = end }
            // It lapses by time, whether or not its end is written.
            #expect(try await house.items("access?person=ada") == [])
            #expect(try await running.gateway.governance.endWhatIsDue(now: end) == 1)
            #expect(try await house.get("assignments/" + assignment).body?["status"] == "expired")
            #expect(try await house.assign(id, to: "ada").status == 201)
        }
    }

    @Test("S1-23 S1-79 effective access is direct, by role and by birthright, each with its derivation")
    func effective() async throws {
        let running = try await TestGateway.open()
        try await running.serveHouse { house in
            let direct = try await house.entitlement("Approve"), byRole = try await house.entitlement("Create")
            let birth = try await house.entitlement("Mail")
            for name in ["Junior", "Senior"] {
                let inherits: AttributeValue = name == "Senior" ? ["Junior"] : []
                let role = try await house.api.send(
                    .post, "/api/v1/roles", ["name": .string(name), "inherits": inherits])
                #expect(role.status == 201)
            }
            #expect(try await house.assign(direct, to: "ada").status == 201)
            #expect(try await house.assign(birth, to: "ada", ["source": "birthright"]).status == 201)
            let bound = try await house.api.send(.put, House.base + "entitlements/\(byRole)/roles/Junior")
            let role = try #require(bound.body?["roles"]?.list?.first)
            let given = try await house.api.send(.post, "/api/v1/assignments", ["person": "ada", "role": "Senior"])
            #expect(given.status == 201)
            let access = try await house.items("access?person=ada")
            func derivation(_ id: String) -> AttributeValue? {
                access.first { $0["entitlement_id"] == .string(id) }?["derivations"]?.list?.first
            }
            #expect(access.count == 3 && derivation(direct)?["source"] == "direct")
            #expect(derivation(birth)?["source"] == "birthright" && derivation(birth)?["assignment_id"] != nil)
            #expect(derivation(byRole) == ["source": "role", "role_id": role])
            #expect(try await house.items("access?person=bob") == [])
            #expect(try await house.api.send(.delete, House.base + "entitlements/\(byRole)/roles/Junior").status == 204)
            _ = try await house.api.send(.patch, House.base + "entitlements/" + direct, ["status": "inactive"])
            #expect(try await house.items("access?person=ada").map { $0["entitlement_id"] } == [.string(birth)])
            let command = try #require(given.body?["id"]?.string)
            #expect(try await house.api.send(.delete, "/api/v1/assignments/" + command).status == 204)
            #expect(try await house.api.send(.put, House.base + "entitlements/\(byRole)/roles/Nobody").status == 404)
        }
    }

    @Test("a holder passes on what may be passed on, and losing it takes that back")
    func delegation() async throws {
        let running = try await TestGateway.open()
        try await running.serveHouse { house in
            let ours = try await house.entitlement("Sign", "low", ["is_delegable": true])
            let fixed = try await house.entitlement("Seal")
            let key = try await house.account("holder", roles: [], running.gateway)
            func hold(_ id: String) async throws -> String {
                let made = try await house.api.send(
                    .post, House.base + "assignments", ["entitlement_id": .string(id), "service_account": "holder"])
                return try #require(made.body?["id"]?.string)
            }
            let (held, stuck) = (try await hold(ours), try await hold(fixed))
            func pass(_ id: String, _ token: String) async throws -> TestAPI.Answer {
                try await house.api.send(
                    .post, House.base + "assignments/\(id)/delegate", ["person": "ada"], token: token)
            }
            #expect(try await pass(held, house.api.token).status == 403)
            #expect(house.code(try await pass(stuck, key)) == "assignment.not_delegable")
            let passed = try await pass(held, key)
            #expect(passed.status == 201 && passed.body?["delegated_from"] == .string(held))
            #expect(try await house.items("access?person=ada").count == 1)
            #expect(try await house.api.send(.post, House.base + "assignments/\(held)/revoke", [:]).status == 200)
            #expect(try await house.items("access?person=ada") == [])
            #expect(try await house.items("assignments?person=ada").first?["status"] == "expired")
        }
    }

    @Test("S1-01 S1-02 an entitlement of one tenant is given to nobody of another, by nobody of another")
    func tenants() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"])
        let other = try await TestGateway.administrator(of: running.gateway, tenant: "other")
        try await running.serveHouse { house in
            let id = try await house.entitlement("Approve")
            let there = "/t/other" + House.base
            #expect(try await house.api.send(.get, there + "entitlements/" + id, token: other).status == 404)
            #expect(try await house.api.send(.get, there + "entitlements", token: other).body?["total"] == 0)
            let given = try await house.api.send(
                .post, there + "assignments", ["entitlement_id": .string(id), "service_account": "tests"], token: other)
            #expect(given.status == 404 && house.code(given) == "entitlement.not_found")
            #expect(try await house.api.send(.get, House.base + "entitlements/" + id, token: other).status == 401)
            let nobody = Caller(tenant: TenantID(high: 0, low: 0), actor: .anonymous, command: .random(at: .epoch))
            let input = AssignmentInput(
                id: .random(at: .epoch), entitlement: try #require(EntitlementID(id)),
                subject: .person(.random(at: .epoch)))
            await #expect(throws: Fault.self) { try await running.gateway.assignments.assign(input, by: nobody) }
        }
    }
}
