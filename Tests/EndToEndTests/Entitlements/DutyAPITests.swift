import Gateway
import HTTPTypes
import Testing
import Vocabulary

@Suite("Separation of duties over HTTP")
struct DutyAPITests {
    private typealias House = EntitlementHouse

    @Test("S1-32 S1-33 S1-34 S1-35 S1-36 S1-37 the document's rule is made, shown, listed, changed and deleted")
    func life() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let ids = [try await house.entitlement("Approve"), try await house.entitlement("Create")]
            let rule = try await house.rule(ids), path = House.base + "sod/rules/" + rule
            let shown = try #require(try await house.get("sod/rules/" + rule).body)
            #expect(shown["name"] == "AP Segregation" && shown["description"] == "Prevent AP fraud")
            #expect(shown["conflict_type"] == "exclusive" && shown["severity"] == "critical")
            #expect(shown["entitlement_ids"] == .list(ids.map(AttributeValue.string)) && shown["max_count"] == nil)
            #expect(shown["status"] == "active" && shown["orphaned"] == false && shown["created_by"] != nil)
            #expect(try await house.items("sod/rules?status=active") == [shown])
            let changed = try await house.api.send(
                .patch, path, ["severity": "low", "status": "inactive"], headers: [.ifMatch: "\"v1\""])
            #expect(changed.body?["severity"] == "low" && changed.body?["status"] == "inactive")
            #expect(try await house.items("sod/rules?status=active") == [])
            #expect(try await house.api.send(.patch, path, [:], headers: [.ifMatch: "\"v1\""]).status == 412)
            #expect(try await house.api.send(.delete, path).status == 204)
            let gone = try await house.get("sod/rules/" + rule)
            #expect(gone.status == 404 && house.code(gone) == "sod.rule_not_found")
        }
    }

    @Test("S1-38 S1-41 a rule that makes no sense is refused with its number")
    func senseless() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            var ids: [String] = []
            for number in 0..<3 { ids.append(try await house.entitlement("e\(number)")) }
            func refused(_ type: String, _ count: Int, _ maximum: AttributeValue = .null) async throws -> (
                String?, String
            ) {
                let answer = try await house.api.send(
                    .post, House.base + "sod/rules",
                    [
                        "name": "r", "conflict_type": .string(type), "severity": "low", "max_count": maximum,
                        "entitlement_ids": .list(ids.prefix(count).map(AttributeValue.string)),
                    ])
                #expect(answer.status == 400)
                return (house.code(answer), answer.body?["detail"]?.string ?? "")
            }
            let few = try await refused("exclusive", 1)
            #expect(few.0 == "sod.too_few_entitlements" && few.1.contains("1 entitlements"))
            #expect(try await refused("cardinality", 3).0 == "sod.max_count_required")
            for maximum: Int64 in [0, 3] {
                let bad = try await refused("cardinality", 3, .integer(maximum))
                #expect(bad.0 == "sod.invalid_max_count" && bad.1.contains("\(maximum) is not between 1 and 2"))
            }
            ids[1] = house.application
            let unknown = try await house.api.send(
                .post, House.base + "sod/rules",
                [
                    "name": "r", "conflict_type": "exclusive", "severity": "low",
                    "entitlement_ids": .list(ids.map(AttributeValue.string)),
                ])
            #expect(unknown.status == 404 && house.code(unknown) == "entitlement.not_found")
        }
    }

    @Test(
        "S1-44 S1-45 S1-50 S1-53 S1-54 S1-55 S1-56 S1-75 the document's example: refused, then exempted for thirty days, then refused again"
    )
    func example() async throws {
        let running = try await TestGateway.open()
        try await running.serveHouse { house in
            let approver = try await house.entitlement("AP approver"),
                creator = try await house.entitlement("AP creator")
            let rule = try await house.rule([approver, creator])
            #expect(try await house.assign(approver, to: "ada").status == 201)
            let check: AttributeValue = ["person": "ada", "entitlement_ids": [.string(creator)]]
            let verdict = try await house.api.send(.post, House.base + "sod/check", check)
            #expect(verdict.body?["is_valid"] == false && verdict.body?["exempted"] == [])
            let violation = try #require(verdict.body?["violations"]?.list?.first)
            #expect(violation["rule_id"] == .string(rule) && violation["rule_name"] == "AP Segregation")
            #expect(
                violation["severity"] == "critical" && violation["message"]?.string?.contains("AP Segregation") == true)
            #expect(Set(violation["conflicting_entitlements"]?.list ?? []) == [.string(approver), .string(creator)])
            let refused = try await house.assign(creator, to: "ada")
            #expect(refused.status == 409 && house.code(refused) == "sod.violation")
            #expect(try await house.assign(creator, to: "bob").status == 201)

            let days = Int(try #require(house.seed["exemption"]?["days"]?.integer))
            let exemption = PersonID.random(at: .epoch).description
            let grant: AttributeValue = [
                "exemption_id": .string(exemption), "sod_rule_id": .string(rule), "entity_type": "person",
                "entity_id": .string(try await house.person("ada")),
                "reason": house.seed["exemption"]?["justification"] ?? .null,
                "expires_at": .string((SystemClock.now() + .days(days)).rfc3339),
            ]
            let commands = House.base + "commands/"
            #expect(try await house.api.send(.post, commands + "grant_exemption", grant).status == 200)
            let passes = try await house.api.send(.post, House.base + "sod/check", check)
            #expect(passes.body?["is_valid"] == true && passes.body?["exempted"]?.list?.count == 1)
            let mine = try await house.items("sod/exemptions?person=ada")
            #expect(mine.count == 1 && mine[0]["sod_rule_id"] == .string(rule) && mine[0]["state"] == "active")
            #expect(try await house.items("sod/exemptions?person=bob") == [])
            let exempted = try await house.assign(creator, to: "ada")
            #expect(exempted.status == 201)
            let scan = try await house.api.send(.post, House.base + "sod/scans", [:])
            #expect(scan.body?["found"] == 0 && scan.body?["exempted"] == 1)

            let revoke: AttributeValue = ["exemption_id": .string(exemption), "reason": "The quarter is closed."]
            #expect(try await house.api.send(.post, commands + "revoke_exemption", revoke).status == 200)
            #expect(try await house.items("sod/exemptions?person=ada").first?["state"] == "revoked")
            let made = try #require(exempted.body?["id"]?.string)
            #expect(try await house.api.send(.post, House.base + "assignments/\(made)/revoke", [:]).status == 200)
            #expect(try await house.assign(creator, to: "ada").status == 409)
        }
    }

    @Test("S1-51 S1-52 a justification has ten characters, and an end lies ahead")
    func exemptionRefusals() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let rule = try await house.rule([try await house.entitlement("a"), try await house.entitlement("b")])
            let minimum = Int(try #require(house.seed["justification_minimum"]?.integer))
            func grant(_ reason: String, _ end: String?, _ rule: String) async throws -> TestAPI.Answer {
                var body: [String: AttributeValue] = [
                    "exemption_id": .string(PersonID.random(at: .epoch).description), "sod_rule_id": .string(rule),
                    "entity_type": "person", "entity_id": .string(try await house.person("ada")),
                    "reason": .string(reason),
                ]
                body["expires_at"] = end.map(AttributeValue.string)
                return try await house.api.send(.post, House.base + "commands/grant_exemption", .object(body))
            }
            let long = String(repeating: "x", count: minimum), short = String(long.dropLast())
            #expect(house.code(try await grant(short, nil, rule)) == "exemption.reason_too_short")
            #expect(house.code(try await grant("  \(short) ", nil, rule)) == "exemption.reason_too_short")
            #expect(house.code(try await grant(long, "2020-01-01T00:00:00Z", rule)) == "exemption.expiry_in_past")
            #expect(house.code(try await grant(long, nil, house.application)) == "sod.rule_not_found")
            #expect(try await grant(long, nil, rule).status == 200)
            _ = try await house.api.send(.patch, House.base + "sod/rules/" + rule, ["status": "inactive"])
            #expect(house.code(try await grant(long, nil, rule)) == "governance.invalid_state")
        }
    }

    @Test("S1-39 S1-40 S1-42 each conflict type breaks where it should, before an assignment")
    func types() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            func three(_ name: String) async throws -> [String] {
                var ids: [String] = []
                for number in 1...3 { ids.append(try await house.entitlement("\(name) \(number)")) }
                return ids
            }
            let exclusive = try await three("x"), cardinal = try await three("c"), together = try await three("t")
            _ = try await house.rule(exclusive)
            _ = try await house.rule(cardinal, ["conflict_type": "cardinality", "max_count": 2])
            _ = try await house.rule(together, ["conflict_type": "inclusive"])
            func give(_ id: String) async throws -> Int { try await house.assign(id, to: "ada").status }
            #expect(try await give(exclusive[0]) == 201)
            #expect(try await give(exclusive[1]) == 409)
            #expect(try await give(cardinal[0]) == 201)
            #expect(try await give(cardinal[1]) == 201)
            #expect(try await give(cardinal[2]) == 409)
            #expect(try await give(together[0]) == 409)
            func check(_ ids: [String]) async throws -> AttributeValue? {
                try await house.api.send(
                    .post, House.base + "sod/check",
                    ["person": "bob", "entitlement_ids": .list(ids.map(AttributeValue.string))]
                ).body?["is_valid"]
            }
            #expect(try await check(together) == true)
            #expect(try await check(Array(together.prefix(2))) == false)
            #expect(try await check(Array(exclusive.prefix(2))) == false)
            #expect(try await check(cardinal) == false)
            #expect(try await check(Array(cardinal.prefix(2))) == true)
        }
    }

    @Test(
        "S1-46 S1-47 S1-48 S1-49 a scan finds what is new, knows what it knows and resolves what is gone"
    )
    func scan() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let first = try await house.entitlement("a"), second = try await house.entitlement("b")
            for person in ["ada", "bob"] { #expect(try await house.assign(first, to: person).status == 201) }
            let made = try await house.assign(second, to: "ada")
            let rule = try await house.rule([first, second])
            let other = try await house.rule([first, try await house.entitlement("c")], ["name": "Other"])
            func scan(_ rule: String?) async throws -> AttributeValue? {
                try await house.api.send(
                    .post, House.base + "sod/scans", rule.map { ["rule_id": .string($0)] } ?? [:]
                ).body
            }
            #expect(try await scan(other)?["found"] == 0)
            let found = try await scan(rule)
            #expect(found?["rules"] == 1 && found?["found"] == 1 && found?["resolved"] == 0)
            let again = try await scan(nil)
            #expect(again?["rules"] == 2 && again?["found"] == 0 && again?["violating"] == 1)
            let violations = try await house.items("sod/violations?person=ada&status=active")
            #expect(violations.count == 1 && violations[0]["rule_id"] == .string(rule))
            #expect(violations[0]["detected_at"] != nil && violations[0]["resolved_at"] == nil)
            #expect(try await house.items("sod/violations?person=bob") == [])
            let assignment = try #require(made.body?["id"]?.string)
            _ = try await house.api.send(.post, House.base + "assignments/\(assignment)/revoke", [:])
            #expect(try await scan(other)?["resolved"] == 0)
            #expect(try await scan(nil)?["resolved"] == 1)
            let resolved = try #require(try await house.items("sod/violations?person=ada").first)
            #expect(resolved["status"] == "resolved" && resolved["resolved_at"] != nil)
            let id = try #require(resolved["id"]?.string)
            #expect(try await house.get("sod/violations/" + id).body == resolved)
            #expect(house.code(try await house.get("sod/violations/" + rule)) == "sod.violation_not_found")
            #expect(try await house.api.send(.post, House.base + "sod/scans", ["rule_id": .string(id)]).status == 404)
        }
    }

    @Test("S1-43 an entitlement that goes leaves its rules orphaned and inactive, until they are mended")
    func orphans() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let ids = [try await house.entitlement("a"), try await house.entitlement("b")]
            let third = try await house.entitlement("c")
            let rule = try await house.rule(ids), path = House.base + "sod/rules/" + rule
            #expect(try await house.api.send(.delete, House.base + "entitlements/" + ids[1]).status == 204)
            let orphan = try await house.get("sod/rules/" + rule)
            #expect(orphan.body?["orphaned"] == true && orphan.body?["status"] == "inactive")
            #expect(try await house.api.send(.patch, path, ["status": "active"]).status == 404)
            let mended = try await house.api.send(
                .patch, path, ["entitlement_ids": [.string(ids[0]), .string(third)], "status": "active"])
            #expect(mended.body?["orphaned"] == false && mended.body?["status"] == "active")
            #expect(try await house.assign(ids[0], to: "ada").status == 201)
            #expect(try await house.assign(third, to: "ada").status == 409)
        }
    }

    @Test("S1-75 a role is not given, bound or inherited where what comes with it would break a rule")
    func roles() async throws {
        let running = try await TestGateway.open()
        try await running.serveHouse { house in
            let approve = try await house.entitlement("a"), create = try await house.entitlement("b")
            _ = try await house.rule([approve, create])
            for name in ["Approver", "Creator", "Clerk"] {
                #expect(try await house.api.send(.post, "/api/v1/roles", ["name": .string(name)]).status == 201)
            }
            func bind(_ id: String, _ role: String) async throws -> TestAPI.Answer {
                try await house.api.send(.put, House.base + "entitlements/\(id)/roles/\(role)")
            }
            #expect(try await bind(approve, "Approver").status == 200)
            #expect(try await bind(create, "Creator").status == 200)
            // A role that breaks a rule by itself, and one that would by what it inherits.
            #expect(house.code(try await bind(create, "Approver")) == "sod.violation")
            let inherits = try await house.api.send(
                .patch, "/api/v1/roles/Approver", ["inherits": ["Creator"]], headers: [.ifMatch: "*"])
            #expect(inherits.status == 409 && house.code(inherits) == "sod.violation")
            func give(_ role: String) async throws -> TestAPI.Answer {
                try await house.api.send(.post, "/api/v1/assignments", ["person": "ada", "role": .string(role)])
            }
            #expect(try await give("Approver").status == 201)
            let refused = try await give("Creator")
            #expect(refused.status == 409 && house.code(refused) == "sod.violation")
            // What one has by a role stands in the way of an assignment as well, and of what others bind to one's roles.
            #expect(house.code(try await house.assign(create, to: "ada")) == "sod.violation")
            #expect(try await give("Clerk").status == 201)
            #expect(house.code(try await bind(create, "Clerk")) == "sod.violation")
            #expect(try await house.assign(create, to: "bob").status == 201)
        }
    }
}
