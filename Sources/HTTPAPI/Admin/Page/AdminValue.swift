import Vocabulary

/// What stands in a cell of a table or beside a name: lines of text, links and badges, and buttons below them.
struct AdminValue: Sendable, ExpressibleByStringLiteral {
    struct Part: Sendable {
        enum Kind: Sendable {
            case plain, hint, code
            case link(String)
            case badge(AdminTone)
        }

        let text: String
        let kind: Kind

        var isHint: Bool { if case .hint = kind { true } else { false } }

        init(_ text: String, _ kind: Kind = .plain) {
            self.text = text
            self.kind = kind
        }
    }

    var lines: [[Part]]
    var buttons: [AdminAction] = []

    init(lines: [[Part]]) { self.lines = lines }

    init(_ text: String) { self.init(lines: [[Part(text)]]) }

    init(stringLiteral value: String) { self.init(value) }

    /// A link to an address below `/admin`.
    init(_ text: String, to path: String) { self.init(lines: [[Part(text, .link(path))]]) }

    /// A moment, for people.
    init(_ time: Timestamp?) { self.init(time?.reading ?? "–") }

    /// A state in its colour.
    static func badge(_ text: String, _ tone: AdminTone) -> AdminValue {
        AdminValue(lines: [[Part(text, .badge(tone))]])
    }

    /// Letters of one width, such as an id or a key.
    static func code(_ text: String) -> AdminValue { AdminValue(lines: [[Part(text, .code)]]) }

    /// Several values, each on a line; a dash for none.
    static func list(_ values: [AdminValue]) -> AdminValue {
        values.isEmpty ? "–" : AdminValue(lines: values.flatMap(\.lines))
    }

    /// The same with a remark on its last line.
    func hinted(_ remark: String?) -> AdminValue {
        guard let remark, !remark.isEmpty else { return self }
        var value = self
        let last = value.lines.count - 1
        let isSecond = value.lines[last].last?.isHint == true
        value.lines[last].append(Part(isSecond ? "· \(remark)" : remark, .hint))
        return value
    }

    /// The same with what can be done about it.
    func with(_ buttons: [AdminAction]) -> AdminValue {
        var value = self
        value.buttons = buttons
        return value
    }

    mutating func seal(_ token: (String) throws -> String) rethrows {
        for index in buttons.indices { try buttons[index].seal(token) }
    }

    func values(_ rendering: AdminRendering) -> [String: Any] {
        [
            "lines": lines.map { line in ["parts": line.map { Self.values($0, rendering) }] },
            "hasButtons": !buttons.isEmpty, "buttons": buttons.map { $0.values(rendering) },
        ]
    }

    private static func values(_ part: Part, _ rendering: AdminRendering) -> [String: Any] {
        switch part.kind {
        case .plain: ["plain": part.text]
        case .hint: ["hint": part.text]
        case .code: ["code": part.text]
        case .link(let path): ["link": ["path": rendering.base + path, "text": part.text]]
        case .badge(let tone): ["badge": ["tone": tone.rawValue, "text": part.text]]
        }
    }
}

/// Something that can be done: a link to where it is asked, or a button that does it.
struct AdminAction: Sendable {
    enum Kind: Sendable {
        case link
        /// Posts at once; only for what can be undone as easily.
        case post
        /// A file to keep.
        case download
    }

    let label: String
    /// Below `/admin`.
    let path: String
    let kind: Kind
    let isDanger: Bool
    /// What a screen reader says in place of a label that says too little by itself.
    let name: String?
    private var token = ""

    init(_ label: String, to path: String, _ kind: Kind = .link, isDanger: Bool = false, name: String? = nil) {
        self.label = label
        self.path = path
        self.kind = kind
        self.isDanger = isDanger
        self.name = name
    }

    mutating func seal(_ make: (String) throws -> String) rethrows {
        if kind == .post { token = try make(path) }
    }

    func values(_ rendering: AdminRendering) -> [String: Any] {
        var values: [String: Any] = [
            "label": label, "path": rendering.base + path, "isPost": kind == .post, "isDanger": isDanger,
            "isDownload": kind == .download, "csrf": token,
        ]
        if let name { values["spoken"] = name }
        return values
    }
}
