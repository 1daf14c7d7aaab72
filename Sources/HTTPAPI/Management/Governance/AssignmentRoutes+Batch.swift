import Gateway
import Governance
import HTTPTypes
import Identity
import Vocabulary

extension AssignmentRoutes {
    /// Many assignments at once, judged as a whole.
    var batches: [Route] {
        [
            Route(
                .post, Self.base + "/import", "importEntitlementAssignments", "Gives many entitlements at once",
                details: """
                    Each subject's rows are judged as a whole, by what they would hold in the end: entitlements that \
                    belong together begin together, rows that conflict are held back and named, the rest is given. Sent \
                    as `rows`, or as `csv` with a header of the same names. With `dry_run` nothing is changed.
                    """,
                tag: "entitlements", access: Self.assign, requestBody: Self.batch, response: Self.report,
                bodyLimit: 4 << 20, handler: run)
        ]
    }

    private static let row = JSONSchema.object(
        JSONSchema.subjectMembers.merging([
            "entitlement_id": .uuid,
            "application": JSONSchema.string(minLength: 1, maxLength: EntitlementDetails.Limits.nameBytes)
                .described("The application's name, beside `entitlement`."),
            "entitlement": JSONSchema.string(minLength: 1, maxLength: EntitlementDetails.Limits.nameBytes)
                .described("The entitlement's name in its application; in place of `entitlement_id`."),
            "expires_at": .time, "justification": .string(maxLength: AssignmentInput.justificationBytes),
        ]) { $1 },
        optional: [
            "person", "service_account", "entitlement_id", "application", "entitlement", "expires_at", "justification",
        ])

    private static let batch = JSONSchema.object(
        [
            "rows": .array(row, minimum: 1, maximum: AssignmentService.batchLimit),
            "csv": .string(minLength: 1, maxLength: 4 << 20), "dry_run": .boolean,
        ], optional: ["rows", "csv", "dry_run"]
    ).withOne(of: ["rows", "csv"])

    private static let report = JSONSchema.object([
        "dry_run": .boolean, "assigned": .integer(minimum: 0), "held": .integer(minimum: 0),
        "rows": .array(
            .object(
                [
                    "row": .integer(minimum: 1), "state": .words(["assigned", "assignable", "held"]),
                    "assignment_id": .uuid, "code": .string(), "detail": .string(),
                ], optional: ["assignment_id", "code", "detail"])),
    ])

    @Sendable private func run(_ request: APIRequest) async throws -> APIResponse {
        let isDryRun = try request.optionalBool("dry_run") ?? false
        let tenant = try request.requiredTenant
        let rows = try request.tableRows(limit: AssignmentService.batchLimit)
        var (inputs, places): ([AssignmentInput], [Int]) = ([], [])
        var shown: [Int: AttributeValue] = [:]
        var names: [String: EntitlementID] = [:]
        for (place, row) in rows.enumerated() {
            do {
                inputs.append(try await input(row, in: tenant, &names))
                places.append(place)
            } catch let fault as Fault where fault.culprit == .caller {
                shown[place] = Self.held(place, fault)
            }
        }
        let batch = try await gateway.assignments.assign(inputs, isDryRun: isDryRun, by: try request.caller(gateway))
        for (row, id) in batch.assigned {
            shown[places[row]] = Self.assigned(places[row], isDryRun ? nil : id)
        }
        for held in batch.held { shown[places[held.row]] = Self.held(places[held.row], held.refusal) }
        return APIResponse(
            body: [
                "dry_run": .bool(isDryRun), "assigned": .integer(Int64(batch.assigned.count)),
                "held": .integer(Int64(rows.count - batch.assigned.count)),
                "rows": .list(shown.sorted { $0.key < $1.key }.map(\.value)),
            ])
    }

    private static func assigned(_ place: Int, _ id: EntitlementAssignmentID?) -> AttributeValue {
        HTTPAPI.json([
            "row": .integer(Int64(place + 1)), "state": id == nil ? "assignable" : "assigned",
            "assignment_id": id?.json,
        ])
    }

    private static func held(_ place: Int, _ fault: Fault) -> AttributeValue {
        [
            "row": .integer(Int64(place + 1)), "state": "held", "code": .string(fault.code),
            "detail": .string(fault.description),
        ]
    }

    private func input(
        _ row: [String: AttributeValue], in tenant: TenantID, _ names: inout [String: EntitlementID]
    ) async throws -> AssignmentInput {
        let subject = try await gateway.named("person") {
            try await gateway.subject(
                person: row["person"]?.string, account: row["service_account"]?.string, in: tenant)
        }
        var end: Timestamp?
        if let text = row["expires_at"]?.string {
            guard let time = Timestamp(rfc3339: text) else {
                throw APIRequest.invalid("expires_at", "an RFC 3339 date-time")
            }
            end = time
        }
        return AssignmentInput(
            id: .random(at: gateway.clock()), entitlement: try await entitlement(row, in: tenant, &names),
            subject: subject, expiresAt: end, justification: row["justification"]?.string)
    }

    private func entitlement(
        _ row: [String: AttributeValue], in tenant: TenantID, _ names: inout [String: EntitlementID]
    ) async throws -> EntitlementID {
        if let text = row["entitlement_id"]?.string {
            guard let id = EntitlementID(text) else { throw APIRequest.invalid("entitlement_id", "an id") }
            return id
        }
        guard let application = row["application"]?.string, let name = row["entitlement"]?.string else {
            throw APIRequest.invalid("entitlement_id", "an id, or `application` and `entitlement` names")
        }
        let key = "\(application)\n\(name)"
        if let known = names[key] { return known }
        let found = try await gateway.entitlements.entitlement(named: name, ofApplication: application, in: tenant)
        names[key] = found
        return found
    }
}

extension APIRequest {
    /// The rows of a body: `rows` as they are, or those of `csv` under the names of its header.
    func tableRows(limit: Int) throws -> [[String: AttributeValue]] {
        guard let text = try optionalText("csv") else { return (body?["rows"]?.list ?? []).map { $0.object ?? [:] } }
        do {
            return try CSV.rows(text, rowLimit: limit).map { $0.mapValues(AttributeValue.string) }
        } catch let failure as CSV.Failure {
            throw Fault("csv.invalid", .caller, "The table cannot be read: \(failure).")
        }
    }
}
