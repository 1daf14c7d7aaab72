import Authorization
import Governance
import Identity
import Storage
import Vocabulary

extension Doctor {
    /// Whether recorded decisions are kept as long as the frameworks demand that policies in the store are tagged with,
    /// and those that the configuration names. Nothing is asked where neither is so.
    func examineRetention() async -> [Finding] {
        do {
            let shelf = try CatalogueShelf(folder: configuration.compliance.catalogues)
            let demands = Dictionary(
                shelf.all.map { ($0.catalogue.framework, $0.catalogue.retentionDays) },
                uniquingKeysWith: { first, _ in first })
            let used = try await taggedFrameworks().union(configuration.retention.frameworks.keys)
            return used.sorted { $0.rawValue < $1.rawValue }.map { framework in
                judge(framework, demands[framework.rawValue] ?? 0)
            }
        } catch let fault as Fault where fault.code == "storage.missing" {
            return []
        } catch {
            return [Finding(subject: "retention", isGood: false, detail: "\(error)")]
        }
    }

    private func judge(_ framework: ComplianceFramework, _ days: Int) -> Finding {
        let kept = configuration.decisionRetention.components.seconds / 86_400
        let isGood = kept >= days
        return Finding(
            subject: "retention for \(framework.rawValue)", isGood: isGood,
            detail: isGood
                ? "decisions are kept for \(kept) days, and \(days) are asked for; the journal is never cut"
                : "Decisions are kept for \(kept) days, and \(framework.rawValue) asks for \(days). Write "
                    + "`\(framework.rawValue): \(days)d` under `retention`, before segments are deleted.")
    }

    /// The frameworks that governed policies are tagged with, in every tenant, but for those that hold no more.
    private func taggedFrameworks() async throws -> Set<ComplianceFramework> {
        try await withReader { reader in
            try await reader.read { [keys = reader.keys, now = clock()] sql in
                var found: Set<ComplianceFramework> = []
                for tenant in try sql.tenants() {
                    let view = GovernedView(sql: sql, tenant: tenant.id, keys: keys, now: now)
                    let kind = StreamKind.governed(GovernedPolicy.aggregate.kind)
                    try sql.forEachGoverned(kind, in: tenant.id) { row in
                        guard ![PolicyState.revoked, .archived].map(\.rawValue).contains(row.state),
                            let id = PolicyID(bytes: row.id)
                        else { return }
                        let stream = GovernedStream(GovernedPolicy.aggregate, id)
                        found.formUnion(try view.load(stream).state?.frameworks ?? [])
                    }
                }
                return found
            }
        }
    }
}
