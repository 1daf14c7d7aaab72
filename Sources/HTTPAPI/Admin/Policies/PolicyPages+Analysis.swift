import Gateway
import Governance
import Vocabulary

extension PolicyPages {
    static var analysisRoutes: [AdminRoute] {
        [
            .page("/policies/analysis", trying) { call in
                try await analysis(of: .current, "All rules in force", trail, call)
            },
            .page("/policies/{policy}/analysis", trying) { call in
                let policy = try await policy(call)
                return try await analysis(
                    of: .stored(policy.id, version: nil), "The rules in force with “\(policy.name)”",
                    trail + [.init(policy.name, place(policy.id))], call)
            },
        ]
    }

    /// What can be said of rules by asking everything that tells them apart.
    private static func analysis(
        of candidate: PolicyCandidate, _ title: String, _ trail: [AdminPage.Step], _ call: AdminCall
    ) async throws -> AdminPage {
        let found = try await call.gateway.workbench.analyze(candidate, in: call.tenant)
        let table = AdminTable(
            "What was found", columns: ["Rule", "Finding", "Why", "A request that shows it"],
            rows: found.findings.map { finding in
                [
                    AdminValue(finding.rule.name, to: place(finding.rule.policy))
                        .hinted(finding.other.map { "beside \($0.name)" }),
                    .badge(adminWords(finding.kind.rawValue), finding.kind.tone), AdminValue(finding.message),
                    finding.witness.map { .code(CanonicalJSON.encode($0)) } ?? "–",
                ]
            }, empty: "Every rule says something of its own, and none says too much.")
        return AdminPage(
            heading: "Analysis", lead: "\(title): \(found.rules) rules, \(found.requests) requests asked.",
            trail: trail, blocks: [.table(table)])
    }
}

extension AnalysisFinding.Kind {
    fileprivate var tone: AdminTone {
        switch self {
        case .neverFires, .shadowed, .equal: .caution
        case .overBroad: .bad
        case .undecided: .plain
        }
    }
}
