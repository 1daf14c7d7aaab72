import Gateway
import HTTPTypes
import Testing
import Vocabulary

@Suite("Entitlements over HTTP")
struct EntitlementAPITests {
    private typealias House = EntitlementHouse

    // S1-24
    @Test("an application is put under governance with a type and a status, and stops giving when it is deprecated")
    func applications() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let path = "applications/" + house.application
            let shown = try await house.get(path)
            #expect(shown.body?["type"] == "on_premise" && shown.body?["status"] == "active")
            for type in ["custom", "saas", "on_premise", "cloud"] {
                let made = try await house.api.send(
                    .post, House.base + "applications", ["name": .string("A \(type)"), "type": .string(type)])
                #expect(made.status == 201 && made.body?["type"] == .string(type))
            }
            let twice = try await house.api.send(.post, House.base + "applications", ["name": "ERP"])
            #expect(twice.status == 409 && house.code(twice) == "governance.already_exists")
            let odd = try await house.api.send(.post, House.base + "applications", ["name": "x", "type": "shareware"])
            #expect(odd.status == 400)
            let id = try await house.entitlement("Approve")
            for status in ["inactive", "deprecated"] {
                let changed = try await house.api.send(
                    .patch, House.base + path, ["status": .string(status)], headers: [.ifMatch: "*"])
                #expect(changed.status == 200 && changed.body?["status"] == .string(status))
                let refused = try await house.assign(id, to: "ada")
                #expect(refused.status == 409 && house.code(refused) == "governance.invalid_state")
            }
            #expect(try await house.items("applications?status=deprecated").count == 1)
        }
    }

    @Test(
        "S1-03 S1-04 S1-05 S1-06 S1-09 S1-20 S1-21 the document's entitlement is made, shown, changed and deleted, with all its fields"
    )
    func life() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            guard case .object(var body)? = house.seed["entitlement"] else { throw CancellationError() }
            let owner = try await house.person("ada")
            body["application_id"] = .string(house.application)
            body["owner_id"] = .string(owner)
            body["external_id"] = "cn=admin"
            body["metadata"] = ["cost": 1.5, "tags": ["a"]]
            let made = try await house.api.send(.post, House.base + "entitlements", .object(body))
            #expect(made.status == 201)
            let id = try #require(made.body?["id"]?.string)
            #expect(made.headers[.location]?.hasSuffix("/api/v1/governance/entitlements/\(id)") == true)
            let shown = try #require(try await house.get("entitlements/" + id).body)
            #expect(shown["name"] == "Admin Access" && shown["risk_level"] == "critical")
            #expect(shown["description"] == "Full administrative privileges" && shown["is_delegable"] == false)
            #expect(shown["application_id"] == .string(house.application) && shown["owner_id"] == .string(owner))
            #expect(shown["status"] == "active" && shown["external_id"] == "cn=admin")
            #expect(shown["metadata"] == ["cost": 1.5, "tags": ["a"]] && shown["tenant_id"]?.string != nil)
            #expect(shown["created_at"] == shown["updated_at"] && shown["version"] == 1)
            let etag = try #require(made.headers[.eTag])
            for status in ["inactive", "pending_approval", "active"] {
                let changed = try await house.api.send(
                    .patch, House.base + "entitlements/" + id, ["status": .string(status), "description": .null])
                #expect(changed.body?["status"] == .string(status) && changed.body?["description"] == nil)
            }
            for level in ["low", "medium", "high", "critical"] {
                let changed = try await house.api.send(
                    .patch, House.base + "entitlements/" + id, ["risk_level": .string(level)])
                #expect(changed.body?["risk_level"] == .string(level))
            }
            let stale = try await house.api.send(
                .patch, House.base + "entitlements/" + id, ["name": "Other"], headers: [.ifMatch: etag])
            #expect(stale.status == 412)
            #expect(try await house.api.send(.delete, House.base + "entitlements/" + id).status == 204)
            let gone = try await house.get("entitlements/" + id)
            #expect(gone.status == 404 && house.code(gone) == "entitlement.not_found")
            #expect(try await house.api.send(.delete, House.base + "entitlements/" + id).status == 404)
        }
    }

    @Test(
        "S1-07 S1-08 S1-10 S1-11 lists by every filter, a hundred from the beginning unless said otherwise, and counts")
    func lists() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let owner = try await house.person("bob")
            _ = try await house.entitlement("Approve", "high", ["owner_id": .string(owner)])
            _ = try await house.entitlement("Create", "low", ["status": "pending_approval"])
            let limit = Int(try #require(house.seed["list"]?["limit"]?.integer))
            let offset = try #require(house.seed["list"]?["offset"]?.integer)
            for number in 0..<limit { _ = try await house.entitlement("e\(number)") }
            func names(_ query: String) async throws -> [String] {
                try await house.items("entitlements?" + query).compactMap { $0["name"]?.string }
            }
            #expect(try await names("status=pending_approval") == ["Create"])
            #expect(try await names("risk_level=high") == ["Approve"])
            #expect(try await names("owner=\(owner)") == ["Approve"])
            #expect(try await names("name_contains=REAT") == ["Create"])
            #expect(try await names("name_contains=%25") == [])
            #expect(
                try await names("application=\(house.application)&risk_level=low&name_contains=create") == ["Create"])
            #expect(try await names("application=\(owner)") == [])
            let first = try await house.get("entitlements")
            #expect(first.body?["items"]?.list?.count == limit && first.body?["total"] == .integer(Int64(limit) + 2))
            #expect(try await house.items("entitlements?offset=\(offset)") == first.body?["items"]?.list)
            let rest = try await house.items("entitlements?offset=\(limit)")
            let cursor = try #require(first.body?["next"]?.string)
            #expect(rest.count == 2)
            #expect(try await house.items("entitlements?cursor=\(cursor)") == rest)
            #expect(try await house.items("entitlements?limit=1&offset=1").count == 1)
            for query in [
                "offset=-1", "offset=100001", "limit=0", "limit=201", "status=alive", "offset=1&cursor=\(cursor)",
            ] {
                #expect(try await house.get("entitlements?" + query).status == 400, "\(query)")
            }
        }
    }

    @Test("S1-12 a name is unique within its application, also after a change, and free again after a deletion")
    func names() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let first = try await house.entitlement("Approve"), second = try await house.entitlement("Create")
            let body: AttributeValue = [
                "application_id": .string(house.application), "name": "Approve", "risk_level": "low",
            ]
            let twice = try await house.api.send(.post, House.base + "entitlements", body)
            #expect(twice.status == 409 && house.code(twice) == "entitlement.name_exists")
            let renamed = try await house.api.send(
                .patch, House.base + "entitlements/" + second, ["name": "Approve"])
            #expect(renamed.status == 409 && house.code(renamed) == "entitlement.name_exists")
            let other = try await house.api.send(.post, House.base + "applications", ["name": "CRM"])
            var elsewhere = body.object ?? [:]
            elsewhere["application_id"] = other.body?["id"]
            #expect(try await house.api.send(.post, House.base + "entitlements", .object(elsewhere)).status == 201)
            #expect(try await house.api.send(.delete, House.base + "entitlements/" + first).status == 204)
            #expect(try await house.api.send(.post, House.base + "entitlements", body).status == 201)
            elsewhere["application_id"] = .string(PersonID.random(at: .epoch).description)
            let nowhere = try await house.api.send(.post, House.base + "entitlements", .object(elsewhere))
            #expect(nowhere.status == 404 && house.code(nowhere) == "governance.not_found")
        }
    }

    @Test("S1-13 what is assigned is not deleted, and the refusal counts")
    func assigned() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let id = try await house.entitlement("Approve")
            var last = ""
            for person in ["ada", "bob"] {
                last = try #require(try await house.assign(id, to: person).body?["id"]?.string)
            }
            let refused = try await house.api.send(.delete, House.base + "entitlements/" + id)
            #expect(refused.status == 409 && house.code(refused) == "entitlement.has_assignments")
            #expect(refused.body?["detail"]?.string?.contains("2 assignments") == true)
            _ = try await house.api.send(.post, House.base + "assignments/\(last)/revoke", [:])
            let one = try await house.api.send(.delete, House.base + "entitlements/" + id)
            #expect(one.body?["detail"]?.string?.contains("1 assignments") == true)
        }
    }

    @Test(
        "S1-66 S1-67 S1-68 S1-69 S1-70 S1-71 S1-72 S1-73 every change is in the audit with its actor, before and after, and can be asked for"
    )
    func audit() async throws {
        let running = try await TestGateway.open()
        try await running.serveHouse { house in
            let id = try await house.entitlement("Approve")
            let path = House.base + "entitlements/" + id
            _ = try await house.api.send(.patch, path, ["name": "Sign"])
            _ = try await house.api.send(.patch, path, ["status": "inactive"])
            _ = try await house.api.send(.patch, path, ["status": "active"])
            let assignment = try #require(try await house.assign(id, to: "ada").body?["id"]?.string)
            _ = try await house.api.send(.post, House.base + "assignments/\(assignment)/revoke", ["reason": "moved"])
            _ = try await house.api.send(.delete, path)
            let entries = try await house.items("entitlement-audit")
            let actions = ["deleted", "revoked", "assigned", "status_changed", "status_changed", "updated", "created"]
            #expect(entries.compactMap { $0["action"]?.string } == actions)
            #expect(
                entries.allSatisfy { $0["actor"]?.string?.hasPrefix("service_account:") == true && $0["at"] != nil })
            #expect(entries[6]["before"] == nil && entries[6]["after"]?["name"] == "Approve")
            #expect(entries[5]["before"]?["name"] == "Approve" && entries[5]["after"]?["name"] == "Sign")
            #expect(entries[4]["before"]?["status"] == "active" && entries[4]["after"]?["status"] == "inactive")
            #expect(entries[1]["before"]?["status"] == "active" && entries[1]["after"]?["status"] == "revoked")
            #expect(entries[0]["before"]?["name"] == "Sign" && entries[0]["after"] == nil)
            func count(_ query: String) async throws -> Int {
                try await house.items("entitlement-audit?" + query).count
            }
            for (query, expected) in [
                ("action=status_changed", 2), ("person=ada", 2), ("person=bob", 0), ("entitlement=\(id)", 7),
                ("actor=ada", 0), ("until=2020-01-01T00:00:00Z", 0), ("from=2020-01-01T00:00:00Z", 7),
            ] { #expect(try await count(query) == expected, "\(query)") }
            let first = try await house.get("entitlement-audit?limit=3")
            let next = try #require(first.body?["next"]?.string)
            #expect(try await house.items("entitlement-audit?limit=3&cursor=\(next)").first == entries[3])
            let event = try #require(entries[5]["event_id"]?.string)
            #expect(try await house.get("entitlement-audit/" + event).body == entries[5])
            #expect(try await house.get("entitlement-audit/" + id).status == 404)
            #expect(try await house.get("entitlement-audit?action=borrowed").status == 400)
        }
    }
}
