import Gateway
import Governance
import Identity
import Vocabulary

/// What breaks rules of separation of duties: findings, the exemptions beside them, and the scan that finds.
enum FindingPages {
    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let status: SodViolation.Status? = try call.word("status")
        var subject: Subject?
        if call.filter("who") != nil {
            guard let found = try await call.subject(filter: "who") else {
                throw AdminMoment.refusal("who", "Nobody here is called that.")
            }
            subject = found
        }
        let found = try await call.gateway.duties.violations(
            in: call.tenant, of: subject, status: status, page.part(SodViolationID.self))
        let (shown, next) = try call.cut(found, page) { $0.id.description }
        var table = try await table("Findings", shown, call)
        (table.next, table.first) = (next, page.cursor == nil ? nil : call.address())
        let states =
            [AdminField.Choice("", "Any")] + SodViolation.Status.allCases.map { .init($0.rawValue, $0.rawValue) }
        var blocks: [AdminBlock] = [
            .filter(
                AdminFilter(
                    at: "/duties/findings",
                    [
                        AdminField("who", "Whose", value: call.filter("who") ?? "", hint: "User name or mail."),
                        AdminField("status", "State", .choice(states), value: status?.rawValue ?? ""),
                    ])), .table(table),
        ]
        if let subject { blocks.append(.table(try await exemptions(of: subject, call))) }
        return AdminPage(heading: "Findings", trail: [DutyPages.home], blocks: blocks)
    }

    static func table(_ title: String, _ found: [SodViolation], _ call: AdminCall) async throws -> AdminTable {
        let names = try await call.names(of: found.map(\.subject))
        var rules: [SodRuleID: String] = [:]
        for id in Set(found.map(\.rule)) {
            rules[id] = try await call.found { try await call.gateway.duties.rule(id, in: call.tenant) }?.details.name
        }
        let labels = try await EntitlementPages.names(of: Set(found.flatMap(\.entitlements)), call)
        return AdminTable(
            title, columns: ["Who", "Rule", "Holds", "Found", "State"],
            rows: found.map { violation in
                [
                    names.value(violation.subject),
                    rules[violation.rule].map { AdminValue($0, to: "/duties/\(violation.rule)") }
                        ?? "a rule that is gone",
                    .list(violation.entitlements.map { AdminValue(labels[$0] ?? $0.description) }),
                    AdminValue(violation.detectedAt),
                    violation.status == .active
                        ? .badge("stands", .bad) : .badge("resolved", .good).hinted(violation.resolvedAt?.reading),
                ]
            }, empty: "Nothing breaks it.")
    }

    /// Who is let off which rule, and until when.
    private static func exemptions(of subject: Subject, _ call: AdminCall) async throws -> AdminTable {
        let exemptions = try await call.gateway.duties.exemptions(of: subject, in: call.tenant)
        return AdminTable(
            "Exemptions", columns: ["From", "State", "Since", "Until"],
            rows: exemptions.map { exemption in
                let isActive = exemption.state == .active
                return [
                    target(exemption), .badge(exemption.state.rawValue, isActive ? .info : .plain),
                    AdminValue(exemption.from), AdminValue(exemption.until),
                ]
            }, empty: "Never exempted.")
    }

    private static func target(_ exemption: Exemption) -> AdminValue {
        switch exemption.target {
        case .policy(let id): AdminValue("a policy", to: "/policies/\(id)")
        case .sodRule(let id): AdminValue("a rule", to: "/duties/\(id)")
        }
    }

    // MARK: Scanning

    @Sendable static func askScan(_ call: AdminCall) async throws -> AdminPage {
        let form = AdminForm(to: call.place, fields: [], buttons: [.init("Scan now")], cancel: "/duties")
        return AdminPage(
            heading: "Look through what everybody holds?",
            lead: "Every active rule is held against everybody; what is new is written down, what is gone is resolved.",
            trail: [DutyPages.home], blocks: [.form(form)])
    }

    @Sendable static func scan(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let scan = try await call.gateway.duties.scan(in: call.tenant, by: call.caller)
        var page = AdminPage(heading: "The scan", trail: [DutyPages.home])
        page.blocks = [
            .figures([
                AdminFigure("Rules", String(scan.rulesScanned)), AdminFigure("Looked at", String(scan.subjectsScanned)),
                AdminFigure("Break a rule", String(scan.violating)), AdminFigure("Newly found", String(scan.found)),
                AdminFigure("Resolved", String(scan.resolved)), AdminFigure("Exempted", String(scan.exempted.count)),
            ]), .actions([AdminAction("See the findings", to: "/duties/findings?status=active")]),
        ]
        return .shown(page)
    }
}
