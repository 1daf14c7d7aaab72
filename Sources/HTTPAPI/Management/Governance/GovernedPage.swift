import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// A page of governed things: by cursor, or by offset as the document of entitlements has it. Without either, the first
/// hundred.
struct GovernedPage {
    static let standardLimit = 100
    /// Things that can be skipped at most: whoever wants to go farther uses the cursor.
    static let offsetMaximum = 100_000

    static let parameters = [
        Route.Parameter(
            "limit", "How many items one page holds; \(standardLimit) without it.",
            .integer(minimum: 1, maximum: PageRequest.maximum)),
        Route.Parameter(
            "offset", "How many items to skip; 0 without it. Not together with `cursor`.",
            .integer(minimum: 0, maximum: offsetMaximum)),
        Route.Parameter("cursor", "`next` of the page before.", .string(minLength: 1, maxLength: 1_024)),
    ]

    let request: PageRequest
    private let offset: Int

    init(_ call: APIRequest, _ mac: MACFunction) throws {
        let page = try call.page(mac: mac, standard: Self.standardLimit)
        request = page
        offset =
            try call.query["offset"].map { text in
                guard let number = Int(text), (0...Self.offsetMaximum).contains(number), page.cursor == nil else {
                    throw Refusal.badRequest(
                        code: "page.offset",
                        where: "offset is a number from 0 to \(Self.offsetMaximum), and not beside a cursor.")
                }
                return number
            } ?? 0
    }

    /// What to ask for: one more than is shown, which only says that there is a next page.
    func part<Kind>(_: Identifier<Kind>.Type) -> GovernedPart {
        GovernedPart(
            after: request.cursor.flatMap { Identifier<Kind>($0.after)?.bytes }, offset: offset,
            limit: request.limit + 1)
    }
}

extension APIRequest {
    /// A filter's word. Throws 400 for one that is not understood: it must not become none.
    func word<Word: RawRepresentable>(_ name: String) throws -> Word? where Word.RawValue == String {
        guard let text = query[name] else { return nil }
        guard let word = Word(rawValue: text) else { throw Self.unknown(name) }
        return word
    }

    /// A filter's id. Throws 400 for what is none.
    func filterID<Kind>(_ name: String) throws -> Identifier<Kind>? {
        guard let text = query[name] else { return nil }
        guard let id = Identifier<Kind>(text) else { throw Self.unknown(name) }
        return id
    }

    /// A filter's RFC 3339 moment. Throws 400 for what is none.
    func filterTime(_ name: String) throws -> Timestamp? {
        guard let text = query[name] else { return nil }
        guard let time = Timestamp(rfc3339: text) else { throw Self.unknown(name) }
        return time
    }

    /// A member of the body that is a word of a closed vocabulary; nil when it is absent.
    func bodyWord<Word: RawRepresentable>(_ name: String) throws -> Word? where Word.RawValue == String {
        guard let text = try optionalText(name) else { return nil }
        guard let word = Word(rawValue: text) else { throw Self.invalid(name, "one of its words") }
        return word
    }

    /// A member of the body that is an id; nil when it is absent or null.
    func bodyID<Kind>(_ name: String) throws -> Identifier<Kind>? {
        guard let text = try optionalText(name) else { return nil }
        guard let id = Identifier<Kind>(text) else { throw Self.invalid(name, "an id") }
        return id
    }

    /// A list of ids of the body; nil when it is absent.
    func bodyIDs<Kind>(_ name: String) throws -> [Identifier<Kind>]? {
        try optionalTexts(name)?.map { text in
            guard let id = Identifier<Kind>(text) else { throw Self.invalid(name, "a list of ids") }
            return id
        }
    }

    /// Whom a body names as `person` or `service_account`.
    func bodySubject(_ gateway: Gateway) async throws -> Subject {
        let (person, account) = (try optionalText("person"), try optionalText("service_account"))
        let tenant = try requiredTenant
        return try await gateway.named(person == nil ? "service_account" : "person") {
            try await gateway.subject(person: person, account: account, in: tenant)
        }
    }

    /// Whom a query names as `person` or `service_account`; nil where it names nobody.
    func querySubject(_ gateway: Gateway) async throws -> Subject? {
        let (person, account) = (query["person"], query["service_account"])
        guard (person, account) != (nil, nil) else { return nil }
        return try await gateway.subject(person: person, account: account, in: try requiredTenant)
    }

    /// Whom a query names; the caller themselves where it names nobody.
    func subjectOrCaller(_ gateway: Gateway) async throws -> Subject {
        if let named = try await querySubject(gateway) { return named }
        guard let own = principal?.subject else { throw Self.unknown("person") }
        return own
    }

    static func unknown(_ name: String) -> Refusal {
        .badRequest(code: "governance.filter", where: "`\(name)` is not one of its values.")
    }

    static func invalid(_ name: String, _ expected: String) -> Fault {
        Fault("body.invalid", .caller, "The body's member `\(name)` must be \(expected).")
    }
}

extension Route.Parameter {
    /// Narrows a list to one subject.
    static let subject = [
        Route.Parameter("person", "Only what is about this person, by id, login or mail."),
        Route.Parameter("service_account", "Only what is about this service account, by id or name."),
    ]

    /// Whom a question is about.
    static let subjectOrCaller = [
        Route.Parameter("person", "About this person, by id, login or mail; about the caller without it."),
        Route.Parameter("service_account", "About this service account, by id or name."),
    ]
}

extension JSONSchema {
    /// The members of a body that name a person or a service account.
    static let subjectMembers: [String: JSONSchema] = [
        "person": .string(minLength: 1, maxLength: 254).described("Id, login or mail."),
        "service_account": .string(minLength: 1, maxLength: 128).described("Id or name."),
    ]
}
