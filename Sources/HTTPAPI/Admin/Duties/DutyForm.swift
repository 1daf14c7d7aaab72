import Gateway
import Governance
import Vocabulary

/// The form of a rule of separation of duties.
enum DutyForm {
    @Sendable static func ask(_ call: AdminCall) async throws -> AdminPage {
        let blank = SodRuleDetails(name: "", conflictType: .exclusive, entitlements: [], severity: .high)
        let form = AdminForm(
            to: call.place, fields: fields(call, blank), buttons: [.init("Make the rule")], cancel: "/duties")
        return AdminPage(heading: "New rule", trail: [DutyPages.home], blocks: [.form(form)])
    }

    @Sendable static func askChange(_ call: AdminCall) async throws -> AdminPage {
        let rule = try await call.gateway.duties.rule(try call.id("rule"), in: call.tenant)
        let states = SodRule.Status.allCases.map { AdminField.Choice($0.rawValue, $0.rawValue.capitalizedFirst) }
        let more = [
            AdminField("status", "State", .choice(states), value: call.value("status", stored: rule.status.rawValue)),
            AdminField("version", "", .hidden, value: call.value("version", stored: String(rule.version))),
        ]
        let form = AdminForm(
            to: call.place, fields: fields(call, rule.details) + more, buttons: [.init("Save")],
            cancel: "/duties/\(rule.id)")
        return AdminPage(
            heading: "Edit \(rule.details.name)",
            trail: [DutyPages.home, .init(rule.details.name, "/duties/\(rule.id)")],
            blocks: [.form(form)])
    }

    private static func fields(_ call: AdminCall, _ details: SodRuleDetails) -> [AdminField] {
        let kinds = [
            AdminField.Choice("exclusive", "Only one of them"), .init("cardinality", "At most so many of them"),
            .init("inclusive", "All of them or none"),
        ]
        let levels = RiskLevel.allCases.map { AdminField.Choice($0.rawValue, $0.rawValue.capitalizedFirst) }
        return [
            AdminField("name", "Name", value: call.value("name", stored: details.name), isRequired: true, limit: 256),
            AdminField(
                "description", "Why", .area(rows: 3),
                value: call.value("description", stored: details.description ?? ""),
                limit: 4_096),
            AdminField(
                "conflict_type", "What may be held", .choice(kinds),
                value: call.value("conflict_type", stored: details.conflictType.rawValue)),
            AdminField(
                "entitlements", "Entitlements", .area(rows: 5, isCode: true),
                value: call.value(
                    "entitlements", stored: details.entitlements.map(\.description).joined(separator: "\n")),
                hint: "Their numbers, one on a line.", isRequired: true, limit: 12_000),
            AdminField(
                "max_count", "How many", .number,
                value: call.value("max_count", stored: details.maxCount.map(String.init) ?? ""),
                hint: "Only for “at most so many”."),
            AdminField(
                "severity", "Severity", .choice(levels),
                value: call.value("severity", stored: details.severity.rawValue)),
        ]
    }

    private static func read(_ form: FormBody) throws -> SodRuleDetails {
        guard let name = form.text("name") else { throw AdminRefusal("It needs a name.", field: "name") }
        let lines = (form["entitlements"] ?? "").split { $0.isWhitespace || $0 == "," }
        let entitlements = try lines.map { line in
            guard let id = EntitlementID(String(line)) else {
                throw AdminRefusal("“\(line.prefix(64))” is no number of an entitlement.", field: "entitlements")
            }
            return id
        }
        var count: Int?
        if let text = form.text("max_count") {
            guard let number = Int(text) else { throw AdminRefusal("Write a number.", field: "max_count") }
            count = number
        }
        return SodRuleDetails(
            name: name, description: form.text("description"), conflictType: try form.word("conflict_type"),
            entitlements: entitlements, maxCount: count, severity: try form.word("severity"))
    }

    @Sendable static func create(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let rule = try await call.gateway.duties.create(.random(at: call.now), try read(form), by: call.caller)
        return .moved(to: "/duties/\(rule.id)", notice: "created")
    }

    @Sendable static func change(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let (details, state): (SodRuleDetails, SodRule.Status) = (try read(form), try form.word("status"))
        let rule = try await call.gateway.duties.change(
            try call.id("rule"), expecting: form["version"].flatMap { Int64($0) }, by: call.caller
        ) { known, status in (known, status) = (details, state) }
        return .moved(to: "/duties/\(rule.id)", notice: "changed")
    }
}
