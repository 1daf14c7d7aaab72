import Gateway
import Vocabulary

/// Recorded decisions: found by filter, and one opened.
enum DecisionPages {
    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page(50)
        var filter = DecisionFilter()
        filter.subject = try await asked(call)
        filter.outcome = try outcome(call)
        filter.action = call.filter("action")
        filter.resourceType = call.filter("resource_type")
        filter.resourceID = call.filter("resource")
        filter.from = try AdminMoment.read("from", call)
        filter.to = try AdminMoment.read("to", call)
        filter.before = page.cursor.flatMap { Int64($0.after) }
        let found = try await call.gateway.decisionLog.list(filter, in: call.tenant, limit: page.limit)
        var table = try await table("Decisions, newest first", found.decisions, call)
        // A part may be empty and have a next one, so the cursor is not cut from what is shown.
        if let next = found.next { table.next = try call.next(after: String(next)) }
        if page.cursor != nil { table.first = call.address() }
        var blocks: [AdminBlock] = [.filter(fields(call)), .table(table)]
        if try await call.may("explain", "decision") {
            blocks.insert(.actions([AdminAction("Ask for a decision", to: "/decisions/ask")]), at: 0)
        }
        return AdminPage(heading: "Decisions", blocks: blocks)
    }

    private static func asked(_ call: AdminCall) async throws -> Subject? {
        guard let text = call.filter("who") else { return nil }
        guard let subject = try await call.subject(filter: "who") else {
            throw AdminMoment.refusal("who", "Nobody here is called \(text.prefix(64)).")
        }
        return subject
    }

    private static func outcome(_ call: AdminCall) throws -> String? {
        guard let word = call.filter("outcome") else { return nil }
        guard DecisionFilter.outcomes.contains(word) else { throw APIRequest.unknown("outcome") }
        return word
    }

    private static func fields(_ call: AdminCall) -> AdminFilter {
        func field(_ name: String, _ label: String, _ kind: AdminField.Kind = .line) -> AdminField {
            AdminField(name, label, kind, value: call.filter(name) ?? "")
        }
        let outcomes = [AdminField.Choice("", "Any")] + DecisionFilter.outcomes.map { .init($0, $0) }
        return AdminFilter(
            at: "/decisions",
            [
                field("who", "About"), field("outcome", "Outcome", .choice(outcomes)), field("action", "Action"),
                field("resource_type", "Kind of resource"), field("resource", "Resource"), field("from", "From"),
                field("to", "Before"),
            ], button: "Search")
    }

    static func table(_ title: String, _ records: [DecisionRecord], _ call: AdminCall) async throws -> AdminTable {
        let names = try await call.names(of: records.compactMap(\.subject))
        return AdminTable(
            title, columns: ["Time", "Who", "What", "Outcome", "Why"],
            rows: records.map { record in
                [
                    AdminValue(record.at.reading, to: "/decisions/\(record.id)")
                        .hinted(record.count > 1 ? "\(record.count) times, last \(record.lastAt.reading)" : nil),
                    record.subject.map(names.value) ?? "somebody unknown", what(record), outcome(record.outcome),
                    AdminValue(adminWords(record.reason)),
                ]
            }, empty: "Nothing matches.")
    }

    static func outcome(_ word: String) -> AdminValue {
        switch word {
        case "permit": .badge("permit", .good)
        case "deny": .badge("deny", .caution)
        default: .badge(word, .bad)
        }
    }

    private static func what(_ record: DecisionRecord) -> AdminValue {
        guard let question = record.question else {
            return AdminValue("withheld").hinted(record.withheld.map(adminWords))
        }
        let thing = question.resourceID.isEmpty ? question.resourceType : question.resourceID
        return AdminValue("\(question.action) \(thing)")
            .hinted(question.resourceID.isEmpty ? nil : question.resourceType)
    }

    // MARK: One

    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let record = try await call.gateway.decisionLog.decision(try call.id("decision"), in: call.tenant)
        let names = try await call.names(of: [record.subject, record.caller].compactMap { $0 })
        var page = AdminPage(heading: "A decision", trail: [.init("Decisions", "/decisions")])
        page.blocks = [.facts(answer(record, names)), .facts(basis(record, names, call))]
        if !record.erred.isEmpty {
            page.blocks.append(
                .table(
                    AdminTable(
                        "Rules that could not be evaluated", columns: ["Rule", "Why"],
                        rows: record.erred.map { [.code($0.rule), AdminValue(adminWords($0.code))] })))
        }
        if let question = record.question, !question.reads.isEmpty {
            page.blocks.append(.table(reads(question)))
        }
        return page
    }

    private static func answer(_ record: DecisionRecord, _ names: AdminNames) -> AdminFacts {
        var rows: [(name: String, value: AdminValue)] = [
            ("Outcome", outcome(record.outcome).hinted(adminWords(record.reason))),
            ("Who", record.subject.map(names.value) ?? "somebody unknown"),
        ]
        if let question = record.question {
            rows.append(("Action", AdminValue(question.action)))
            rows.append(("Resource", AdminValue(question.resourceID).hinted(question.resourceType)))
        } else {
            rows.append(("Question", AdminValue("withheld").hinted(record.withheld.map(adminWords))))
        }
        rows.append(("Rules", .list(record.rules.map { .code($0) })))
        rows.append(("To be done", .list(record.obligations.map { AdminValue(adminWords($0)) })))
        rows.append(("Enforcement", AdminValue(record.enforcement)))
        return AdminFacts("The answer", rows)
    }

    private static func basis(_ record: DecisionRecord, _ names: AdminNames, _ call: AdminCall) -> AdminFacts {
        var rows: [(name: String, value: AdminValue)] = [
            ("Decided", AdminValue(record.at)),
            ("Asked by", (record.caller.map(names.value) ?? "–").hinted(adminWords(record.origin))),
            ("Proven", AdminValue(record.acr).hinted(record.amr.joined(separator: ", "))),
            ("Signed in", AdminValue(record.authenticatedAt)),
            (
                "Provider",
                AdminValue(
                    record.provider.flatMap { call.gateway.providers.provider($0)?.configuration.name } ?? "–")
            ),
            ("Facts as of", AdminValue("journal \(record.asOf)", to: "/journal/\(record.asOf)")),
            ("Stands for", record.count == 1 ? "itself" : AdminValue("\(record.count) equal answers")),
            ("Engine", AdminValue(record.engine)), ("Number", .code(record.id.description)),
        ]
        if record.asOf < 1 { rows.removeAll { $0.name == "Facts as of" } }
        if let trace = record.trace ?? record.request { rows.append(("Request", .code(trace))) }
        return AdminFacts("What it rests on", rows)
    }

    private static func reads(_ question: DecisionRecord.Question) -> AdminTable {
        AdminTable(
            "What was read", columns: ["Attribute", "Value", "From"],
            rows: question.reads.map { read in
                [.code(read.name), AdminValue(read.value.map(adminText) ?? "absent"), AdminValue(read.source)]
            })
    }
}
