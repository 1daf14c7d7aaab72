import Foundation
import Governance
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("Many writers of what is governed")
struct GovernanceConflictTests {
    @Test("none of many concurrent changes is lost, and none counts that was refused")
    func manyWriters() async throws {
        let (bench, id) = (try await GovernanceBench(every: 5), PolicyID(high: 5, low: 1))
        try await bench.run("create", GovernanceBench.creation(id))
        let results = await withTaskGroup(of: (String, String?).self) { group in
            for number in 0..<48 {
                group.addTask {
                    let text = "Change \(number)"
                    let payload: AttributeValue = [
                        "policy_id": .string(id.description), "description": .string(text),
                    ]
                    return (text, await refusal { try await bench.run("update", payload) })
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let accepted = Set(results.filter { $0.1 == nil }.map(\.0))
        #expect(!accepted.isEmpty)
        #expect(results.allSatisfy { $0.1 == nil || $0.1 == "governance.conflict" })
        let changes = try await bench.service.history(of: id, in: bench.tenant)
        let written = changes.dropFirst().compactMap { $0.differences.first { $0.path == "description" }?.after }
        #expect(written.count == accepted.count)
        #expect(accepted == Set(written.map { $0.filter { $0 != "\"" } }))
        let (whole, short) = try await bench.loaded(id)
        #expect(whole == short && whole.version == Int64(accepted.count + 1))
        #expect(try await bench.journalIsSound())
    }

    /// A plan for a command, as of now.
    private func plan(
        _ bench: GovernanceBench, _ name: String, _ payload: AttributeValue
    ) async throws -> GovernancePlan {
        let request = GovernanceRequest(
            name: name, payload: payload, version: nil, caller: bench.caller(), digest: [])
        return try await bench.store.read { [service = bench.service, now = bench.now] in
            try service.plan(request, now, $0)
        }
    }

    @Test("what was decided on an older version is not written")
    func overtaken() async throws {
        let (bench, id) = (try await GovernanceBench(), PolicyID(high: 5, low: 1))
        let approve: AttributeValue = ["policy_id": .string(id.description)]
        try await bench.run("create", GovernanceBench.creation(id))
        let (tenant, plan) = (bench.tenant, try await plan(bench, "approve", approve))
        try await bench.run("approve", approve)
        let code = await refusal {
            _ = try await bench.store.write(.administration) { try plan.commit($0, in: tenant) }
        }
        #expect(code == "storage.conflict")
        #expect(try await bench.events() == ["policy.created", "policy.approved"])
    }

    @Test("an exemption decided while its policy was active is not written once it is suspended")
    func groundMoved() async throws {
        let (bench, id) = (try await GovernanceBench(), PolicyID(high: 5, low: 1))
        try await bench.activate(id)
        let (tenant, plan) = (bench.tenant, try await plan(bench, "grant_exemption", Self.grant(id)))
        try await bench.run("suspend", ["policy_id": .string(id.description)])
        let code = await refusal {
            _ = try await bench.store.write(.administration) { try plan.commit($0, in: tenant) }
        }
        #expect(code == "storage.conflict")
        #expect(try await bench.service.exemptions(in: tenant, from: id).isEmpty)
    }

    @Test("an id of no said kind is that of the person who bears it, and a thing's only where nobody does")
    func entityKinds() async throws {
        let (bench, policy) = (try await GovernanceBench(), PolicyID(high: 5, low: 1))
        try await bench.activate(policy)
        func granted(_ entity: String, saying type: String?) async throws -> Exemption.Entity? {
            var payload = Self.grant(policy, entity: entity, type: type ?? "").object ?? [:]
            if type == nil { payload["entity_type"] = nil }
            let id = payload["exemption_id"]?.string.flatMap { ExemptionID($0) }
            try await bench.run("grant_exemption", .object(payload))
            return try await bench.service.exemptions(in: bench.tenant, from: policy).first { $0.id == id }?.entity
        }
        let anna = bench.officer
        #expect(try await granted(anna.description, saying: nil) == .subject(.person(anna)))
        #expect(try await granted(anna.description, saying: "person") == .subject(.person(anna)))
        #expect(await refusal { _ = try await granted(anna.description, saying: "other") } == "invalid")
        let thing = PersonID(high: 7, low: 7)
        #expect(try await granted(thing.description, saying: nil) == .other(high: 7, low: 7))
        #expect(try await granted(PersonID(high: 7, low: 8).description, saying: "other") == .other(high: 7, low: 8))
        // Somebody of the other tenant is nobody here.
        #expect(try await granted(bench.stranger.description, saying: nil)?.subject == nil)
    }

    static func grant(_ policy: PolicyID, entity: String = UUID().uuidString, type: String = "other") -> AttributeValue
    {
        [
            "exemption_id": .string(ExemptionID.random(at: GovernanceBench.start).description),
            "policy_id": .string(policy.description), "entity_id": .string(entity), "entity_type": .string(type),
            "reason": "Legacy system migration",
        ]
    }

    @Test("a version that is not the present one is refused, the present one is not")
    func seenVersion() async throws {
        let (bench, id) = (try await GovernanceBench(), PolicyID(high: 5, low: 1))
        let policy: AttributeValue = ["policy_id": .string(id.description)]
        try await bench.run("create", GovernanceBench.creation(id))
        #expect(await refusal { try await bench.run("approve", policy, expecting: 2) } == "stale")
        #expect(await refusal { try await bench.run("approve", policy, expecting: 0) } == "stale")
        #expect(try await bench.run("approve", policy, expecting: 1).version == 2)
    }

    @Test("a command id has one effect, and belongs to one command of one tenant")
    func repetition() async throws {
        let (bench, id) = (try await GovernanceBench(), PolicyID(high: 5, low: 1))
        let (command, creation) = (CommandID(high: 1, low: 1), GovernanceBench.creation(id))
        let first = try await bench.run("create", creation, command: command)
        let second = try await bench.run("create", creation, command: command)
        #expect(!first.isRepetition && second.isRepetition)
        #expect(second.version == 1 && second.id == id.description && second.kind == "policy" && first.kind == "policy")
        let more: AttributeValue = ["policy_id": .string(id.description)]
        #expect(
            await refusal { try await bench.run("approve", more, command: command) } == "governance.command_reused")
        #expect(try await !bench.run("create", creation, in: bench.other, command: command).isRepetition)
        #expect(try await bench.events() == ["policy.created"])
    }

    @Test("one command sent many times at once is carried out once")
    func simultaneousRepetition() async throws {
        let (bench, id) = (try await GovernanceBench(), PolicyID(high: 5, low: 1))
        let command = CommandID(high: 1, low: 1)
        let outcomes = try await withThrowingTaskGroup(of: GovernanceOutcome.self) { group in
            for _ in 0..<8 {
                group.addTask { try await bench.run("create", GovernanceBench.creation(id), command: command) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { !$0.isRepetition }.count == 1)
        #expect(try await bench.events() == ["policy.created"])
    }

    @Test("tenants with the same ids do not meet")
    func tenantsApart() async throws {
        let (bench, id) = (try await GovernanceBench(), PolicyID(high: 5, low: 1))
        try await bench.activate(id)
        #expect(
            await refusal { try await bench.run("suspend", ["policy_id": .string(id.description)], in: bench.other) }
                == "governance.not_found")
        try await bench.run("create", GovernanceBench.creation(id), in: bench.other)
        #expect(try await bench.service.policy(id, in: bench.other).state == .draft)
        #expect(try await bench.service.policy(id, in: bench.tenant).state == .active)
        // A person of the other tenant, and the nil id under which the tenant's own texts are sealed, are nobody here.
        for stranger in [bench.stranger, PersonalSection.tenantHolder] {
            let grant = Self.grant(id, entity: stranger.description, type: "person")
            #expect(await refusal { try await bench.run("grant_exemption", grant) } == "governance.not_found")
        }
        try await bench.run("grant_exemption", Self.grant(id, entity: bench.officer.description, type: "person"))
    }

    @Test("a text larger than a section is the caller's to shorten")
    func tooLong() async throws {
        let (bench, id) = (try await GovernanceBench(), PolicyID(high: 5, low: 1))
        guard case .object(var creation) = GovernanceBench.creation(id) else { return }
        let names = AttributeValue.list((0..<64).map { .string(String(repeating: "\"", count: 250) + "\($0)") })
        creation["scope"] = ["level": "organization", "services": names, "resources": names, "actions": names]
        #expect(
            await refusal { try await bench.run("create", .object(creation)) } == "governance.text_too_long")
        #expect(try await bench.events().isEmpty)
    }
}
