import BenchTable
import Fixtures
import Foundation
import Gateway
import Governance
import Identity
import Logging
import Storage
import Synchronization
import Vocabulary

/// Separation of duties as the gateway does it, with everything it reads and writes: 100,000 people who hold 20 of 5,000
/// entitlements each, 15 by three of 1,000 roles and 5 by assignments, under 500 rules of all three kinds.
///
/// Entitlements and rules are made by the gateway's own services. People, roles and assignments are written as rows, which
/// is what they are read from; the events behind 900,000 of them would say nothing about this.
struct StoredDuties {
    private static let people = 100_000
    private static let roles = 1_000
    private static let perRole = 5
    /// Roles whose entitlements belong together; nobody is assigned one of those alone.
    private static let together = 167

    private let stage: DutyStage

    static func measure(_ table: BenchTable) async throws {
        let bench = StoredDuties(stage: try DutyStage())
        let start = ContinuousClock.now
        try await bench.govern()
        try await bench.fill()
        say(String(format: "100,000 people furnished in %.0f s", (ContinuousClock.now - start) / .seconds(1)))
        let gateway = try await bench.stage.open()
        try await bench.scan(gateway, table)
        try await bench.preventive(gateway, table)
        try await bench.bind(gateway, table)
        try await gateway.close()
    }

    // MARK: Furnishing

    private static func entitlement(_ number: Int) -> EntitlementID { EntitlementID(high: 5, low: UInt64(number)) }
    private static func role(_ number: Int) -> RoleID { RoleID(high: 3, low: UInt64(number)) }
    private static func person(_ number: Int) -> PersonID { PersonID(high: 9, low: UInt64(number)) }
    /// The role that everybody holds, and what is bound to it while somebody waits for the writer.
    private static let staff = role(roles)
    private static let badge = entitlement(roles * perRole)
    /// What excludes it, and nobody holds.
    private static let spare = entitlement(roles * perRole + 1)

    private static func kind(_ aggregate: String) -> StreamKind { StreamKind(rawValue: "governed." + aggregate) }

    private static func comesWith(_ role: Int) -> [EntitlementID] {
        (0..<perRole).map { entitlement(role * perRole + $0) }
    }

    private func govern() async throws {
        let gateway = try await stage.open()
        let caller = try stage.caller(gateway)
        let application = ApplicationID(high: 4, low: 1)
        let services = (gateway.entitlements, gateway.duties)
        _ = try await services.0.create(application, ApplicationDetails(name: "ERP"), by: caller)
        try await all(Self.roles * Self.perRole + 2) { number in
            _ = try await services.0.create(
                Self.entitlement(number), of: application,
                EntitlementDetails(name: "e\(number)", riskLevel: .low), by: caller)
        }
        var generator = Seeded(4)
        let rules = (0..<500).map { Self.rule($0, &generator) }
        try await all(rules.count) { number in
            _ = try await services.1.create(SodRuleID(high: 1, low: UInt64(number)), rules[number], by: caller)
        }
        try await gateway.close()
    }

    private static func rule(_ number: Int, _ generator: inout Seeded) -> SodRuleDetails {
        let type = SodRule.ConflictType.allCases[number % 3]
        var named = (0..<6).map { _ in entitlement(Int.random(in: 0..<roles * perRole, using: &generator)) }
        if type == .inclusive { named = comesWith(number / 3) }
        if number == 0 { named = [badge, spare] }
        return SodRuleDetails(
            name: "rule \(number)", conflictType: type, entitlements: Set(named).sorted(),
            maxCount: type == .cardinality ? 2 : nil, severity: .high)
    }

    /// So many at once as share commits.
    private func all(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        for start in stride(from: 0, to: count, by: 64) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in start..<min(start + 64, count) { group.addTask { try await body(number) } }
                try await group.waitForAll()
            }
        }
    }

    private func fill() async throws {
        let store = try await stage.openStore()
        let tenant = try await stage.tenant(store)
        try await store.write(.administration) { tx in
            for number in 0...Self.roles {
                try tx.sql.insert(Role(id: Self.role(number), tenant: tenant, name: "r\(number)"))
                guard number < Self.roles else { continue }
                for entitlement in Self.comesWith(number) {
                    let stream = Storage.Stream(Self.kind(Entitlement.aggregate.kind), entitlement)
                    try tx.sql.link(stream, to: [Self.role(number).bytes], in: tenant)
                }
            }
        }
        for start in stride(from: 0, to: Self.people, by: 1_000) {
            try await store.write(.administration) { tx in
                var generator = Seeded(UInt64(start + 5))
                for number in start..<start + 1_000 { try Self.furnish(number, tenant, &generator, tx) }
            }
        }
        try await store.close()
    }

    private static func furnish(
        _ number: Int, _ tenant: TenantID, _ generator: inout Seeded, _ tx: Transaction
    ) throws {
        let subject = Subject.person(person(number))
        try tx.sql.insert(
            Person(id: person(number), tenant: tenant, login: "p\(number)", managedBy: .api, createdAt: tx.now), at: 1)
        var held: Set<Int> = [roles]
        while held.count < 4 { held.insert(Int.random(in: 0..<roles, using: &generator)) }
        for role in held {
            try tx.sql.insert(
                RoleAssignment(
                    id: AssignmentID(high: UInt64(role + 1), low: UInt64(number)), tenant: tenant, subject: subject,
                    role: Self.role(role), grantedBy: .system("bench"), grantedAt: tx.now), at: 1)
        }
        var direct: Set<Int> = []
        while direct.count < 5 {
            direct.insert(Int.random(in: together * perRole..<roles * perRole, using: &generator))
        }
        for entitlement in direct {
            try tx.sql.put(
                GovernedRow(
                    tenant: tenant, kind: kind(EntitlementAssignment.aggregate.kind),
                    id: EntitlementAssignmentID(high: UInt64(entitlement), low: UInt64(number)).bytes,
                    state: AssignmentStatus.active.rawValue, type: AssignmentSource.direct.rawValue,
                    scope: subject.kind, target: subject.bytes, parent: Self.entitlement(entitlement).bytes,
                    version: 1, position: 1))
        }
    }

    // MARK: Measuring

    private func scan(_ gateway: Gateway, _ table: BenchTable) async throws {
        let caller = try stage.caller(gateway)
        let (first, wrote) = try await timed { try await gateway.duties.scan(in: caller.tenant, by: caller) }
        guard first.rulesScanned == 500, first.subjectsScanned == Self.people, first.found > 1_000 else {
            throw Unusable(what: "scan")
        }
        let (again, taken) = try await timed { try await gateway.duties.scan(in: caller.tenant, by: caller) }
        guard again.found == 0, again.violating == first.found else { throw Unusable(what: "second scan") }
        say(String(format: "\(first.found) violations found; the scan that writes them takes %.2f s of a core", wrote))
        table.most("Duties, stored: scan of 100,000 people by 500 rules, loading included", taken, 10, "s")
    }

    private func preventive(_ gateway: Gateway, _ table: BenchTable) async throws {
        let caller = try stage.caller(gateway)
        let count = 10_000
        let cases = (0..<count).map { number in
            (Self.entitlement(number * 7 % (Self.roles * Self.perRole)), Self.person(number * 13 % Self.people))
        }
        let (refused, taken) = try await timed {
            var refused = 0
            for (entitlement, person) in cases {
                let result = try await gateway.duties.check([entitlement], for: .person(person), in: caller.tenant)
                refused += result.isValid ? 0 : 1
            }
            return refused
        }
        say(
            String(
                format: "preventive check with all it reads from SQLite: %.0f µs of a core, %d of %d refused",
                taken * 1e6 / Double(count), refused, count))
        let (_, assigned) = try await timed {
            for number in 0..<1_000 {
                let (_, person) = cases[number]
                _ = try? await gateway.assignments.assign(
                    AssignmentInput(
                        id: EntitlementAssignmentID(high: 77, low: UInt64(number)),
                        entitlement: Self.entitlement(Self.roles * Self.perRole - 1 - number % 500),
                        subject: .person(person), expiresAt: nil, justification: "Required for project Alpha"),
                    by: caller)
            }
        }
        say(String(format: "an assignment, checked, written and made durable: %.2f ms of a core", assigned))
    }

    /// An entitlement that comes with a role from now on, while somebody else changes something.
    private func bind(_ gateway: Gateway, _ table: BenchTable) async throws {
        let caller = try stage.caller(gateway)
        let isDone = Mutex(false)
        let others = Task {
            var waits: [Double] = []
            while !isDone.withLock(\.self) {
                let start = ContinuousClock.now
                _ = try await gateway.serviceAccounts.create(
                    name: "a\(waits.count)", description: nil, by: caller)
                waits.append((ContinuousClock.now - start) / .milliseconds(1))
                try await Task.sleep(for: .milliseconds(2))
            }
            return waits
        }
        let start = ContinuousClock.now
        _ = try await gateway.entitlements.bind(Self.badge, to: Self.staff, by: caller)
        let taken = (ContinuousClock.now - start) / .seconds(1)
        isDone.withLock { $0 = true }
        let waits = try await others.value
        say(
            String(
                format: "binding to a role of 100,000 took %.2f s; %d other changes meanwhile, %.1f ms at most",
                taken, waits.count, waits.max() ?? 0))
        table.most("Duties, stored: a change beside a role that 100,000 hold, p99", percentile(waits, 0.99), 20, "ms")
    }

    /// Processor seconds of the whole process: bars are per core.
    private func timed<Result>(_ body: () async throws -> Result) async throws -> (Result, Double) {
        let start = Processor.processSeconds
        let result = try await body()
        return (result, Processor.processSeconds - start)
    }
}

/// A folder with a gateway's configuration and keys.
private final class DutyStage: Sendable {
    private let folder = NSTemporaryDirectory() + "gatehouse-duties-" + UUID().uuidString

    init() throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        _ = try Installation.makeMasterKey(at: folder + "/master.key")
        let configuration = """
            version: 1
            server: { listen: "127.0.0.1:0", public_url: "https://gate.localhost" }
            storage: { directory: data }
            keys: { master_key_file: master.key }
            tenants: [{ slug: main, name: Bench, public_url: "https://gate.localhost" }]
            passwords: { block_list: false }
            logging: { level: error, format: text }

            """
        try configuration.write(toFile: folder + "/gatehouse.yaml", atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func open() async throws -> Gateway {
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        return try await Gateway.open(
            try ConfigurationLoader.load(file: folder + "/gatehouse.yaml", environment: [:]), logger: logger)
    }

    /// The same store while no gateway has it open.
    func openStore() async throws -> Store {
        try await Store.open(
            StoreConfiguration(directory: folder + "/data", node: NodeID(high: 0, low: 1)),
            masterKey: try MasterKey(file: folder + "/master.key"), clock: SystemClock.now)
    }

    func tenant(_ store: Store) async throws -> TenantID {
        guard let tenant = try await store.read({ try $0.tenants().first?.id }) else { throw Unusable(what: "tenant") }
        return tenant
    }

    func caller(_ gateway: Gateway) throws -> Caller {
        guard let tenant = gateway.tenants.defaultTenant else { throw Unusable(what: "tenant") }
        return Caller(
            tenant: tenant.id, actor: .operatingSystemUser(0), command: CommandID.random(at: gateway.clock()))
    }
}
