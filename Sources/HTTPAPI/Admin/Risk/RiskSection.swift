import Gateway
import Governance
import Identity
import Vocabulary

extension AdminSection {
    /// Risk: how it is counted, and somebody's score with what it is made of and how it went.
    static let risk = AdminSection(
        slug: "risk", title: "Risk", chapter: .access, access: .permission(action: "read", type: "risk"),
        routes: [
            .page("/risk", .permission(action: "read", type: "risk"), RiskPages.show),
            .post("/risk/record/{kind}/{subject}", .permission(action: "record", type: "risk")) { call, _ in
                let subject = try RiskPages.subject(call)
                _ = try await call.gateway.risk.record(subject, by: call.caller)
                return .moved(to: "/risk?who=\(subject.id)", notice: "recorded")
            },
            .form(
                "/risk/settings", .permission(action: "configure", type: "risk"), RiskPages.askSettings,
                submit: RiskPages.configure),
        ],
        notices: ["recorded": "The score is written into the history.", "configured": "The model is changed."])
}

enum RiskPages {
    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        var page = AdminPage(
            heading: "Risk", lead: "How much harm somebody could do with what they hold, from 0 to 100.")
        page.blocks.append(
            .filter(
                AdminFilter(
                    at: "/risk",
                    [.who("Whose", value: call.filter("who") ?? "")])))
        if call.filter("who") != nil {
            guard let subject = try await call.subject(filter: "who") else {
                page.blocks.append(.text(AdminText(nil, ["Nobody here is called that."], tone: .caution)))
                return page
            }
            page.blocks += try await score(of: subject, call)
        } else {
            page.blocks.append(.table(try await highest(call)))
        }
        page.blocks.append(.facts(try await settings(call)))
        if try await call.may("configure", "risk") {
            page.blocks.append(.actions([AdminAction("Change the model", to: "/risk/settings")]))
        }
        return page
    }

    /// Whoever has the highest scores now, each leading to what it is made of.
    private static func highest(_ call: AdminCall) async throws -> AdminTable {
        let scores = try await call.gateway.risk.highest(in: call.tenant, limit: AdminCall.pageLimit)
        let names = try await call.names(of: scores.map(\.subject))
        return AdminTable(
            "The highest scores", columns: ["Who", "Score", "Level", "Because of"],
            rows: scores.map { score in
                [
                    names.value(score.subject),
                    AdminValue("\(score.score) of 100", to: "/risk?who=\(score.subject.id)"),
                    level(score.level), .list(score.factors.compactMap(\.description).map { AdminValue($0) }),
                ]
            }, empty: "Nobody holds an entitlement.")
    }

    private static func score(of subject: Subject, _ call: AdminCall) async throws -> [AdminBlock] {
        let score = try await call.gateway.risk.score(of: subject, in: call.tenant)
        let names = try await call.names(of: [subject])
        let history = try await call.gateway.risk.trend(of: subject, since: call.now - .days(365), in: call.tenant)
        var blocks: [AdminBlock] = [
            .facts(
                AdminFacts(
                    "Risk of \(names.text(subject))",
                    [
                        ("Who", names.value(subject)),
                        ("Score now", AdminValue("\(score.score) of 100")), ("Level", level(score.level)),
                    ])), .table(factors(of: score)),
        ]
        if try await call.may("record", "risk") {
            blocks.append(
                .actions([AdminAction("Record this score", to: "/risk/record/\(subject.kind)/\(subject.id)", .post)]))
        }
        return blocks + [.plot(try await trend(history, call))]
    }

    private static func factors(of score: RiskScore) -> AdminTable {
        AdminTable(
            "What it is made of", columns: ["Factor", "Value", "Weight", "Adds"],
            rows: score.factors.map { factor in
                [
                    AdminValue(adminWords(factor.name)).hinted(factor.description), AdminValue(number(factor.rawValue)),
                    AdminValue("\(number(factor.weight * 100)) %"), AdminValue(number(factor.contribution)),
                ]
            }, empty: "Nothing is held.")
    }

    private static func number(_ value: Double) -> String {
        let tenths = (value * 10).rounded() / 10
        return tenths == tenths.rounded() ? String(Int(tenths)) : String(tenths)
    }

    private static func trend(_ history: [RiskHistoryEntry], _ call: AdminCall) async throws -> AdminPlot {
        let bounds = try await call.gateway.risk.settings(in: call.tenant).thresholds
        let summary: String =
            if let first = history.first, let last = history.last {
                "From \(first.score) on \(first.recordedAt.reading) to \(last.score) on \(last.recordedAt.reading)."
            } else { "" }
        return AdminPlot(
            "How it went in a year", summary, points: history.map { .init($0.recordedAt.reading, Double($0.score)) },
            marks: [
                .init("medium above \(bounds.lowMax)", Double(bounds.lowMax)),
                .init("high above \(bounds.mediumMax)", Double(bounds.mediumMax)),
                .init("critical above \(bounds.highMax)", Double(bounds.highMax)),
            ], ceiling: 100)
    }

    static func level(_ level: RiskLevel) -> AdminValue {
        switch level {
        case .low: .badge("low", .good)
        case .medium: .badge("medium", .info)
        case .high: .badge("high", .caution)
        case .critical: .badge("critical", .bad)
        }
    }

    /// Whom the address of a post names.
    static func subject(_ call: AdminCall) throws -> Subject {
        switch try call.parameter("kind") {
        case "person": .person(try call.id("subject"))
        case "service_account": .serviceAccount(try call.id("subject"))
        default: throw Refusal.notFound
        }
    }

    // MARK: The model

    private static func settings(_ call: AdminCall) async throws -> AdminFacts {
        let settings = try await call.gateway.risk.settings(in: call.tenant)
        let bounds = settings.thresholds
        return AdminFacts(
            "How it is counted",
            [
                ("Model", AdminValue(words(settings.model))),
                ("Low", AdminValue("up to \(bounds.lowMax)")), ("Medium", AdminValue("up to \(bounds.mediumMax)")),
                ("High", AdminValue("up to \(bounds.highMax)")), ("Critical", "above that"),
            ])
    }

    private static func words(_ model: RiskModel) -> String {
        switch model {
        case .average: "average: harmless entitlements lower it"
        case .cumulative: "cumulative: more is never less"
        }
    }

    @Sendable static func askSettings(_ call: AdminCall) async throws -> AdminPage {
        let settings = try await call.gateway.risk.settings(in: call.tenant)
        func bound(_ name: String, _ label: String, _ value: Int) -> AdminField {
            AdminField(name, label, .number, value: call.value(name, stored: String(value)), isRequired: true)
        }
        let models = RiskModel.allCases.map { AdminField.Choice($0.rawValue, words($0)) }
        let form = AdminForm(
            to: call.place,
            fields: [
                AdminField(
                    "model", "Model", .choice(models), value: call.value("model", stored: settings.model.rawValue)),
                bound("low_max", "Low up to", settings.thresholds.lowMax),
                bound("medium_max", "Medium up to", settings.thresholds.mediumMax),
                bound("high_max", "High up to", settings.thresholds.highMax),
                AdminField("version", "", .hidden, value: call.value("version", stored: String(settings.version))),
            ], buttons: [.init("Save")], cancel: "/risk")
        return AdminPage(heading: "How risk is counted", trail: [.init("Risk", "/risk")], blocks: [.form(form)])
    }

    @Sendable static func configure(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        func bound(_ name: String) throws -> Int {
            guard let number = Int(form[name] ?? "") else { throw AdminRefusal("Write a number.", field: name) }
            return number
        }
        let thresholds = try RiskThresholds.read(
            low: try bound("low_max"), medium: try bound("medium_max"), high: try bound("high_max"))
        _ = try await call.gateway.risk.configure(
            try form.word("model"), thresholds, expecting: form["version"].flatMap { Int64($0) }, by: call.caller)
        return .moved(to: "/risk", notice: "configured")
    }
}
