import Gateway
import Governance
import HTTPTypes
import Hummingbird
import NIOCore
import Vocabulary

extension AdminSection {
    private static let read = Route.Access.permission(action: "read", type: "report")
    private static let assess = Route.Access.permission(action: "assess", type: "report")

    /// How the controls of each framework stand, and the signed assessments there are.
    static let reports = AdminSection(
        slug: "reports", title: "Reports", chapter: .records, access: read,
        routes: [
            .page("/reports", read, ReportPages.list),
            .page("/reports/{framework}", read, ReportPages.framework),
            .post("/reports/{framework}/assess", assess, submit: ReportPages.assess),
            .page("/reports/assessments/{assessment}", read, ReportPages.assessment),
            .file("/reports/assessments/{assessment}/html", read, ReportFiles.html),
            .file("/reports/assessments/{assessment}/csv", read, ReportFiles.csv),
            .file("/reports/assessments/{assessment}/json", read, ReportFiles.json),
            .file("/reports/assessments/{assessment}/oscal", read, ReportFiles.oscal),
            .file("/reports/assessments/{assessment}/signed", read, ReportFiles.signed),
        ], notices: ["assessed": "The framework is assessed; the assessment is signed and kept."])
}

enum ReportPages {
    private static let trail = [AdminPage.Step("Reports", "/reports")]

    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let statuses = try await call.gateway.compliance.status(in: call.tenant)
        let table = AdminTable(
            "Frameworks", columns: ["Framework", "Satisfied", "Not satisfied", "No evidence"],
            rows: statuses.map { status in
                [
                    AdminValue(status.name, to: "/reports/\(status.framework)").hinted(status.edition),
                    tally(status, .satisfied), tally(status, .notSatisfied), tally(status, .noEvidence),
                ]
            })
        return AdminPage(
            heading: "Reports",
            lead:
                "How controls stand now, by what the journal records. Nothing recorded is never counted as satisfied.",
            blocks: [.table(table), .table(try await assessments(nil, call))])
    }

    private static func tally(_ assessment: Assessment, _ status: ControlStatus) -> AdminValue {
        let count = assessment.count(status)
        return count == 0 ? "0" : .badge(String(count), tone(status))
    }

    static func tone(_ status: ControlStatus) -> AdminTone {
        switch status {
        case .satisfied: .good
        case .notSatisfied: .bad
        case .noEvidence: .caution
        }
    }

    private static func assessments(_ framework: String?, _ call: AdminCall) async throws -> AdminTable {
        let page = try call.page()
        let found = try await call.gateway.compliance.list(
            in: call.tenant, framework: framework, after: page.cursor.flatMap { AssessmentID($0.after) },
            limit: page.limit + 1)
        return AdminTable(
            "Signed assessments", columns: ["Made", "Framework", "As of", "Satisfied"],
            try call.cut(found, page) { $0.id.description }, call, empty: "Nothing was assessed yet."
        ) { entry in
            let total = entry.counts.values.reduce(0, +)
            return [
                AdminValue(entry.madeAt.reading, to: "/reports/assessments/\(entry.id)"),
                AdminValue(entry.framework),
                AdminValue(entry.moment.reading).hinted("position \(entry.position)"),
                AdminValue("\(entry.counts[.satisfied] ?? 0) of \(total)"),
            ]
        }
    }

    @Sendable static func framework(_ call: AdminCall) async throws -> AdminPage {
        let status = try await call.gateway.compliance.status(try call.parameter("framework"), in: call.tenant)
        var page = AdminPage(heading: status.name, lead: status.edition, trail: trail)
        if try await call.may("assess", "report") {
            let form = AdminForm(
                to: "/reports/\(status.framework)/assess",
                lead: "An assessment is signed and kept as it is, so that it can be handed on.", fields: [],
                buttons: [.init("Assess now")])
            page.blocks.append(.form(form))
        }
        page.blocks += [.figures(figures(status)), .table(controls(status))]
        page.blocks.append(.table(try await assessments(status.framework, call)))
        return page
    }

    private static func figures(_ assessment: Assessment) -> [AdminFigure] {
        ControlStatus.allCases.map {
            AdminFigure(AssessmentDocument.words($0), String(assessment.count($0)))
        }
    }

    private static func controls(_ assessment: Assessment) -> AdminTable {
        AdminTable(
            "Controls", columns: ["Control", "Status", "Evidence"],
            rows: assessment.controls.map { control in
                [
                    AdminValue(lines: [[.init(control.id)], [.init(control.title, .hint)]]),
                    .badge(AssessmentDocument.words(control.status), tone(control.status)),
                    .list(
                        control.evidence.isEmpty
                            ? control.gaps.map { AdminValue($0) }
                            : control.evidence.map { AdminValue($0.reason).hinted(adminWords($0.kind.rawValue)) }),
                ]
            })
    }

    @Sendable static func assess(_ call: AdminCall, _: FormBody) async throws -> AdminOutcome {
        let made = try await call.gateway.compliance.assess([try call.parameter("framework")], by: call.caller)
        guard let entry = made.first else { throw Refusal.notFound }
        return .moved(to: "/reports/assessments/\(entry.id)", notice: "assessed")
    }

    @Sendable static func assessment(_ call: AdminCall) async throws -> AdminPage {
        let kept = try await call.gateway.compliance.assessment(try call.id("assessment"), in: call.tenant)
        let (assessment, entry) = (kept.assessment, kept.entry)
        var page = AdminPage(
            heading: "Assessment of \(entry.madeAt.reading)", lead: "\(assessment.name), \(assessment.edition)",
            trail: trail + [.init(assessment.name, "/reports/\(assessment.framework)")])
        let facts = AdminFacts(
            "What it rests on",
            [
                ("As of", AdminValue(entry.moment)), ("Journal position", AdminValue(String(entry.position))),
                ("Journal root", .code(assessment.basis.root)), ("Document", .code(entry.digest)),
                ("Signed by key", .code(entry.key.description)),
            ])
        let home = "/reports/assessments/\(entry.id)"
        let formats = [
            ("Document to print", "html"), ("Spreadsheet", "csv"), ("JSON", "json"), ("OSCAL", "oscal"),
            ("Signed", "signed"),
        ]
        page.blocks = [
            .figures(figures(assessment)),
            .actions(formats.map { AdminAction($0.0, to: "\(home)/\($0.1)", .download) }), .facts(facts),
            .table(controls(assessment)),
        ]
        return page
    }
}

enum ReportFiles {
    private static func kept(_ call: AdminCall) async throws -> KeptAssessment {
        try await call.gateway.compliance.assessment(try call.id("assessment"), in: call.tenant)
    }

    /// The bytes as a file with a name of our own making.
    private static func file(_ kept: KeptAssessment, _ ending: String, _ media: String, _ bytes: [UInt8]) -> Response {
        let name = "\(kept.entry.framework)-\(kept.entry.position).\(ending)"
        return Response(
            status: .ok,
            headers: [.contentType: media, .contentDisposition: "attachment; filename=\"\(name)\""],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    @Sendable static func html(_ call: AdminCall) async throws -> Response {
        let kept = try await kept(call)
        let text = try AssessmentDocument.html(kept, call.gateway)
        return file(kept, "html", "text/html; charset=utf-8", Array(text.utf8))
    }

    @Sendable static func csv(_ call: AdminCall) async throws -> Response {
        let kept = try await kept(call)
        return file(kept, "csv", "text/csv; charset=utf-8", Array(AssessmentCSV.text(kept.assessment).utf8))
    }

    @Sendable static func json(_ call: AdminCall) async throws -> Response {
        let kept = try await kept(call)
        return file(kept, "json", "application/json", kept.document)
    }

    @Sendable static func oscal(_ call: AdminCall) async throws -> Response {
        let kept = try await kept(call)
        return file(
            kept, "oscal.json", "application/json", CanonicalJSON.bytes(AssessmentOSCAL(kept).document))
    }

    @Sendable static func signed(_ call: AdminCall) async throws -> Response {
        let kept = try await kept(call)
        let signed = try await call.gateway.compliance.signed(kept.entry.id, in: call.tenant)
        return file(kept, "signed.json", "application/json", CanonicalJSON.bytes(signed.json))
    }
}
