import Governance
import Identity
import Storage
import Vocabulary

/// How much harm somebody could do with what they hold, as a number from 0 to 100, and how it went over time.
public struct RiskService: Sendable {
    let store: Store
    let table: AuthorizationTable
    let clock: @Sendable () -> Timestamp

    /// The tenant's model and thresholds.
    public func settings(in tenant: TenantID) async throws -> RiskSettings {
        try await store.ask(tenant, now: clock()) { try $0.riskSettings() }
    }

    /// Chooses a model and thresholds. Throws `stale` for a version that is not the present one.
    public func configure(
        _ model: RiskModel, _ thresholds: RiskThresholds, expecting version: Int64? = nil, by caller: Caller
    ) async throws -> RiskSettings {
        try await store.govern(by: caller) { writer in
            let stream = Governed.riskSettings(writer.tenant)
            let loaded = try writer.view.load(stream)
            if let version, version != loaded.version { throw Fault.stale("settings") }
            let events = (loaded.state ?? RiskSettings()).configure(model, thresholds)
            return try writer.write(events, to: loaded, of: stream, row: GovernedRow.init).state ?? RiskSettings()
        }
    }

    /// Somebody's score now, by what they hold and the rules that this breaks, exempted ones left out. Writes nothing.
    /// Throws `governance.not_found` for nobody of the tenant.
    public func score(of subject: Subject, in tenant: TenantID) async throws -> RiskScore {
        let authorization = try await table.snapshot(of: tenant)
        return try await store.ask(tenant, now: clock()) { try $0.score(subject, authorization) }
    }

    /// The same, written into the subject's history.
    public func record(_ subject: Subject, by caller: Caller) async throws -> RiskScore {
        let authorization = try await table.snapshot(of: caller.tenant)
        return try await store.govern(by: caller) { writer in
            let score = try writer.view.score(subject, authorization)
            try writer.record(score)
            return score
        }
    }

    /// Somebody's recorded scores since a moment, oldest first.
    public func trend(of subject: Subject, since: Timestamp, in tenant: TenantID) async throws -> [RiskHistoryEntry] {
        try await store.ask(tenant, now: clock()) { view in
            try view.sql.require(subject, in: tenant)
            return try view.load(Governed.riskHistory(subject)).state?.trend(since: since) ?? []
        }
    }
}

extension GovernedView {
    func riskSettings() throws -> RiskSettings { try load(Governed.riskSettings(tenant)).state ?? RiskSettings() }

    /// A subject's score by what this view shows.
    func score(_ subject: Subject, _ authorization: TenantAuthorization) throws -> RiskScore {
        try sql.require(subject, in: tenant)
        let held = try RoleDuties(self, authorization).held(by: subject)
        let levels = try held.compactMap { id in
            try sql.governed(Governed.entitlement(id).stream, in: tenant).flatMap { RiskLevel(rawValue: $0.type) }
        }
        let broken = try duties(naming: held, for: [subject]).broken(by: held, for: subject, at: now)
        let settings = try riskSettings()
        return try settings.model.score(
            subject, in: tenant, entitlements: levels, violations: broken.count, thresholds: settings.thresholds,
            now: now)
    }
}

extension GovernedWriter {
    /// Writes a score into its subject's history.
    func record(_ score: RiskScore) throws {
        let stream = Governed.riskHistory(score.subject)
        try write(
            [.recorded(score.subject, score: score.score, score.level)], to: try view.load(stream), of: stream,
            row: GovernedRow.init)
    }
}

extension Gateway {
    /// Risk scores and their history.
    public var risk: RiskService { RiskService(store: store, table: authorization, clock: clock) }
}
