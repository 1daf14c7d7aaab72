/// One field of a form.
struct AdminField: Sendable {
    enum Kind: Sendable {
        /// One line.
        case line
        /// Several lines; `isCode` for letters of one width.
        case area(rows: Int, isCode: Bool = false)
        /// One of several words.
        case choice([Choice])
        /// Yes or no; the form has the field, with the value `on`, where it is yes.
        case check
        case number
        /// A moment, as RFC 3339 or as a browser's field writes it.
        case time
        /// Sent and not shown.
        case hidden
    }

    struct Choice: Sendable {
        let value: String
        let label: String

        init(_ value: String, _ label: String) {
            self.value = value
            self.label = label
        }
    }

    let name: String
    let label: String
    let kind: Kind
    var value: String
    var hint: String?
    var isRequired: Bool
    /// Characters at most.
    var limit: Int

    init(
        _ name: String, _ label: String, _ kind: Kind = .line, value: String = "", hint: String? = nil,
        isRequired: Bool = false, limit: Int = 254
    ) {
        self.name = name
        self.label = label
        self.kind = kind
        self.value = value
        self.hint = hint
        self.isRequired = isRequired
        self.limit = limit
    }

    /// Somebody, by any of the names they are known by.
    static func who(_ label: String, value: String) -> AdminField {
        AdminField("who", label, value: value, hint: "User name, mail or service account.", isRequired: true)
    }

    /// When what is given ends by itself.
    static func until(value: String) -> AdminField {
        AdminField(
            "until", "Until", .time, value: value,
            hint: "A day such as 2026-12-31, in UTC; empty for as long as nobody takes it away.")
    }

    func values(_ rendering: AdminRendering, _ form: String) -> [String: Any] {
        let id = "\(form)-\(name)"
        let error = rendering.refusal.flatMap { $0.field == name ? $0.sentence : nil }
        let described = [hint.map { _ in "\(id)-hint" }, error.map { _ in "\(id)-error" }].compactMap { $0 }
        var values: [String: Any] = [
            "id": id, "name": name, "label": label, "value": value, "isRequired": isRequired, "limit": limit,
            "described": described.joined(separator: " "), "isDescribed": !described.isEmpty,
        ]
        if let hint { values["hint"] = hint }
        if let error { values["error"] = error }
        return values.merging(kindValues) { own, _ in own }
    }

    private var kindValues: [String: Any] {
        switch kind {
        case .line: ["line": ["type": "text"]]
        case .number: ["line": ["type": "number"]]
        case .time: ["line": ["type": "text"]]
        case .area(let rows, let isCode): ["area": ["rows": rows, "isCode": isCode] as [String: Any]]
        case .check: ["check": ["isOn": value == "on"]]
        case .hidden: ["concealed": true]
        case .choice(let choices):
            [
                "choice": [
                    "options": choices.map { choice in
                        ["word": choice.value, "text": choice.label, "isChosen": choice.value == value]
                            as [String: Any]
                    }
                ]
            ]
        }
    }
}

/// What changes something: fields and buttons, sent by POST with a token of this session for this very address.
struct AdminForm: Sendable {
    struct Button: Sendable {
        let label: String
        /// What the button adds to the form, where there are several: (name, value).
        let adds: (name: String, value: String)?
        let isDanger: Bool
        let isQuiet: Bool

        init(
            _ label: String, adds: (name: String, value: String)? = nil, isDanger: Bool = false, isQuiet: Bool = false
        ) {
            self.label = label
            self.adds = adds
            self.isDanger = isDanger
            self.isQuiet = isQuiet
        }
    }

    /// Below `/admin`, where it is posted.
    let path: String
    var title: String?
    var lead: String?
    var fields: [AdminField]
    var buttons: [Button]
    /// Where to go instead.
    var cancel: String?
    /// Where what is typed into its text is checked meanwhile, on a page that runs the script.
    var check: String?
    private var token = ""
    private var checkToken = ""

    init(
        to path: String, title: String? = nil, lead: String? = nil, fields: [AdminField], buttons: [Button],
        cancel: String? = nil
    ) {
        self.path = path
        self.title = title
        self.lead = lead
        self.fields = fields
        self.buttons = buttons
        self.cancel = cancel
    }

    mutating func seal(_ make: (String) throws -> String) rethrows {
        token = try make(path)
        if let check { checkToken = try make(check) }
    }

    func values(_ rendering: AdminRendering, _ id: String) -> [String: Any] {
        var values: [String: Any] = [
            "id": id, "path": rendering.base + path, "csrf": token,
            "fields": fields.map { $0.values(rendering, id) }, "buttons": buttons.map(Self.values),
        ]
        if let title { values["title"] = title }
        if let lead { values["lead"] = lead }
        if let cancel { values["cancel"] = rendering.base + cancel }
        if let check { values["check"] = ["path": rendering.base + check, "csrf": checkToken] }
        return values
    }

    private static func values(_ button: Button) -> [String: Any] {
        var values: [String: Any] = ["label": button.label, "isDanger": button.isDanger, "isQuiet": button.isQuiet]
        if let adds = button.adds { values["adds"] = ["name": adds.name, "value": adds.value] }
        return values
    }
}

/// What narrows a list: fields sent by GET to the page's own address.
struct AdminFilter: Sendable {
    let path: String
    var fields: [AdminField]
    var button: String

    init(at path: String, _ fields: [AdminField], button: String = "Show") {
        self.path = path
        self.fields = fields
        self.button = button
    }

    func values(_ rendering: AdminRendering, _ id: String) -> [String: Any] {
        [
            "id": id, "path": rendering.base + path, "button": button,
            "fields": fields.map { $0.values(rendering, id) }, "isActive": fields.contains { !$0.value.isEmpty },
        ]
    }
}
