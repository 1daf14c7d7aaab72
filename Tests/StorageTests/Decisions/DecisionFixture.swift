import Crypto
import Foundation
import Storage
import Synchronization
import Vocabulary

/// A directory, a clock, keys per person and a place for what the recorder announces.
final class DecisionFixture: Sendable {
    let directory = NSTemporaryDirectory() + "gw-decisions-\(UUID().uuidString)"
    let tenant = TenantID(high: 1, low: 1)
    let person = PersonID(high: 2, low: 2)
    let now = Mutex(Timestamp(seconds: 1_700_000_000))
    private let closedSegments = Mutex<[SegmentClosed]>([])
    private let keys = Mutex<[Subject?: SymmetricKey]>([:])
    private let erased = Mutex<Set<Subject?>>([])
    private let lastID = Mutex<UInt64>(0)

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var closed: [SegmentClosed] { closedSegments.withLock { $0 } }
    var tenantDirectory: String { directory + "/" + tenant.description }

    func erase(_ subject: Subject) {
        keys.withLock { $0[subject] = nil }
        erased.withLock { _ = $0.insert(subject) }
    }

    func recorder(
        _ change: (inout DecisionRecorderConfiguration) -> Void = { _ in }
    ) throws -> DecisionRecorder {
        var configuration = DecisionRecorderConfiguration(directory: directory)
        configuration.flushInterval = .milliseconds(10)
        change(&configuration)
        return try DecisionRecorder.open(
            configuration, clock: { [self] in now.withLock { $0 } }, seal: seal,
            onClosed: { [self] segment in closedSegments.withLock { $0.append(segment) } })
    }

    var log: DecisionLog { DecisionLog(directory: directory, open: open) }

    var seal: SealDecisionInputs {
        { [self] _, subject, context, plain in
            if erased.withLock({ $0.contains(subject) }) { throw Fault("storage.erased", .caller, "Erased.") }
            let key = keys.withLock { keys in
                let key = keys[subject] ?? SymmetricKey(size: .bits256)
                keys[subject] = key
                return key
            }
            return Array(try AES.GCM.seal(plain, using: key, authenticating: context).combined ?? Data())
        }
    }

    var open: OpenDecisionInputs {
        { [self] _, subject, context, sealed in
            guard let key = keys.withLock({ $0[subject] }) else { throw Fault("keys.unknown", .ourselves, "No key.") }
            return Array(try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: key, authenticating: context))
        }
    }

    static let basis = RecordedBasis(
        .init(
            policies: [1, 1], roles: [2, 2], mappings: [3, 3], configuration: [4, 4], engine: "gatehouse 0.2.0",
            timeZones: "2025b"))

    func asker(_ person: PersonID? = nil, tenant: TenantID? = nil) -> RecordedAsker {
        RecordedAsker(
            tenant: tenant ?? self.tenant,
            facts: .init(
                subject: .person(person ?? self.person), subjectVersion: 7,
                credential: .session(SessionID(high: 3, low: 3)), provider: ProviderID(high: 4, low: 4),
                strength: .aal2, methods: [.password, .oneTimePassword], authenticatedAt: Timestamp(seconds: 5)))
    }

    /// A decision like many others; ids count up from 1.
    func decision(
        _ asker: RecordedAsker, outcome: RecordedDecision.Outcome = .permit,
        enforcement: RecordedDecision.Enforcement = .advisory, resource: String = "doc-1",
        _ change: (inout RecordedDecision) -> Void = { _ in }
    ) -> RecordedDecision {
        let number = lastID.withLock { last in
            last += 1
            return last
        }
        var decision = RecordedDecision(
            id: DecisionID(high: 9, low: number), at: now.withLock { $0 } + .microseconds(Int64(number)), asker: asker,
            basis: Self.basis, factsPosition: 42, action: "read", resourceType: "document", resourceID: resource,
            outcome: outcome, enforcement: enforcement, reason: "allowed_by_rule",
            origin: RecordedOrigin(caller: nil, protocol: "authzen"))
        decision.determining = ["policy:documents@3"]
        change(&decision)
        return decision
    }

    func files(_ suffix: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: tenantDirectory) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: tenantDirectory).filter { $0.hasSuffix(suffix) }
            .sorted()
    }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: tenantDirectory + "/" + name)))
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: tenantDirectory + "/" + name))
    }

    /// Waits until the condition holds; false after five seconds.
    func eventually(_ condition: () throws -> Bool) async throws -> Bool {
        for _ in 0..<1_000 {
            if try condition() { return true }
            try await Task.sleep(for: .milliseconds(5))
        }
        return false
    }
}
