/// `/admin`: plain tables of providers, directory jobs, people, sessions and the journal.
public struct AdminPage: Page {
    /// A form of one button.
    public struct Button: Sendable {
        public var label: String
        public var path: String
        public var csrf: String

        public init(label: String, path: String, csrf: String) {
            self.label = label
            self.path = path
            self.csrf = csrf
        }
    }

    /// One cell: text, and what can be done about it.
    public struct Cell: Sendable, ExpressibleByStringLiteral {
        public var text: String
        public var buttons: [Button] = []

        public init(_ text: String) { self.text = text }

        public init(stringLiteral value: String) { self.init(value) }
    }

    /// Rows under a heading.
    public struct Table: Sendable {
        public var caption: String
        public var columns: [String]
        public var rows: [[Cell]]
        public var nextPath: String?

        public init(caption: String, columns: [String], rows: [[Cell]], nextPath: String? = nil) {
            self.caption = caption
            self.columns = columns
            self.rows = rows
            self.nextPath = nextPath
        }
    }

    public var heading: String
    public var notice: String?
    public var figures: [(name: String, value: String)]
    public var tables: [Table]

    public init(
        heading: String, notice: String? = nil,
        figures: [(name: String, value: String)] = [], tables: [Table]
    ) {
        self.heading = heading
        self.notice = notice
        self.figures = figures
        self.tables = tables
    }

    public var title: String { heading }
    public var template: String { "admin" }
    public var isWide: Bool { true }
    public var values: [String: Any] {
        var values: [String: Any] = [
            "heading": heading, "tables": tables.map(Self.table), "hasFigures": !figures.isEmpty,
            "figures": figures.map { ["name": $0.name, "value": $0.value] },
        ]
        if let notice { values["notice"] = notice }
        return values
    }

    private static func table(_ table: Table) -> [String: Any] {
        var value: [String: Any] = ["caption": table.caption, "columns": table.columns, "isEmpty": table.rows.isEmpty]
        value["rows"] = table.rows.map { row -> [String: Any] in
            ["cells": zip(table.columns, row).map { cell($0, $1) }]
        }
        if let next = table.nextPath { value["nextPath"] = next }
        return value
    }

    private static func cell(_ label: String, _ cell: Cell) -> [String: Any] {
        var value: [String: Any] = ["label": label, "text": cell.text]
        value["buttons"] = cell.buttons.map { ["label": $0.label, "path": $0.path, "csrf": $0.csrf] }
        return value
    }
}
