import Foundation
import Identity
import Storage
import Synchronization
import Testing
import Vocabulary

@testable import Gateway

/// Raised once, and seen by everybody.
private final class Flag: Sendable {
    private let state = Mutex(false)
    var isRaised: Bool { state.withLock(\.self) }
    func raise() { state.withLock { $0 = true } }
}

/// What is refused is not stored, and what is stored is in force or denies.
@Suite struct RefusedRulesTests {
    private func fault(_ body: () async throws -> Void) async -> Fault? {
        do {
            try await body()
            return nil
        } catch {
            return error as? Fault
        }
    }

    @Test func `a rule that stands in another document is refused, and neither stored nor journalled`() async throws {
        let bench = try RulesBench()
        defer { bench.remove() }
        let gateway = try await bench.open()
        let ada = try await gateway.addPerson("ada")
        _ = try await gateway.policies.put("a", RulesBench.document("x"), expecting: nil, by: gateway.root)
        let size = try await gateway.audit.size(of: gateway.root.tenant).size
        let refusal = await fault {
            _ = try await gateway.policies.put(
                "b", RulesBench.document("x", action: "write"), expecting: nil, by: gateway.root)
        }
        #expect(refusal?.code == "policy.duplicate_id")
        #expect(
            refusal?.description == "Policy x stands twice: in a and in b. Nothing was stored. Rename one.")
        #expect(try await gateway.policies.list(in: gateway.root.tenant).map(\.name) == ["a"])
        #expect(try await gateway.audit.size(of: gateway.root.tenant).size == size)
        #expect(try await gateway.permits(ada, "read"))
        #expect(try await !gateway.permits(ada, "write"))
        // A change that goes with the rest still holds at once.
        _ = try await gateway.policies.put(
            "a", RulesBench.document("x", action: "write"), expecting: nil, by: gateway.root)
        #expect(try await !gateway.permits(ada, "read"))
        #expect(try await gateway.permits(ada, "write"))
        try await gateway.close()
        let again = try await bench.open()
        #expect(again.tenantFaults.isEmpty)
        #expect(try await again.permits(ada, "write"))
        #expect(await bench.rules().map(\.isGood) == [true])
        try await again.close()
    }

    @Test func `documents that read too much together are refused, and one attribute fewer is not`() async throws {
        let bench = try RulesBench()
        defer { bench.remove() }
        let gateway = try await bench.open()
        _ = try await gateway.policies.put("a", RulesBench.reading("a", 200), expecting: nil, by: gateway.root)
        let refusal = await fault {
            _ = try await gateway.policies.put("b", RulesBench.reading("b", 57), expecting: nil, by: gateway.root)
        }
        #expect(refusal?.code == "policy.limit")
        for words in ["256", "a, b.", "Nothing was stored. Use fewer."] {
            #expect(refusal?.description.contains(words) == true, "\(refusal?.description ?? "none")")
        }
        #expect(try await gateway.policies.list(in: gateway.root.tenant).map(\.name) == ["a"])
        _ = try await gateway.policies.put("b", RulesBench.reading("b", 56), expecting: nil, by: gateway.root)
        try await gateway.close()
    }

    @Test func `one policy more than a tenant may have is refused`() async throws {
        let bench = try RulesBench(extra: "limits: { policies_per_tenant: 2 }")
        defer { bench.remove() }
        let gateway = try await bench.open()
        for name in ["a", "b"] {
            _ = try await gateway.policies.put(name, RulesBench.document(name), expecting: nil, by: gateway.root)
        }
        let refusal = await fault {
            _ = try await gateway.policies.put("c", RulesBench.document("c"), expecting: nil, by: gateway.root)
        }
        #expect(refusal?.code == "policy.limit")
        #expect(refusal?.description.contains("3 policies; it may have 2. Nothing was stored.") == true)
        #expect(try await gateway.policies.list(in: gateway.root.tenant).map(\.name) == ["a", "b"])
        try await gateway.close()
    }

    @Test func `a role past a limit is refused, and the role stays as it was`() async throws {
        let bench = try RulesBench()
        defer { bench.remove() }
        let gateway = try await bench.open()
        var role = Role(id: .random(at: gateway.clock()), tenant: gateway.root.tenant, name: "Temp")
        role = try await gateway.roles.create(role, by: gateway.root)
        var wide = role
        wide.permissions = (0...1_024).map { RolePermission(action: "do\($0)", resourceType: "thing") }
        let changed = wide
        let refusal = await fault { _ = try await gateway.roles.change(changed, expecting: nil, by: gateway.root) }
        #expect(refusal?.code == "roles.limit")
        #expect(refusal?.message.contains("Nothing was stored.") == true)
        let other = Role(
            id: .random(at: gateway.clock()), tenant: gateway.root.tenant, name: "Wide", permissions: wide.permissions)
        let second = await fault { _ = try await gateway.roles.create(other, by: gateway.root) }
        #expect(second?.code == "roles.limit")
        let stored = try await gateway.roles.roles(in: gateway.root.tenant).filter { !$0.isPredefined }
        #expect(stored.map(\.name) == ["Temp"])
        #expect(stored.map(\.permissions) == [[]])
        try await gateway.close()
    }

    @Test func `policy files that do not go together stop the start before anything is applied`() async throws {
        let files = [("one.yaml", RulesBench.document("x")), ("two.yaml", RulesBench.document("x"))]
        let bench = try RulesBench(files: files)
        defer { bench.remove() }
        let refusal = await fault { try await bench.open().close() }
        #expect(refusal?.description == "Policy x stands twice: in one.yaml and in two.yaml. Rename one.")
        let findings = await Doctor(bench.configuration, logger: bench.logger).examine()
        #expect(findings.contains { !$0.isGood && $0.detail.contains("in one.yaml and in two.yaml") })
        let mended = try RulesBench(folder: bench.folder, files: [files[0], ("two.yaml", RulesBench.document("y"))])
        let gateway = try await mended.open()
        // The refused start had not even made the tenant.
        #expect(try await gateway.policies.list(in: gateway.root.tenant).map(\.version) == [1, 1])
        try await gateway.close()
    }

    @Test func `a policy file that repeats a stored rule stops the start, and nothing of it is stored`() async throws {
        let bench = try RulesBench()
        defer { bench.remove() }
        let first = try await bench.open()
        _ = try await first.policies.put("mine", RulesBench.document("x"), expecting: nil, by: first.root)
        try await first.close()
        let other = try RulesBench(folder: bench.folder, files: [("one.yaml", RulesBench.document("x"))])
        let refusal = await fault { try await other.open().close() }
        #expect(refusal?.code == "policy.duplicate_id")
        #expect(refusal?.message.contains("in mine and in one.yaml. Nothing was stored.") == true)
        let second = try await bench.open()
        #expect(try await second.policies.list(in: second.root.tenant).map(\.name) == ["mine"])
        #expect(second.tenantFaults.isEmpty)
        try await second.close()
    }

    @Test func `a store that does not compile starts, denies, is found, and is mended in steps`() async throws {
        let bench = try RulesBench()
        defer { bench.remove() }
        let before = try await bench.open()
        let ada = try await before.addPerson("ada")
        _ = try await before.policies.put("a", RulesBench.document("x"), expecting: nil, by: before.root)
        #expect(try await before.permits(ada, "read"))
        try await before.storeUnchecked("b", RulesBench.document("x"))
        try await before.storeUnchecked("c", RulesBench.document("x"))
        // A change that is committed over it takes the old index out of service at once.
        await before.authorization.refresh(before.root.tenant)
        let denied = await fault { _ = try await before.permits(ada, "read") }
        #expect(denied?.code == "authorization.unavailable")
        try await before.close()

        let gateway = try await bench.open()
        #expect(gateway.tenantFaults.map(\.tenant) == ["main"])
        #expect(gateway.tenantFaults.first?.detail.contains("Policy x stands twice: in a and in b. Rename") == true)
        let still = await fault { _ = try await gateway.permits(ada, "read") }
        #expect(still?.code == "authorization.unavailable")
        let findings = await bench.rules()
        #expect(findings.map(\.isGood) == [false])
        #expect(findings.first?.detail.contains("in a and in b. Rename one.") == true)

        // Each step is taken though the rest is still at fault.
        let role = Role(id: .random(at: gateway.clock()), tenant: gateway.root.tenant, name: "Temp")
        _ = try await gateway.roles.create(role, by: gateway.root)
        let c = try await gateway.policies.document(named: "c", in: gateway.root.tenant)
        try await gateway.policies.delete(c.id, by: gateway.root)
        #expect(gateway.tenantFaults.count == 1)
        _ = try await gateway.policies.put("b", RulesBench.document("y"), expecting: nil, by: gateway.root)
        #expect(gateway.tenantFaults.isEmpty)
        #expect(try await gateway.permits(ada, "read"))
        #expect(await bench.rules().map(\.isGood) == [true])
        // Mended, it refuses again.
        let refusal = await fault {
            _ = try await gateway.policies.put("b", RulesBench.document("x"), expecting: nil, by: gateway.root)
        }
        #expect(refusal?.code == "policy.duplicate_id")
        try await gateway.close()
    }

    @Test func `a change among very many rules holds nobody else's writing up`() async throws {
        let bench = try RulesBench()
        defer { bench.remove() }
        let gateway = try await bench.open()
        let rules = (0..<600).map { number in
            """
              - { id: r\(number), effect: allow, subjects: any, actions: [read], resources: { types: [thing\(number)] },
                  when: { equals: { context.a: \(number) } } }
            """
        }
        let many = "version: 1\npolicies:\n" + rules.joined(separator: "\n")
        _ = try await gateway.policies.put("many", many, expecting: nil, by: gateway.root)
        let isDone = Flag()
        async let longest = Self.longestWait(of: gateway.store, until: isDone)
        let start = ContinuousClock.now
        _ = try await gateway.policies.put("one", RulesBench.document("x"), expecting: nil, by: gateway.root)
        let whole = ContinuousClock.now - start
        isDone.raise()
        let wait = try await longest
        // Compiled twice, once beforehand and once to be put in service: in the transaction, either is near half of it.
        #expect(wait < whole / 4, "others waited \(wait) of \(whole)")
        #expect(try await gateway.policies.list(in: gateway.root.tenant).map(\.name) == ["many", "one"])
        try await gateway.close()
    }

    /// How long a write of nothing waits at most.
    private static func longestWait(of store: Store, until isDone: Flag) async throws -> Duration {
        var longest = Duration.zero
        while !isDone.isRaised {
            let start = ContinuousClock.now
            try await store.write(.login) { _ in }
            longest = max(longest, ContinuousClock.now - start)
            try await Task.sleep(for: .milliseconds(2))
        }
        return longest
    }

    @Test func `changes that meet are each compiled with what the other left`() async throws {
        let bench = try RulesBench()
        defer { bench.remove() }
        let gateway = try await bench.open()
        let outcomes = await withTaskGroup(of: Fault?.self) { group in
            for number in 0..<8 {
                // Four pairs, of which each wants the same rule.
                group.addTask {
                    await self.fault {
                        _ = try await gateway.policies.put(
                            "d\(number)", RulesBench.document("x\(number / 2)"), expecting: nil, by: gateway.root)
                    }
                }
            }
            return await group.reduce(into: [Fault?]()) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 4)
        #expect(outcomes.compactMap { $0?.code } == Array(repeating: "policy.duplicate_id", count: 4))
        #expect(try await gateway.policies.list(in: gateway.root.tenant).count == 4)
        #expect(gateway.tenantFaults.isEmpty)
        try await gateway.close()
    }
}
