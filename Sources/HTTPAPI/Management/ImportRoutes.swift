import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// People brought in from elsewhere, with the hashes of their passwords.
struct ImportRoutes {
    let gateway: Gateway

    var routes: [Route] {
        [
            Route(
                .post, "/api/v1/people/import", "importPeople",
                "Imports people with the password hashes they had elsewhere",
                details: """
                    Each row stands for itself: a refused one keeps no other out. bcrypt, PBKDF2, argon2, scrypt and \
                    crypt hashes are verified as they are and replaced by our own at the first sign-in. With `dry_run` \
                    nothing is changed.
                    """,
                tag: "people", access: .permission(action: "create", type: "person"), requestBody: Self.body,
                response: Self.report, bodyLimit: 4 << 20, handler: run)
        ]
    }

    private static var row: JSONSchema {
        var members = PersonSchema.members
        members["password_hash"] = .string(minLength: 1, maxLength: 1_024)
        members["must_change"] = .boolean.described("Whether the first sign-in asks for a new password.")
        return .object(members, optional: Set(members.keys.filter { $0 != "login" }))
    }

    private static let body = JSONSchema.object(
        ["people": .array(row, minimum: 1, maximum: PeopleImport.rowLimit), "dry_run": .boolean],
        optional: ["dry_run"])

    private static let report = JSONSchema.object([
        "dry_run": .boolean, "accepted": .integer(minimum: 0), "refused": .integer(minimum: 0),
        "rows": .array(
            .object(
                [
                    "row": .integer(minimum: 1), "state": .words(["created", "acceptable", "refused"]),
                    "person": .uuid, "hash": .string().described("The format of the password's hash."),
                    "code": .string(), "detail": .string(),
                ], optional: ["person", "hash", "code", "detail"])),
    ])

    @Sendable private func run(_ request: APIRequest) async throws -> APIResponse {
        let tenant = try request.requiredTenant
        let isDryRun = try request.optionalBool("dry_run") ?? false
        var rows: [PersonImport] = []
        for row in request.body?["people"]?.list ?? [] {
            rows.append(
                PersonImport(
                    edit: try await gateway.personEdit(row.object ?? [:], in: tenant),
                    passwordHash: row["password_hash"]?.string.map { SecretText($0) },
                    mustChange: row["must_change"]?.bool ?? false))
        }
        let outcomes = try await gateway.peopleImport.run(rows, isDryRun: isDryRun, by: try request.caller(gateway))
        let shown = outcomes.enumerated().map { Self.json($0.element, row: $0.offset + 1) }
        let refused = shown.count { $0["state"] == "refused" }
        return APIResponse(
            body: [
                "dry_run": .bool(isDryRun), "accepted": .integer(Int64(shown.count - refused)),
                "refused": .integer(Int64(refused)), "rows": .list(shown),
            ])
    }

    /// Ids and codes only, nothing that was sent: the answer may be kept for a repetition.
    private static func json(_ outcome: ImportOutcome, row: Int) -> AttributeValue {
        var members: [String: AttributeValue?] = [
            "row": .integer(Int64(row)), "hash": outcome.format.map(AttributeValue.string),
        ]
        switch outcome.result {
        case .created(let id): (members["state"], members["person"]) = ("created", id.json)
        case .acceptable: members["state"] = "acceptable"
        case .refused(let fault):
            members["state"] = "refused"
            members["code"] = .string(fault.code)
            members["detail"] = .string(fault.description)
        }
        return HTTPAPI.json(members)
    }
}
