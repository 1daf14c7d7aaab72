import Gateway
import HTTPTypes
import Vocabulary

/// Lists that auditors draw their samples from.
struct PopulationRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { Population.allCases.map(route) }

    private func route(_ population: Population) -> Route {
        Route(
            .get, "/api/v1/populations/\(population.rawValue)", "list\(Self.name(population))",
            Self.summary(population),
            details: Self.details, tag: "audit", access: .permission(action: "read", type: "population"),
            query: Self.query, response: .page(.reference("PopulationRow")), media: [Self.csv]
        ) { try await list(population, $0) }
    }

    private static let csv = "text/csv"

    private static let details = """
        Out of the journal and in full: `next` (as CSV the header `Link`) leads to the rest, and the bounds stay as the \
        first part fixed them. `lag_seconds` is the time from what an event followed from, such as the beginning of a \
        directory job or a request for access; `longest_lag_seconds` of a leaver is the time since the directory job \
        before, which still found them.
        """

    private static let query: [Route.Parameter] = [
        .init("from", "From this RFC 3339 time or position on; from the beginning without it."),
        .init("to", "Up to this RFC 3339 time, which is not part of it, or position, which is; up to now without it."),
        .init("format", "`json` or `csv`; `json` without it.", .words(["json", "csv"])),
        .init(
            "limit", "How many rows one part holds; \(PopulationService.partLimit) without it.",
            .integer(minimum: 1, maximum: PopulationService.partLimit)),
        .init("cursor", "As the part before names it.", .string(minLength: 1, maxLength: 1_024)),
    ]

    private static func name(_ population: Population) -> String {
        switch population {
        case .joiners: "Joiners"
        case .leavers: "Leavers"
        case .changes: "AccessChanges"
        case .privileged: "PrivilegedAccess"
        }
    }

    private static func summary(_ population: Population) -> String {
        switch population {
        case .joiners: "Lists who came or came back between two dates or positions"
        case .leavers: "Lists who left between two dates or positions"
        case .changes: "Lists every right that somebody got or lost between two dates or positions"
        case .privileged: "Lists who held privileged access at some time between two dates or positions"
        }
    }

    private func list(_ population: Population, _ request: APIRequest) async throws -> APIResponse {
        let place = try request.cursor(mac: mac).flatMap(PopulationPlace.init)
        let page = try await gateway.populations.page(
            population, in: try request.requiredTenant, from: try Self.bound("from", request) ?? .position(1),
            to: try Self.bound("to", request) ?? .position(.max), after: place,
            limit: request.query["limit"].flatMap { Int($0) } ?? PopulationService.partLimit)
        guard request.query["format"] == "csv" else {
            return .page(page.rows.map(\.json), next: try page.next.map { try request.seal(cursor: $0.text, mac: mac) })
        }
        let header = place == nil ? CSV.line(PopulationRow.columns) : ""
        return .text(
            header + page.rows.map { CSV.line($0.fields) }.joined(), Self.csv,
            next: try page.next.map { try request.following($0.text, mac: mac) })
    }

    private static func bound(_ name: String, _ request: APIRequest) throws -> PopulationBound? {
        guard let text = request.query[name] else { return nil }
        if let position = Int64(text), position >= 0 { return .position(position) }
        if let time = Timestamp(rfc3339: text) { return .time(time) }
        throw APIRequest.unknown(name)
    }
}

extension PopulationRow {
    /// Of the table, in order; the names are those of the JSON.
    static let columns = [
        "position", "at", "change", "subject_type", "subject_id", "login", "right_type", "right_id", "right_name",
        "actor",
        "why", "justification", "cause", "caused_at", "lag_seconds", "longest_lag_seconds", "ended_at", "expires_at",
    ]

    private var values: [String: AttributeValue?] {
        [
            "position": .integer(position), "at": at.json, "change": .string(change),
            "subject_type": .string(subjectKind),
            "subject_id": .string(subjectID), "login": login.map(AttributeValue.string), "right_type": .string(what),
            "right_id": whatID.map(AttributeValue.string), "right_name": whatName.map(AttributeValue.string),
            "actor": .string(actor), "why": why.map(AttributeValue.string),
            "justification": text.map(AttributeValue.string),
            "cause": cause.map(AttributeValue.string), "caused_at": causedAt?.json,
            "lag_seconds": lag.map { .integer($0.components.seconds) },
            "longest_lag_seconds": longestLag.map { .integer($0.components.seconds) },
            "ended_at": endedAt?.json, "expires_at": expiresAt?.json,
        ]
    }

    fileprivate var json: AttributeValue { .object(values.compactMapValues(\.self)) }

    fileprivate var fields: [String] {
        let values = values
        return Self.columns.map { name in
            switch values[name] ?? nil {
            case .string(let text)?: text
            case .integer(let number)?: String(number)
            default: ""
            }
        }
    }
}

enum PopulationSchema {
    static let row = JSONSchema.object(
        [
            "position": .integer(minimum: 1), "at": .time,
            "change": .words([
                "joined", "returned", "left", "deleted", "erased", "granted", "requested", "removed", "expired", "held",
            ]),
            "subject_type": .words(["person", "service_account", "group"]), "subject_id": .string(),
            "login": .string().described("As it is now; absent once nobody has this id any more."),
            "right_type": .words(["account", "role", "group", "entitlement"]), "right_id": .string(),
            "right_name": .string(), "actor": .string(), "why": .string(),
            "justification": .string().described("What somebody wrote; gone when the person is erased."),
            "cause": .string().described("What it followed from: the event's type, and its stream."),
            "caused_at": .time,
            "lag_seconds": .integer(minimum: 0), "longest_lag_seconds": .integer(minimum: 0), "ended_at": .time,
            "expires_at": .time,
        ],
        optional: [
            "login", "right_id", "right_name", "why", "justification", "cause", "caused_at", "lag_seconds",
            "longest_lag_seconds", "ended_at", "expires_at",
        ])
}
