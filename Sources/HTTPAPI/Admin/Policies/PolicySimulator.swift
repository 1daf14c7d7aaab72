import Authorization
import Gateway
import Governance
import Identity
import Vocabulary

extension AdminSection {
    /// A request that is made up, and what rules answer to it.
    static let policySimulator = AdminSection(
        slug: "policies/simulator", title: "Policy simulator", chapter: .policies, access: PolicyPages.trying,
        routes: [
            .form(
                "/policies/simulator", PolicyPages.trying, bodyLimit: 65_536, { try await PolicySimulator.page($0) },
                submit: PolicySimulator.simulate)
        ])
}

/// Asks a made-up request of the rules in force and of those on trial. Nothing is recorded, counted or carried out, and
/// nobody's code runs.
enum PolicySimulator {
    /// Policies that the field offers.
    private static let offered = 200

    // MARK: Asking

    static func page(_ call: AdminCall, typed: FormBody? = nil) async throws -> AdminPage {
        func value(_ name: String, stored: String = "") -> String {
            typed.map { $0[name] ?? "" } ?? call.value(name, stored: call.filter(name) ?? stored)
        }
        func line(_ name: String, _ label: String, _ hint: String, stored: String = "") -> AdminField {
            AdminField(name, label, value: value(name, stored: stored), hint: hint, limit: 1_024)
        }
        let policies = try await call.gateway.governance.policies(in: call.tenant, limit: offered)
        let choices =
            [AdminField.Choice("", "The rules in force, and nothing else")]
            + policies.filter { [.draft, .approved, .suspended].contains($0.state) }
            .map { AdminField.Choice($0.id.description, "with “\($0.name)” (\($0.state.rawValue))") }
        let form = AdminForm(
            to: "/policies/simulator", title: "The request",
            fields: [
                AdminField("policy", "Rules on trial", .choice(choices), value: value("policy")),
                line("who", "Who asks", "A user name, mail address or service account. Or describe somebody by roles:"),
                line("roles", "Or somebody with the roles", "With commas between them."),
                line("action", "Wants to", "Such as read; alert asks what may be done about one.", stored: "alert"),
                line("resource_type", "On a", "A type of resource, such as http or alert.", stored: "alert"),
                line("resource", "Called", "Its name; may be left out."),
                AdminField(
                    "context", "With the context", .area(rows: 5, isCode: true), value: value("context"),
                    hint: "JSON, or a line for each value: severity: warn", limit: 16_384),
                AdminField(
                    "proof", "Signed in with",
                    .choice([.init("", "one factor"), .init("aal2", "two factors")]), value: value("proof")),
                AdminField("at", "At", .time, value: value("at"), hint: "UTC, as 2026-01-31 10:00. Empty means now."),
            ], buttons: [.init("Try it")])
        return AdminPage(
            heading: "Policy simulator",
            lead: "What would come of a request. Nothing is recorded, counted or carried out.", blocks: [.form(form)])
    }

    @Sendable static func simulate(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let question = try question(form)
        let candidate = form.text("policy").flatMap { PolicyID($0) }.map { PolicyCandidate.stored($0, version: nil) }
        var subject = SimulatedSubject.described
        if let text = form.text("who") {
            try await call.require("explain", "decision")
            subject = .known(try await somebody(text, call))
        }
        let answers = try await call.gateway.workbench.simulate(
            [SimulatedQuestion(subject, question)], on: candidate ?? .current, in: call.tenant)
        guard let answer = answers.first else { throw Refusal.notFound }
        var page = try await page(call, typed: form)
        page.blocks = blocks(answer, isTrial: candidate != nil) + page.blocks
        return .shown(page)
    }

    private static func somebody(_ text: String, _ call: AdminCall) async throws -> Subject {
        if let person = try await call.found({ try await call.gateway.people.person(named: text, in: call.tenant) }) {
            return .person(person.id)
        }
        if let account = try await call.found({
            try await call.gateway.serviceAccounts.account(named: text, in: call.tenant)
        }) {
            return .serviceAccount(account.id)
        }
        throw AdminRefusal("There is nobody here of this name.", field: "who")
    }

    private static func question(_ form: FormBody) throws -> DraftQuestion {
        var members: [String: AttributeValue] = [
            "action": .string(form.text("action") ?? "alert"), "subject": ["roles": form.names("roles")],
        ]
        var resource: [String: AttributeValue] = ["type": .string(form.text("resource_type") ?? "alert")]
        resource["id"] = form.text("resource").map(AttributeValue.string)
        members["resource"] = .object(resource)
        if let text = form.text("context") {
            let context = try PolicyCheck.parse(text, field: "context")
            guard context.object != nil else {
                throw AdminRefusal("Write values by name, a line each: severity: warn", field: "context")
            }
            members["context"] = context
        }
        members["authentication"] = ["acr": .string(form.text("proof") ?? "aal1")]
        members["at"] = try form.moment("at")?.json
        do throws(GovernanceError) {
            return try DraftQuestion(.object(members))
        } catch {
            throw error.fault
        }
    }

    // MARK: The answer

    private static func blocks(_ answer: SimulatedAnswer, isTrial: Bool) -> [AdminBlock] {
        var rows: [(name: String, value: AdminValue)] = [
            ("Policy", answer.governed?.badge.value ?? .badge("No governed rule looked at it", .plain)),
            ("Comes to", outcome(answer.after)),
        ]
        if isTrial { rows.append(("With the rules in force", outcome(answer.before))) }
        if let governed = answer.governed { rows += parts(of: governed) }
        var blocks: [AdminBlock] = []
        if isTrial, answer.isFlip {
            let words = "It would be \(answer.after.outcome.rawValue); now it is \(answer.before.outcome.rawValue)."
            blocks.append(.text(AdminText("The rules on trial answer otherwise", [words], tone: .caution)))
        }
        return blocks + [.facts(AdminFacts("The answer", rows)), .table(table(of: answer.traces))]
    }

    static func outcome(_ verdict: Backtest.Verdict) -> AdminValue {
        .badge(verdict.outcome.rawValue.titled, tone(of: verdict.outcome)).hinted(adminWords(verdict.reason))
    }

    static func tone(of outcome: Backtest.Outcome) -> AdminTone {
        switch outcome {
        case .denied: .caution
        case .asked: .info
        case .allowed: .plain
        case .executed: .good
        }
    }

    private static func parts(of decision: RuleDecision) -> [(name: String, value: AdminValue)] {
        var rows: [(name: String, value: AdminValue)] = []
        if let rule = decision.rule {
            rows.append(
                ("Rule", AdminValue(rule.name, to: PolicyPages.place(rule.policy)).hinted("version \(rule.version)")))
        }
        if !decision.resolvedParams.isEmpty {
            let params = decision.resolvedParams.sorted { $0.key < $1.key }
            rows.append(("Parameters", .list(params.map { AdminValue("\($0.key): \(adminText($0.value))") })))
        }
        if !decision.approverRoles.isEmpty {
            rows.append(("Approved by one of", AdminValue(decision.approverRoles.joined(separator: ", "))))
        }
        if !decision.violations.isEmpty {
            rows.append(("Breaks", .list(decision.violations.map { AdminValue($0.name) })))
        }
        if let end = decision.validUntil { rows.append(("May change", AdminValue(end))) }
        return rows
    }

    private static func table(of traces: [GovernedTrace]) -> AdminTable {
        AdminTable(
            "What every governed rule said", columns: ["Rule", "Does", "Came to", "Compared"],
            rows: traces.map { trace in
                [
                    AdminValue(trace.rule.name, to: PolicyPages.place(trace.rule.policy)),
                    AdminValue(RuleReading.words(trace.effect)).hinted(trace.enforcement.rawValue),
                    .badge(adminWords(trace.verdict.rawValue), trace.verdict == .satisfied ? .info : .plain),
                    .list(
                        trace.comparisons.map { comparison in
                            let found = comparison.found.map { ", found \(adminText($0))" } ?? ""
                            return AdminValue(comparison.comparison).hinted(comparison.result.rawValue + found)
                        }),
                ]
            }, empty: "No governed rule is about this action and type.")
    }
}
