/// One part of a page of the console.
enum AdminBlock: Sendable {
    /// Numbers at a glance.
    case figures([AdminFigure])
    /// Names and values of one thing.
    case facts(AdminFacts)
    /// Many things of one kind; on a phone each row is a card.
    case table(AdminTable)
    /// What narrows the table below it, sent by GET.
    case filter(AdminFilter)
    /// What changes something, sent by POST.
    case form(AdminForm)
    /// What can be done about the thing that the page shows.
    case actions([AdminAction])
    /// Sentences, such as why something is so.
    case text(AdminText)
    /// Lines as they stand, such as a document or a difference.
    case listing(AdminListing)
    /// Numbers over time.
    case plot(AdminPlot)

    mutating func seal(_ token: (String) throws -> String) rethrows {
        switch self {
        case .form(var form):
            try form.seal(token)
            self = .form(form)
        case .table(var table):
            try table.seal(token)
            self = .table(table)
        case .actions(var actions):
            for index in actions.indices { try actions[index].seal(token) }
            self = .actions(actions)
        case .facts(var facts):
            try facts.seal(token)
            self = .facts(facts)
        case .figures, .filter, .text, .listing, .plot: break
        }
    }

    /// - Parameter id: tells this part of the page from the others, for what refers to its heading.
    func values(_ rendering: AdminRendering, _ id: String) -> [String: Any] {
        switch self {
        case .figures(let figures): ["figures": ["items": figures.map { $0.values(rendering) }]]
        case .facts(let facts): ["facts": facts.values(rendering, id)]
        case .table(let table): ["table": table.values(rendering, id)]
        case .filter(let filter): ["filter": filter.values(rendering, id)]
        case .form(let form): ["form": form.values(rendering, id)]
        case .actions(let actions): ["actions": ["items": actions.map { $0.values(rendering) }]]
        case .text(let text): ["text": text.values(id)]
        case .listing(let listing): ["listing": listing.values(id)]
        case .plot(let plot): ["plot": plot.values(id)]
        }
    }
}

/// How something is coloured; the words beside it say the same.
enum AdminTone: String, Sendable {
    /// Nothing to say: grey.
    case plain
    /// As it should be: emerald.
    case good
    /// Waits for somebody: blue.
    case info
    /// Look at it: amber.
    case caution
    /// Stopped, refused, dangerous: red.
    case bad
}

/// A number at a glance, and where it leads.
struct AdminFigure: Sendable {
    let name: String
    let value: String
    var path: String?

    init(_ name: String, _ value: String, to path: String? = nil) {
        self.name = name
        self.value = value
        self.path = path
    }

    func values(_ rendering: AdminRendering) -> [String: Any] {
        var values: [String: Any] = ["name": name, "value": value]
        if let path { values["path"] = rendering.base + path }
        return values
    }
}

/// Names and values of one thing.
struct AdminFacts: Sendable {
    var title: String?
    var rows: [(name: String, value: AdminValue)]

    init(_ title: String? = nil, _ rows: [(name: String, value: AdminValue)]) {
        self.title = title
        self.rows = rows
    }

    mutating func seal(_ token: (String) throws -> String) rethrows {
        for index in rows.indices { try rows[index].value.seal(token) }
    }

    func values(_ rendering: AdminRendering, _ id: String) -> [String: Any] {
        var values: [String: Any] = ["id": id]
        if let title { values["title"] = title }
        values["rows"] = rows.map { row in ["name": row.name, "value": row.value.values(rendering)] as [String: Any] }
        return values
    }
}

/// Sentences under a heading, or in a box of their own.
struct AdminText: Sendable {
    var title: String?
    var sentences: [String]
    var tone: AdminTone

    init(_ title: String? = nil, _ sentences: [String], tone: AdminTone = .plain) {
        self.title = title
        self.sentences = sentences
        self.tone = tone
    }

    func values(_ id: String) -> [String: Any] {
        var values: [String: Any] = ["id": id, "tone": tone.rawValue, "sentences": sentences]
        if let title { values["title"] = title }
        return values
    }
}

/// Lines as they stand, in letters of one width.
struct AdminListing: Sendable {
    enum Change: String, Sendable { case same, added, removed }

    struct Line: Sendable {
        let text: String
        let change: Change

        init(_ text: String, _ change: Change = .same) {
            self.text = text
            self.change = change
        }
    }

    let title: String
    let lines: [Line]

    init(_ title: String, lines: [Line]) {
        self.title = title
        self.lines = lines
    }

    init(_ title: String, text: String) {
        self.init(title, lines: text.split(separator: "\n", omittingEmptySubsequences: false).map { Line(String($0)) })
    }

    func values(_ id: String) -> [String: Any] {
        ["id": id, "title": title, "lines": lines.map(Self.values)]
    }

    private static func values(_ line: Line) -> [String: Any] {
        ["text": line.text, "isAdded": line.change == .added, "isRemoved": line.change == .removed]
    }
}
