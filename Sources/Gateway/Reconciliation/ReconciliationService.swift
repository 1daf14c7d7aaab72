import Authorization
import Crypto
import Foundation
import Governance
import Identity
import Storage
import Vocabulary

/// Holds what target systems report against what they should have: differences become findings, and each is resolved
/// through the same assignments and the same outbox as everything else.
public struct ReconciliationService: Sendable {
    let store: Store
    let table: AuthorizationTable
    let clock: @Sendable () -> Timestamp
    /// Findings that one body at the writer writes.
    private static let chunk = 40

    /// What a report came to.
    public struct Outcome: Sendable, Equatable {
        public var accounts = 0
        /// Differences it shows, known ones included.
        public var differences = 0
        public var found = 0
        public var gone = 0
    }

    /// A finding with the texts that no fold keeps, and the names that are read.
    public struct Detail: Sendable {
        public let finding: TargetFinding
        public let account: String?
        public let unknownName: String?
        public let reported: [String: String]
        public let login: String?
        public let entitlementName: String?
    }

    // MARK: Reading

    /// Findings by id, narrowed by the application, what differs and how they stand.
    public func findings(
        in tenant: TenantID, application: ApplicationID? = nil, kind: TargetDifference.Kind? = nil,
        state: String? = nil, _ part: GovernedPart = GovernedPart()
    ) async throws -> [Detail] {
        let filter = GovernedFilter(state: state, type: kind?.rawValue, parent: application?.bytes)
        return try await store.ask(tenant, now: clock()) { view in
            try view.page(filter, part, Governed.finding).map(view.detail)
        }
    }

    /// One finding. Throws `not_found`.
    public func finding(_ id: TargetFindingID, in tenant: TenantID) async throws -> Detail {
        try await store.ask(tenant, now: clock()) { try $0.detail(try $0.one(Governed.finding(id), "finding")) }
    }

    // MARK: Reports

    /// Takes a report of all accounts of an application's target. What differs is found, what was found and is not
    /// reported any more is gone. Throws `governance.not_found` for an application that is not governed.
    public func take(
        _ report: TargetReport, of application: ApplicationID, by caller: Caller
    ) async throws -> Outcome {
        let authorization = try await table.snapshot(of: caller.tenant)
        let (differences, known) = try await store.ask(caller.tenant, now: clock()) { view in
            let expected = try view.expectation(of: application, for: report, authorization)
            let found = try report.differences(from: expected)
            return (
                Dictionary(found.map { ($0.finding(of: application), $0) }) { first, _ in first },
                try view.reported(application)
            )
        }
        var outcome = Outcome(accounts: report.accounts.count, differences: differences.count)
        let gone = known.subtracting(differences.keys).sorted()
        outcome.found = try await write(differences.keys.sorted(), by: caller) { writer, id in
            guard let difference = differences[id] else { return false }
            return try writer.note(difference, as: id, of: application)
        }
        outcome.gone = try await write(gone, by: caller) { try $0.noteGone($1) }
        try await store.govern(by: caller) { [outcome] in try $0.note(outcome, of: application) }
        return outcome
    }

    private func write(
        _ ids: [TargetFindingID], by caller: Caller,
        _ body: @escaping @Sendable (GovernedWriter, TargetFindingID) throws -> Bool
    ) async throws -> Int {
        var count = 0
        for start in stride(from: 0, to: ids.count, by: Self.chunk) {
            let part = Array(ids[start..<min(start + Self.chunk, ids.count)])
            count += try await store.govern(by: caller, .sync) { writer in try part.count { try body(writer, $0) } }
        }
        return count
    }

    // MARK: Resolving

    /// Does something about a finding: the target is told through the outbox; what is revoked or adopted here passes
    /// validators and separation of duties as every assignment does. Throws `governance.invalid` for what cannot be done
    /// about it, `governance.invalid_state` for one that is not open, and what `AssignmentService.assign` throws.
    public func resolve(
        _ id: TargetFindingID, _ action: TargetFinding.Action, reason: String?, expecting version: Int64? = nil,
        by caller: Caller
    ) async throws -> Detail {
        let authorization = try await table.snapshot(of: caller.tenant)
        return try await store.govern(by: caller) { writer in
            let after = try writer.change(
                Governed.finding(id), "finding", expecting: version, row: GovernedRow.init
            ) { finding in
                let events = try finding.resolve(action, reason: try writer.reason(reason))
                try writer.carryOut(action, finding, reason, authorization)
                return events
            }
            return try writer.view.detail(try EntitlementService.present(after))
        }
    }
}

extension TargetDifference {
    /// The id of its finding: the same difference is the same finding in every report.
    fileprivate func finding(of application: ApplicationID) -> TargetFindingID {
        let parts = [
            application.description, kind.rawValue, subject?.kind ?? "", subject?.id ?? "",
            entitlement?.description ?? "", account ?? "", unknownName ?? "",
            reported.keys.sorted().joined(separator: "\u{1}"),
        ]
        let digest = Array(SHA256.hash(data: Data(parts.joined(separator: "\u{0}").utf8)).prefix(16))
        return TargetFindingID(bytes: digest) ?? TargetFindingID(high: 0, low: 0)
    }
}

extension GovernedWriter {
    fileprivate func note(
        _ difference: TargetDifference, as id: TargetFindingID, of application: ApplicationID
    ) throws -> Bool {
        let stream = Governed.finding(id)
        let loaded = try view.load(stream)
        let events = TargetFinding.reported(difference, as: id, of: application, on: loaded.state)
        try write(events, to: loaded, of: stream, row: GovernedRow.init)
        return !events.isEmpty
    }

    fileprivate func noteGone(_ id: TargetFindingID) throws -> Bool {
        var isGone = false
        _ = try change(Governed.finding(id), "finding", row: GovernedRow.init) { finding in
            let events = finding.unreported()
            isGone = !events.isEmpty
            return events
        }
        return isGone
    }

    fileprivate func note(_ outcome: ReconciliationService.Outcome, of application: ApplicationID) throws {
        try tx.append(
            caller.event(
                "target.reported", Stream(.governed("target"), application),
                facts: [
                    Fact("accounts", .integer(Int64(outcome.accounts))),
                    Fact("differences", .integer(Int64(outcome.differences))),
                    Fact("found", .integer(Int64(outcome.found))), Fact("gone", .integer(Int64(outcome.gone))),
                ]))
    }

    /// What resolving means here; what it means at the target follows from the event.
    fileprivate func carryOut(
        _ action: TargetFinding.Action, _ finding: TargetFinding, _ reason: String?,
        _ authorization: TenantAuthorization
    ) throws {
        guard let subject = finding.subject, let entitlement = finding.entitlement else { return }
        switch (action, finding.kind) {
        case (.adopt, .unexpected):
            let input = AssignmentInput(
                id: .random(at: now), entitlement: entitlement, subject: subject,
                justification: reason ?? "Adopted from the target's report")
            _ = try assign(.assign(input), input, authorization, [])
        case (.revoke, .missing):
            let held = try view.holdings(of: subject).filter { $0.entitlement == entitlement }
            guard held.contains(where: { $0.source == .direct }) else {
                throw GovernanceError.invalid(
                    field: "action", reason: "cannot end here what comes by a role or a birthright rule")
            }
            for holding in held where holding.source == .direct {
                try end(holding.assignment) { catalog in
                    try catalog.decide(
                        .revoke(holding.assignment, try self.reason(reason)), tenant: tenant,
                        duties: try SodRegister(tenant: tenant), now: now)
                }
            }
        default: return
        }
    }
}

extension Gateway {
    /// What target systems report, against what they should have.
    public var reconciliation: ReconciliationService {
        ReconciliationService(store: store, table: authorization, clock: clock)
    }
}
