/// Numbers over time as a line, drawn here as SVG, with the same numbers as a table beside it for whoever cannot see it.
struct AdminPlot: Sendable {
    struct Point: Sendable {
        let label: String
        let value: Double

        init(_ label: String, _ value: Double) {
            self.label = label
            self.value = value
        }
    }

    let title: String
    /// One sentence that says what the line shows.
    let summary: String
    /// In the order of time; `pointLimit` at most are drawn.
    let points: [Point]
    /// Values at which something changes, such as the bound of a level.
    let marks: [Point]
    /// The highest value there can be; nil for the highest there is.
    let ceiling: Double?

    static let pointLimit = 365
    private static let width = 640.0
    private static let height = 200.0
    private static let margin = 12.0

    init(_ title: String, _ summary: String, points: [Point], marks: [Point] = [], ceiling: Double? = nil) {
        self.title = title
        self.summary = summary
        self.points = points.suffix(Self.pointLimit)
        self.marks = marks
        self.ceiling = ceiling
    }

    func values(_ id: String) -> [String: Any] {
        let top = max(ceiling ?? 0, (points + marks).map(\.value).max() ?? 0, 1)
        let places = points.indices.map { place(of: $0, under: top) }
        return [
            "id": id, "title": title, "summary": summary, "isEmpty": points.isEmpty,
            "width": Self.text(Self.width), "height": Self.text(Self.height),
            "line": places.map { "\(Self.text($0.x)),\(Self.text($0.y))" }.joined(separator: " "),
            "dots": places.count > 60 ? [] : places.map { ["x": Self.text($0.x), "y": Self.text($0.y)] },
            "marks": marks.map { mark in
                [
                    "y": Self.text(level(mark.value, under: top)),
                    "above": Self.text(max(level(mark.value, under: top) - 4, 10)), "name": mark.label,
                ]
            },
            "rows": points.map { ["label": $0.label, "value": Self.text($0.value)] },
        ]
    }

    private func place(of index: Int, under top: Double) -> (x: Double, y: Double) {
        let span = Self.width - 2 * Self.margin
        let share = points.count < 2 ? 0.5 : Double(index) / Double(points.count - 1)
        return (Self.margin + span * share, level(points[index].value, under: top))
    }

    private func level(_ value: Double, under top: Double) -> Double {
        let span = Self.height - 2 * Self.margin
        return Self.height - Self.margin - span * min(max(value / top, 0), 1)
    }

    /// At most one place behind the point, and none that says nothing.
    private static func text(_ number: Double) -> String {
        let tenths = (number * 10).rounded() / 10
        return tenths == tenths.rounded() ? String(Int(tenths)) : String(tenths)
    }
}
