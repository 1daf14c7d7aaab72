import Gateway
import Vocabulary

/// One event, and everything that hangs together with it: what it followed from, what the same command and the same
/// request did besides, and the decisions of that request.
enum EventPage {
    /// Related events that are shown of each kind.
    private static let limit = 50

    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        guard let position = Int64(try call.parameter("position")), position > 0 else { throw Refusal.notFound }
        let entry = try await call.gateway.audit.event(at: position, in: call.tenant)
        var page = AdminPage(
            heading: adminWords(entry.type).capitalizedFirst, trail: [.init("Journal", "/journal")])
        page.lead = "Journal entry \(entry.position)"
        page.blocks.append(.facts(try await facts(entry, call)))
        if !entry.facts.isEmpty { page.blocks.append(.facts(recorded(entry))) }
        page.blocks += try await related(entry, call)
        return page
    }

    private static func facts(_ entry: AuditEntry, _ call: AdminCall) async throws -> AdminFacts {
        let streams = await call.gateway.streamNames(in: call.tenant)
        let names = try await call.names(of: [subject(of: entry), entry.onBehalfOf].compactMap { $0 })
        let actors = try await call.names(ofActors: [entry.actor])
        var rows: [(name: String, value: AdminValue)] = [
            ("Time", AdminValue(entry.at)), ("What", AdminValue(entry.type)),
            ("About", about(entry, streams, names)), ("By", actors.value(actor: entry.actor)),
        ]
        if let subject = entry.onBehalfOf { rows.append(("On behalf of", names.value(subject))) }
        rows.append(("Command", .code(entry.command.description)))
        if let trace = entry.trace { rows.append(("Request", .code(trace))) }
        if let cause = entry.causation {
            let found = try await call.gateway.audit.event(cause, in: call.tenant)
            rows.append(
                (
                    "Followed from",
                    found.map { AdminValue("\($0.position): \($0.type)", to: "/journal/\($0.position)") }
                        ?? .code(cause.description)
                ))
        }
        return AdminFacts("The event", rows)
    }

    private static func recorded(_ entry: AuditEntry) -> AdminFacts {
        AdminFacts(
            "What was recorded",
            entry.facts.sorted { $0.key < $1.key }.map { name, fact in
                (adminWords(name), value(of: fact))
            })
    }

    private static func value(of fact: AttributeValue) -> AdminValue {
        if let values = fact.list { return .list(values.map(value(of:))) }
        guard let kind = fact["kind"]?.string, let id = fact["id"]?.string else { return AdminValue(adminText(fact)) }
        guard let path = path(to: kind, id) else { return AdminValue(lines: [[.init(kind), .init(id, .code)]]) }
        return AdminValue(lines: [[.init("\(adminWords(kind)) \(id)", .link(path))]])
    }

    /// Where a thing of this kind is shown in the console; nil for kinds without a page.
    private static func path(to kind: String, _ id: String) -> String? {
        switch kind {
        case "person": "/people/\(id)"
        case "service_account": "/service-accounts/\(id)"
        case "group": "/groups/\(id)"
        case "role": "/roles/\(id)"
        case "decision": "/decisions/\(id)"
        case "sync_run": "/directory-jobs/\(id)"
        default: nil
        }
    }

    // MARK: What hangs together with it

    private static func related(_ entry: AuditEntry, _ call: AdminCall) async throws -> [AdminBlock] {
        var byCommand = AuditSearch()
        (byCommand.command, byCommand.before) = (entry.command, entry.position + JournalPages.reach)
        var blocks: [AdminBlock] = []
        let sameCommand = try await call.gateway.audit.search(byCommand, in: call.tenant, limit: limit).entries
            .filter { $0.position != entry.position }
        if !sameCommand.isEmpty {
            blocks.append(.table(try await JournalPages.table("Of the same command", sameCommand, call)))
        }
        guard let trace = entry.trace else { return blocks }
        var byTrace = AuditSearch()
        (byTrace.trace, byTrace.before) = (trace, entry.position + JournalPages.reach)
        let known = Set(sameCommand.map(\.position) + [entry.position])
        let sameRequest = try await call.gateway.audit.search(byTrace, in: call.tenant, limit: limit).entries
            .filter { !known.contains($0.position) }
        if !sameRequest.isEmpty {
            blocks.append(.table(try await JournalPages.table("Of the same request", sameRequest, call)))
        }
        return blocks + (try await decisions(of: entry, trace, call))
    }

    /// Decisions that the same request asked for, within a minute of the event.
    private static func decisions(
        of entry: AuditEntry, _ trace: String, _ call: AdminCall
    ) async throws -> [AdminBlock] {
        guard try await call.may("read", "decision") else { return [] }
        var filter = DecisionFilter()
        (filter.from, filter.to) = (entry.at - .seconds(60), entry.at + .seconds(60))
        let found = try await call.gateway.decisionLog.list(filter, in: call.tenant, limit: 200).decisions
            .filter { $0.trace == trace || $0.request == trace }
        guard !found.isEmpty else { return [] }
        return [.table(try await DecisionPages.table("Decisions of the same request", found, call))]
    }

    // MARK: About whom

    /// The person or account that an event's stream is, where it is one.
    static func subject(of entry: AuditEntry) -> Subject? {
        switch entry.streamKind {
        case "person": PersonID(entry.streamID).map(Subject.person)
        case "service_account": ServiceAccountID(entry.streamID).map(Subject.serviceAccount)
        default: nil
        }
    }

    static func about(_ entry: AuditEntry, _ streams: StreamNames, _ names: AdminNames) -> AdminValue {
        if let subject = subject(of: entry) { return names.value(subject) }
        let kind = adminWords(entry.streamKind)
        guard let name = streams[entry] else { return AdminValue(kind) }
        guard let path = path(to: entry.streamKind, entry.streamID) else { return AdminValue(name).hinted(kind) }
        return AdminValue(name, to: path).hinted(kind)
    }
}

extension JournalPages {
    /// Positions after an event in which what hangs together with it is looked for; as many before it as one search goes.
    static let reach: Int64 = 2_000
}

extension String {
    /// The same with its first letter as a capital.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
