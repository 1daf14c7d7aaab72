import Governance
import Identity
import Storage
import Vocabulary

extension RiskService {
    /// Scores of one ranking at most.
    public static let rankingLimit = 100

    /// Whoever has the highest scores now, the highest first; who holds nothing is not among them. They are chosen by
    /// what is held and by the breaches that scans have found, and then counted anew, so that each is what `score`
    /// answers. Writes nothing.
    ///
    /// - Parameter limit: how many, 1 to 100.
    public func highest(in tenant: TenantID, limit: Int = 25) async throws -> [RiskScore] {
        let authorization = try await table.snapshot(of: tenant)
        return try await store.ask(tenant, now: clock()) { view in
            let ranking = try view.riskiest(authorization, limit: min(max(1, limit), Self.rankingLimit))
            return try ranking.map { try view.score($0, authorization) }.sorted {
                ($1.score, $0.subject.id) < ($0.score, $1.subject.id)
            }
        }
    }
}

extension GovernedView {
    /// The subjects with the highest scores, by what scans have found so far.
    fileprivate func riskiest(_ authorization: TenantAuthorization, limit: Int) throws -> [Subject] {
        let (levels, broken, settings) = (try entitlementLevels(), try standingViolations(), try riskSettings())
        var found: [(score: Int, subject: Subject)] = []
        for (subject, held) in try Holders(self, authorization).everything() where !held.isEmpty {
            let score = try settings.model.score(
                subject, in: tenant, entitlements: held.compactMap { levels[$0] }, violations: broken[subject] ?? 0,
                thresholds: settings.thresholds, now: now)
            found.append((score.score, subject))
        }
        var riskiest: [Subject] = []
        for (_, subject) in found.sorted(by: { ($1.score, $0.subject.id) < ($0.score, $1.subject.id) }) {
            guard riskiest.count < limit else { break }
            // What is left of somebody who is gone holds nobody up.
            if try sql.knows(subject, in: tenant) { riskiest.append(subject) }
        }
        return riskiest
    }

    private func entitlementLevels() throws -> [EntitlementID: RiskLevel] {
        var levels: [EntitlementID: RiskLevel] = [:]
        try sql.forEachGoverned(.governed(Entitlement.aggregate.kind), in: tenant) { row in
            if let id = EntitlementID(bytes: row.id), let level = RiskLevel(rawValue: row.type) { levels[id] = level }
        }
        return levels
    }

    private func standingViolations() throws -> [Subject: Int] {
        var found: [Subject: Int] = [:]
        try sql.forEachGoverned(
            .governed(SodViolation.aggregate.kind), in: tenant,
            GovernedFilter(state: SodViolation.Status.active.rawValue)
        ) { row in
            if let subject = row.target.flatMap({ Subject(kind: row.type, bytes: $0) }) {
                found[subject, default: 0] += 1
            }
        }
        return found
    }
}
