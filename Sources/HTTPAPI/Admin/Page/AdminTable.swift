/// Many things of one kind: a table at a desk, cards on a phone.
struct AdminTable: Sendable {
    var title: String
    var columns: [String]
    var rows: [[AdminValue]]
    /// What is said where there are no rows.
    var empty: String
    /// Where the next part of the list is; nil on its last one.
    var next: String?
    /// Where the list begins; nil on its first part.
    var first: String?

    init(
        _ title: String, columns: [String], rows: [[AdminValue]], empty: String = "Nothing here yet.",
        next: String? = nil, first: String? = nil
    ) {
        self.title = title
        self.columns = columns
        self.rows = rows
        self.empty = empty
        self.next = next
        self.first = first
    }

    /// Part of a list, cut by `AdminCall.cut`.
    init<Item>(
        _ title: String, columns: [String], _ part: (shown: [Item], next: String?), _ call: AdminCall,
        empty: String = "Nothing here yet.", row: (Item) throws -> [AdminValue]
    ) rethrows {
        self.init(title, columns: columns, rows: try part.shown.map(row), empty: empty, next: part.next)
        if call.filter("cursor") != nil { first = call.address() }
    }

    mutating func seal(_ token: (String) throws -> String) rethrows {
        for row in rows.indices {
            for column in rows[row].indices { try rows[row][column].seal(token) }
        }
    }

    func values(_ rendering: AdminRendering, _ id: String) -> [String: Any] {
        var values: [String: Any] = [
            "id": id, "title": title, "columns": columns, "isEmpty": rows.isEmpty, "empty": empty,
            "isPaged": next != nil || first != nil,
        ]
        values["rows"] = rows.map { row -> [String: Any] in
            ["cells": zip(columns, row).map { Self.cell($0, $1, rendering) }]
        }
        if let next { values["next"] = rendering.base + next }
        if let first { values["first"] = rendering.base + first }
        return values
    }

    private static func cell(_ column: String, _ value: AdminValue, _ rendering: AdminRendering) -> [String: Any] {
        value.values(rendering).merging(["column": column]) { own, _ in own }
    }
}
