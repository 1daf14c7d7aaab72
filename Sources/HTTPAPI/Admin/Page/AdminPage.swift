/// A page of the console, in parts that every section shares. Addresses in it are below `/admin`, as in a section's
/// routes; the console puts the tenant's prefix before them and seals the forms.
struct AdminPage: Page {
    /// A step of the way here from the console's first page.
    struct Step: Sendable {
        let label: String
        let path: String

        init(_ label: String, _ path: String) {
            self.label = label
            self.path = path
        }
    }

    var heading: String
    /// One sentence on what the page is about.
    var lead: String?
    /// The pages above this one, without the first and without itself.
    var trail: [Step] = []
    /// What was just done, from a closed list of sentences.
    var notice: String?
    var blocks: [AdminBlock] = []
    /// Whether our one script runs on it; it is whole without.
    var runsScript = false

    /// Filled by the console.
    var base = "/admin"
    var menu = AdminMenu(current: AdminMenu.overview)
    var refusal: AdminRefusal?

    init(heading: String, lead: String? = nil, trail: [Step] = [], blocks: [AdminBlock] = []) {
        self.heading = heading
        self.lead = lead
        self.trail = trail
        self.blocks = blocks
    }

    /// A page that asks whether something is meant, before a change that hurts: its form posts to `place`, and `fields` are
    /// what has to be said with it.
    static func question(
        _ heading: String, _ lead: String, trail: [Step], at place: String, button: String,
        fields: [AdminField] = [], back: String
    ) -> AdminPage {
        let form = AdminForm(
            to: place, fields: fields, buttons: [.init(button, isDanger: true)], cancel: back)
        return AdminPage(heading: heading, lead: lead, trail: trail, blocks: [.form(form)])
    }

    var title: String { heading }
    var template: String { "admin" }
    var width: String { "console" }

    /// Gives every form its token. Throws what making one does.
    mutating func seal(_ token: (String) throws -> String) rethrows {
        for index in blocks.indices { try blocks[index].seal(token) }
    }

    /// Puts the figures of all sections into one row at the top, before everything else.
    mutating func gatherFigures() {
        var figures: [AdminFigure] = []
        blocks.removeAll { block in
            guard case .figures(let more) = block else { return false }
            figures += more
            return true
        }
        if !figures.isEmpty { blocks.insert(.figures(figures), at: 0) }
    }

    var values: [String: Any] {
        let rendering = AdminRendering(base: base, refusal: refusal)
        var values: [String: Any] = [
            "heading": heading, "menu": menu.values(rendering), "hasTrail": !trail.isEmpty,
            "trail": trail.map { ["label": $0.label, "path": base + $0.path] }, "overviewPath": base,
            "blocks": blocks.enumerated().map { $1.values(rendering, "part-\($0 + 1)") },
        ]
        if let lead { values["lead"] = lead }
        if let notice { values["notice"] = notice }
        if let refusal { values["complaint"] = refusal.sentence }
        return values
    }
}

/// What the parts of a page need to know to be shown.
struct AdminRendering: Sendable {
    /// In front of every address.
    let base: String
    let refusal: AdminRefusal?
}

/// The console's navigation: headings with the sections that this person may read.
struct AdminMenu: Sendable {
    struct Entry: Sendable {
        let label: String
        let path: String
        let isCurrent: Bool
    }

    struct Chapter: Sendable {
        let name: String
        let entries: [Entry]
    }

    static let overview = "Overview"

    /// The section of the page, as the closed menu of a phone shows it.
    let current: String
    var chapters: [Chapter] = []

    init(current: String) { self.current = current }

    func values(_ rendering: AdminRendering) -> [String: Any] {
        [
            "current": current, "overviewPath": rendering.base, "isOverview": current == Self.overview,
            "chapters": chapters.map { chapter -> [String: Any] in
                ["name": chapter.name, "entries": chapter.entries.map { Self.entry($0, rendering) }]
            },
        ]
    }

    private static func entry(_ entry: Entry, _ rendering: AdminRendering) -> [String: Any] {
        ["label": entry.label, "path": rendering.base + entry.path, "isCurrent": entry.isCurrent]
    }
}
