import BenchTable
import Foundation
import Gateway
import Messaging
import Vocabulary

/// What was journalled while no server was spoken with, told as fast as it goes, 250 in flight; then held against the journal.
struct RelayRun {
    let table: BenchTable
    static let count = 60_000
    /// Changes of one policy after its creation.
    private static let updatesEach = 29

    /// A journal to be told.
    static func prepare(_ gateway: Gateway, _ tenant: TenantID) async throws {
        _ = try await Flow.run(count / (updatesEach + 1), width: 16) { number in
            let id = PolicyID(high: 0xBD, low: UInt64(number)).description
            func execute(_ name: String, _ payload: AttributeValue) async throws {
                let caller = Caller(
                    tenant: tenant, actor: .operatingSystemUser(0), command: .random(at: gateway.clock()))
                _ = try await gateway.governance.execute(name, payload, by: caller)
            }
            try await execute(
                "create",
                [
                    "policy_id": .string(id), "name": .string("Policy \(number)"), "policy_type": "Security",
                    "enforcement": "Mandatory", "scope": "Organization",
                ])
            for step in 1...updatesEach {
                try await execute("update", ["policy_id": .string(id), "description": .string("Version \(step)")])
            }
        }
    }

    func run(_ stage: NATSStage) async throws {
        let clock = ContinuousClock()
        var (start, first): (ContinuousClock.Instant?, Int64) = (nil, 0)
        while true {
            guard let status = try await stage.gateway.messengerStatus() else { throw BenchFailure("Nothing is told.") }
            let told = Int64(status.relayed?.acknowledged ?? 0)
            if start == nil, told > 0 { (start, first) = (clock.now, told) }
            if let start, told >= Int64(Self.count) {
                let seconds = (clock.now - start) / .seconds(1)
                table.least(
                    "events relayed, durable journal to stream, 250 in flight", Double(told - first) / seconds, 10_000,
                    "/s")
                break
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        let begin = clock.now
        let comparison = try await stage.gateway.compareEventStream(in: stage.tenant)
        guard comparison.isSame else { throw BenchFailure("The stream folds to something else: \(comparison)") }
        let seconds = (clock.now - begin) / .seconds(1)
        say("\(comparison.messages) messages read, folded and held against the journal in \(Int(seconds * 1_000)) ms")
        table.exact("things that fold to other bytes from the stream", comparison.differing.count, 0)
    }
}
