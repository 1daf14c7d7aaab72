import Gateway
import Governance
import Vocabulary

extension PolicyPages {
    static var trialRoutes: [AdminRoute] {
        [
            casesRoute, templateRoute, successorRoute,
            .form("/policies/{policy}/backtest", trying, backtest, submit: beginBacktest),
            .page("/policies/trials/{trial}", trying, trial),
            .post("/policies/trials/{trial}/cancel", trying, submit: cancel),
        ] + analysisRoutes
    }

    /// How a policy is tried before it is in force, and taken elsewhere.
    static func trials(of policy: GovernedPolicy, _ call: AdminCall) async throws -> [AdminAction] {
        var actions: [(command: String, action: AdminAction)] = [
            ("update", AdminAction("Tests", to: place(policy.id, "/cases"))),
            ("update", AdminAction("Backtest", to: place(policy.id, "/backtest"))),
            ("update", AdminAction("Analyse", to: place(policy.id, "/analysis"))),
        ]
        if [.draft, .approved, .suspended].contains(policy.state) {
            actions.append(("update", AdminAction("Simulate", to: "/policies/simulator?policy=\(policy.id)")))
        }
        if [.active, .suspended].contains(policy.state) {
            actions.append(("create", AdminAction("Change it", to: place(policy.id, "/successor"))))
        }
        return try await call.offered(actions)
            + [AdminAction("Export", to: place(policy.id, "/export"), .download)]
    }

    // MARK: Backtest

    /// Days that a backtest looks back where nobody says.
    private static let usualDays = 30

    @Sendable private static func backtest(_ call: AdminCall) async throws -> AdminPage {
        let policy = try await policy(call)
        let form = AdminForm(
            to: call.place,
            fields: [
                AdminField(
                    "from", "From", .time,
                    value: call.value("from", stored: (call.now - .days(usualDays)).fieldText),
                    hint: "UTC, as 2026-01-31 10:00.", isRequired: true),
                AdminField(
                    "to", "Until", .time, value: call.value("to", stored: call.now.fieldText), isRequired: true),
            ], buttons: [.init("Ask it all again")], cancel: place(policy.id))
        let isIn = policy.state == .active
        return AdminPage(
            heading: "Backtest of “\(policy.name)”",
            lead: isIn
                ? "What was asked in that time is asked again with the rules in force but this one, to see what it does."
                : "What was asked in that time is asked again, as if this policy were in force.",
            trail: trail + [.init(policy.name, place(policy.id))], blocks: [.form(form)])
    }

    @Sendable private static func beginBacktest(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        try await call.require("read", "decision")
        let policy = try await policy(call)
        guard let from = try form.moment("from"), let to = try form.moment("to") else {
            throw AdminRefusal("Say from when until when.", field: "from")
        }
        let candidate: PolicyCandidate =
            policy.state == .active ? .without(policy.id) : .stored(policy.id, version: nil)
        let trial = try await call.gateway.workbench.backtest(
            candidate, over: try BacktestPeriod(from: from, to: to), by: call.caller)
        try await settle(trial.id, call)
        return .moved(to: "/policies/trials/\(trial.id)")
    }

    /// Waits a moment: most trials are done by then, and nobody has to look twice.
    private static func settle(_ trial: PolicyTrialID, _ call: AdminCall) async throws {
        for _ in 0..<20 where try call.gateway.workbench.trial(trial, in: call.tenant).state == .running {
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Sendable private static func cancel(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let trial = try call.gateway.workbench.cancel(try call.id("trial"), in: call.tenant)
        return .moved(to: "/policies/trials/\(trial.id)")
    }

    // MARK: What it came to

    /// Flips that the page shows; the totals count all.
    private static let shownFlips = 100

    @Sendable private static func trial(_ call: AdminCall) async throws -> AdminPage {
        // Its flips are decisions that were recorded.
        try await call.require("read", "decision")
        let trial = try call.gateway.workbench.trial(try call.id("trial"), in: call.tenant)
        var page = AdminPage(heading: "Backtest", lead: sentence(of: trial), trail: trail)
        if let fault = trial.fault {
            page.blocks.append(.text(AdminText("It failed", [fault.description], tone: .bad)))
        }
        if trial.state == .running {
            page.blocks.append(
                .actions([
                    AdminAction("Look again", to: call.place),
                    AdminAction("Stop it", to: call.place + "/cancel", .post, isDanger: true),
                ]))
        }
        guard let result = trial.result else { return page }
        let names = try await call.names(
            of: result.flips.prefix(shownFlips).map(\.question.subject) + result.bySubject.keys.prefix(shownFlips))
        page.blocks.append(.figures(figures(of: result)))
        page.blocks += remarks(on: result)
        page.blocks += [
            .table(flips(of: result, names)), .table(people(in: result, names)), .table(resources(in: result)),
        ]
        return page
    }

    private static func sentence(of trial: PolicyTrial) -> String {
        let seen = "\(trial.seen) recorded decision\(trial.seen == 1 ? "" : "s") looked at"
        switch trial.state {
        case .running: return "Under way: \(seen), \(Int(trial.progress * 100)) %."
        case .done: return "Done: \(seen). The result is kept for an hour."
        case .failed: return "It failed after \(seen)."
        case .cancelled: return "It was stopped: \(seen)."
        }
    }

    private static func figures(of result: Backtest) -> [AdminFigure] {
        let losses = result.bySubject.values.reduce(0) { $0 + $1.losses }
        let gains = result.bySubject.values.reduce(0) { $0 + $1.gains }
        return [
            AdminFigure("asked again", "\(result.questions)"), AdminFigure("answered otherwise", "\(result.flipCount)"),
            AdminFigure("less than before", "\(losses)"), AdminFigure("more than before", "\(gains)"),
        ]
    }

    /// What the result does not say.
    private static func remarks(on result: Backtest) -> [AdminBlock] {
        var sentences = result.skipped.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\($0.value) could not be asked again: \(adminWords($0.key.rawValue))." }
        if result.drifted > 0 {
            sentences.append("\(result.drifted) are answered otherwise by today's rules already than they were then.")
        }
        if result.limited > 0 {
            sentences.append("\(result.limited) rest on a limit, which was taken as unused.")
        }
        if result.isCut { sentences.append("There were more; the trial ended at its bound.") }
        return sentences.isEmpty ? [] : [.text(AdminText("To be read with it", sentences, tone: .info))]
    }

    private static func flips(of result: Backtest, _ names: AdminNames) -> AdminTable {
        AdminTable(
            "What is answered otherwise", columns: ["Who", "Wanted to", "When", "Before", "After"],
            rows: result.flips.prefix(shownFlips).map { flip in
                let question = flip.question
                let what = "\(question.action) \(question.resourceType) \(question.resourceID)"
                return [
                    names.value(question.subject),
                    AdminValue(what).hinted(question.count > 1 ? "\(question.count) times" : nil),
                    AdminValue(question.at), PolicySimulator.outcome(flip.before), PolicySimulator.outcome(flip.after),
                ]
            }, empty: "Every question is answered as before.")
    }

    private static func people(in result: Backtest, _ names: AdminNames) -> AdminTable {
        let totals = result.bySubject.sorted { ($1.value.losses, $1.value.gains) < ($0.value.losses, $0.value.gains) }
        return AdminTable(
            "By person", columns: ["Who", "Less", "More"],
            rows: totals.prefix(shownFlips).map {
                [names.value($0.key), AdminValue("\($0.value.losses)"), AdminValue("\($0.value.gains)")]
            }, empty: "Nobody is touched.")
    }

    private static func resources(in result: Backtest) -> AdminTable {
        let totals = result.byResource.sorted { ($1.value.losses, $1.value.gains) < ($0.value.losses, $0.value.gains) }
        return AdminTable(
            "By resource", columns: ["Resource", "Less", "More"],
            rows: totals.prefix(shownFlips).map {
                [
                    AdminValue($0.key.id.isEmpty ? $0.key.type : $0.key.id).hinted($0.key.type),
                    AdminValue("\($0.value.losses)"), AdminValue("\($0.value.gains)"),
                ]
            }, empty: "Nothing is touched.")
    }
}

extension Timestamp {
    /// As a field of a form takes it, to the minute: `2026-01-31 10:00`.
    fileprivate var fieldText: String {
        String(rfc3339.prefix(16).map { $0 == "T" ? " " : $0 })
    }
}
