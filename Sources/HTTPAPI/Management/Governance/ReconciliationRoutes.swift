import Gateway
import Governance
import HTTPTypes
import Identity
import Vocabulary

/// What target systems report of their accounts, against what they should have.
struct ReconciliationRoutes {
    let gateway: Gateway
    let mac: MACFunction

    private static let base = "/api/v1/governance/target-findings"
    private static let read = Route.Access.permission(action: "read", type: "target")

    var routes: [Route] {
        [
            Route(
                .post, "/api/v1/governance/target-reports", "reportTarget",
                "Takes a target's report of all its accounts, and finds what differs",
                details: """
                    Sent as `accounts`, or as `csv` with a header of `account`, `login`, `disabled`, `entitlements` \
                    (separated by `;`) and `attribute.NAME` columns. What was found before and is not reported any more \
                    is gone. By a service account that may `report` on a `target`.
                    """,
                tag: "targets", access: .permission(action: "report", type: "target"),
                requestBody: ReconciliationSchema.report, response: ReconciliationSchema.outcome,
                bodyLimit: 8 << 20, handler: report),
            Route(
                .get, Self.base, "listTargetFindings", "Lists what differs between targets and assignments, by id",
                tag: "targets", access: Self.read,
                query: GovernedPage.parameters + [
                    .init("application", "Only those of this application.", .uuid),
                    .init("kind", "Only what differs so.", ReconciliationSchema.kind),
                    .init("state", "Only those that stand so.", ReconciliationSchema.state),
                ], response: .page(.reference("TargetFinding")), handler: list),
            Route(
                .get, Self.base + "/{finding}", "getTargetFinding", "Shows a difference", tag: "targets",
                access: Self.read, response: .reference("TargetFinding")
            ) { request in
                Self.answer(
                    try await gateway.reconciliation.finding(
                        try request.id("finding"), in: try request.requiredTenant))
            },
            Route(
                .post, Self.base + "/{finding}/resolve", "resolveTargetFinding", "Does something about a difference",
                details: """
                    `reprovision` tells the target again, `revoke` takes the access away here or there, `adopt` makes an \
                    assignment of it as everybody else gets one, `ignore` leaves it, with a reason.
                    """,
                tag: "targets", access: .permission(action: "resolve", type: "target"),
                requestBody: .object(
                    [
                        "action": .words(TargetFinding.Action.allCases.map(\.rawValue)),
                        "reason": .string(maxLength: AssignmentInput.justificationBytes),
                    ], optional: ["reason"]), response: .reference("TargetFinding"), preconditions: .heeded,
                handler: resolve),
        ]
    }

    private static func answer(_ detail: ReconciliationService.Detail) -> APIResponse {
        APIResponse(
            body: detail.json, etag: EntityTag(version: detail.finding.version),
            person: detail.finding.subject?.person)
    }

    @Sendable private func report(_ request: APIRequest) async throws -> APIResponse {
        guard let application: ApplicationID = try request.bodyID("application_id") else {
            throw APIRequest.invalid("application_id", "an id")
        }
        let accounts =
            try request.optionalText("csv") == nil
            ? (request.body?["accounts"]?.list ?? []).map(TargetReport.Account.init(json:))
            : try request.tableRows(limit: TargetReport.Limits.accounts).map(TargetReport.Account.init(row:))
        let report: TargetReport
        do { report = try TargetReport(accounts) } catch { throw error.fault }
        let outcome = try await gateway.reconciliation.take(report, of: application, by: try request.caller(gateway))
        return APIResponse(
            body: [
                "accounts": .integer(Int64(outcome.accounts)), "differences": .integer(Int64(outcome.differences)),
                "found": .integer(Int64(outcome.found)), "gone": .integer(Int64(outcome.gone)),
            ])
    }

    @Sendable private func list(_ request: APIRequest) async throws -> APIResponse {
        let page = try GovernedPage(request, mac)
        let state = request.query["state"]
        guard state.map(TargetFinding.states.contains) ?? true else { throw APIRequest.unknown("state") }
        let found = try await gateway.reconciliation.findings(
            in: try request.requiredTenant, application: try request.filterID("application"),
            kind: try request.word("kind"), state: state, page.part(TargetFindingID.self))
        return try request.answer(found, page.request, mac) { ($0.finding.id.description, $0.json) }
    }

    @Sendable private func resolve(_ request: APIRequest) async throws -> APIResponse {
        let id: TargetFindingID = try request.id("finding")
        guard let action: TargetFinding.Action = try request.bodyWord("action") else {
            throw APIRequest.invalid("action", "one of its words")
        }
        let present = try await gateway.reconciliation.finding(id, in: try request.requiredTenant).finding
        return Self.answer(
            try await gateway.reconciliation.resolve(
                id, action, reason: try request.optionalText("reason"),
                expecting: try request.expectedVersion(present.version), by: try request.caller(gateway)))
    }
}

extension TargetReport.Account {
    fileprivate init(json: AttributeValue) {
        self.init(
            name: json["account"]?.string ?? "", login: json["login"]?.string,
            isDisabled: json["disabled"]?.bool ?? false,
            entitlements: (json["entitlements"]?.list ?? []).compactMap(\.string),
            attributes: (json["attributes"]?.object ?? [:]).compactMapValues(\.string))
    }

    /// A row of a table: several entitlements in one field, attributes in columns of their own.
    fileprivate init(row: [String: AttributeValue]) {
        let prefix = "attribute."
        let attributes = row.filter { $0.key.hasPrefix(prefix) }
            .map { (String($0.key.dropFirst(prefix.count)), $0.value.string ?? "") }
        self.init(
            name: row["account"]?.string ?? "", login: row["login"]?.string,
            isDisabled: ["true", "yes", "1"].contains(row["disabled"]?.string?.lowercased() ?? ""),
            entitlements: (row["entitlements"]?.string ?? "").split(separator: ";")
                .map { String($0.drop { $0 == " " }) }.filter { !$0.isEmpty },
            attributes: Dictionary(attributes) { first, _ in first })
    }
}

extension ReconciliationService.Detail {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": finding.id.json, "application_id": finding.application.json,
            "kind": .string(finding.kind.rawValue), "state": .string(finding.state), "subject": finding.subject?.json,
            "login": login.map { .string($0) }, "entitlement_id": finding.entitlement?.json,
            "entitlement": (entitlementName ?? unknownName).map { .string($0) },
            "account": account.map { .string($0) },
            "reported": reported.isEmpty ? nil : .object(reported.mapValues(AttributeValue.string)),
            "found_at": finding.foundAt.json,
            "actions": .list(finding.actions.map(\.rawValue).sorted().map { .string($0) }),
            "version": .integer(finding.version),
        ])
    }
}

enum ReconciliationSchema {
    static let kind = JSONSchema.words(TargetDifference.Kind.allCases.map(\.rawValue))
    static let state = JSONSchema.words(TargetFinding.states)
    private static let text = JSONSchema.string(minLength: 1, maxLength: TargetReport.Limits.textBytes)

    private static let account = JSONSchema.object(
        [
            "account": text, "login": text, "disabled": .boolean,
            "entitlements": JSONSchema.array(text, maximum: TargetReport.Limits.entitlements)
                .described("What the target calls them: external ids, or names where there are none."),
            "attributes": .map(.string(maxLength: TargetReport.Limits.textBytes)),
        ], optional: ["login", "disabled", "entitlements", "attributes"])

    static let report = JSONSchema.object(
        [
            "application_id": .uuid, "accounts": .array(account, maximum: TargetReport.Limits.accounts),
            "csv": .string(minLength: 1, maxLength: 8 << 20),
        ], optional: ["accounts", "csv"]
    ).withOne(of: ["accounts", "csv"])

    static let outcome = JSONSchema.object([
        "accounts": .integer(minimum: 0), "differences": .integer(minimum: 0), "found": .integer(minimum: 0),
        "gone": .integer(minimum: 0),
    ])

    static let finding = JSONSchema.object(
        [
            "id": .uuid, "application_id": .uuid, "kind": kind, "state": state, "subject": .reference("Subject"),
            "login": .string(), "entitlement_id": .uuid, "entitlement": .string(), "account": .string(),
            "reported": JSONSchema.map(.string()).described("Attributes that differ, as the target has them."),
            "found_at": .time, "actions": .array(.words(TargetFinding.Action.allCases.map(\.rawValue))),
            "version": APISchemas.version,
        ], optional: ["subject", "login", "entitlement_id", "entitlement", "account", "reported"])
}
