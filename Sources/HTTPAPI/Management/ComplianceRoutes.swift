import Gateway
import Governance
import HTTPTypes
import Vocabulary

/// Frameworks, how their controls stand, and dated and signed assessments of them.
struct ComplianceRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { live + assessments + exports + [backup] }

    private static let read = Route.Access.permission(action: "read", type: "report")
    private static let path = "/api/v1/compliance/assessments"

    private var live: [Route] {
        [
            Route(
                .get, "/api/v1/compliance/frameworks", "listFrameworks",
                "Lists the frameworks there are catalogues of, with how their controls stand now", tag: "compliance",
                access: Self.read, query: Route.Parameter.page, response: .page(.reference("Framework"))
            ) { request in
                let statuses = try await gateway.compliance.status(in: try request.requiredTenant)
                return try request.answer(whole: statuses, by: \.framework, mac: mac) { $0.framework(gateway) }
            },
            Route(
                .get, "/api/v1/compliance/frameworks/{framework}", "getFrameworkStatus",
                "Judges every control of a framework by the journal as it is now",
                details:
                    "Nothing is written. What is to be shown to somebody is an assessment, which is signed and kept.",
                tag: "compliance", access: Self.read, response: .reference("Assessment")
            ) { request in
                let assessment = try await gateway.compliance.status(
                    request.parameters["framework"] ?? "", in: try request.requiredTenant)
                return APIResponse(body: try assessment.json)
            },
        ]
    }

    private var assessments: [Route] {
        [
            Route(
                .post, Self.path, "assess", "Judges frameworks, signs each judgement and keeps it",
                details: """
                    All frameworks without a choice. `position` names the last event of the journal to take into \
                    account, `moment` as of when ages and deadlines are judged: the same two give the same document, to \
                    the byte. Without a position it is the newest event, and the moment now.
                    """,
                tag: "compliance", access: .permission(action: "assess", type: "report"),
                requestBody: ComplianceSchema.wish, response: ComplianceSchema.made, successStatus: 201,
                repetition: .harmless, handler: assess),
            Route(
                .get, Self.path, "listAssessments", "Lists assessments, oldest first", tag: "compliance",
                access: Self.read,
                query: Route.Parameter.page + [
                    .init("framework", "Only those of this framework.", .string(minLength: 1, maxLength: 64))
                ], response: .page(.reference("AssessmentEntry"))
            ) { request in
                let page = try request.page(mac: mac)
                let found = try await gateway.compliance.list(
                    in: try request.requiredTenant, framework: request.query["framework"],
                    after: page.cursor.flatMap { AssessmentID($0.after) }, limit: page.limit + 1)
                return try request.answer(found, page, mac) { ($0.id.description, $0.json) }
            },
            Route(
                .get, Self.path + "/{assessment}", "getAssessment", "Shows an assessment as it was signed",
                tag: "compliance", access: Self.read, response: .reference("Assessment")
            ) { request in
                APIResponse(body: try StrictJSON.parse(try await kept(request).document))
            },
            Route(
                .get, Self.path + "/{assessment}/reproduction", "reproduceAssessment",
                "Makes an assessment again from the journal, and says whether the same bytes come out",
                tag: "compliance", access: Self.read, response: JSONSchema.object(["reproducible": .boolean])
            ) { request in
                let isSame = try await gateway.compliance.isReproducible(
                    try request.id("assessment"), in: try request.requiredTenant)
                return APIResponse(body: ["reproducible": .bool(isSame)])
            },
        ]
    }

    @Sendable private func assess(_ request: APIRequest) async throws -> APIResponse {
        let made = try await gateway.compliance.assess(
            try request.optionalTexts("frameworks") ?? [], upTo: try request.optionalInteger("position"),
            at: try request.optionalTime("moment"), by: try request.caller(gateway))
        return APIResponse(.created, body: ["items": .list(made.map(\.json))])
    }

    private func kept(_ request: APIRequest) async throws -> KeptAssessment {
        try await gateway.compliance.assessment(try request.id("assessment"), in: try request.requiredTenant)
    }

    // MARK: To hand over

    private var exports: [Route] {
        let one = Self.path + "/{assessment}"
        return [
            Route(
                .get, one + "/signed", "getSignedAssessment",
                "Shows an assessment in its signed envelope (DSSE), which is verified without the gateway",
                tag: "compliance", access: Self.read, response: .reference("SignedAssessment")
            ) { request in
                let signed = try await gateway.compliance.signed(
                    try request.id("assessment"), in: try request.requiredTenant)
                return APIResponse(body: signed.json)
            },
            Route(
                .get, one + "/oscal", "getAssessmentOSCAL", "Shows an assessment as OSCAL assessment results",
                tag: "compliance", access: Self.read,
                response: JSONSchema.object(["assessment-results": .map(.any)])
            ) { request in
                APIResponse(body: AssessmentOSCAL(try await kept(request)).document)
            },
            Route(
                .get, one + "/csv", "getAssessmentCSV", "Shows an assessment as a table for spreadsheets",
                tag: "compliance", access: Self.read, media: [AssessmentCSV.media]
            ) { request in
                .text(AssessmentCSV.text(try await kept(request).assessment), AssessmentCSV.media)
            },
            Route(
                .get, one + "/html", "getAssessmentHTML", "Shows an assessment as a document to print",
                tag: "compliance", access: Self.read, media: [AssessmentDocument.media]
            ) { request in
                .text(try AssessmentDocument.html(try await kept(request), gateway), AssessmentDocument.media)
            },
        ]
    }

    private var backup: Route {
        Route(
            .post, "/api/v1/compliance/backups", "noteBackup",
            "Notes in the journal that a backup was made, or shown to restore",
            details:
                "The manifest is the one that stands beside the backup. One without a head of this journal is refused.",
            tag: "compliance", access: .permission(action: "note", type: "backup"),
            requestBody: ComplianceSchema.backup, response: JSONSchema.object(["position": .integer(minimum: 1)]),
            successStatus: 201
        ) { request in
            let note = try ComplianceService.BackupNote(
                manifest: request.body?["manifest"] ?? .null, isProven: try request.optionalBool("proven") ?? false)
            let position = try await gateway.compliance.note(note, by: try request.caller(gateway))
            return APIResponse(.created, body: ["position": .integer(position)])
        }
    }
}

extension AssessmentDocument {
    /// A report under the name that the organization's pages have.
    static func html(_ kept: KeptAssessment, _ gateway: Gateway) throws -> String {
        try AssessmentDocument().html(kept, site: gateway.configuration.tenants.first?.name ?? "Gatehouse")
    }
}
