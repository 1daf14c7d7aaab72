/// `/admin`: plain tables of people, sync runs, sessions and the journal.
public struct AdminPage: Page {
    /// One cell: text, and where it leads if it does.
    public struct Cell: Sendable, ExpressibleByStringLiteral {
        public var text: String
        public var path: String?

        public init(_ text: String, path: String? = nil) {
            self.text = text
            self.path = path
        }

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
    public var tabs: [MessagePage.Link]
    public var currentTab: String
    public var notice: String?
    public var figures: [(name: String, value: String)]
    public var tables: [Table]

    public init(
        heading: String, tabs: [MessagePage.Link], currentTab: String, notice: String? = nil,
        figures: [(name: String, value: String)] = [], tables: [Table]
    ) {
        self.heading = heading
        self.tabs = tabs
        self.currentTab = currentTab
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
        values["tabs"] = tabs.map { tab -> [String: Any] in
            ["label": tab.label, "path": tab.path, "isCurrent": tab.label == currentTab]
        }
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
        if let path = cell.path { value["path"] = path }
        return value
    }
}
