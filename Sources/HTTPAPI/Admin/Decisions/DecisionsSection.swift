import Vocabulary

extension AdminSection {
    /// Decisions: asked for with their reasons, and looked up in the record.
    static let decisions = AdminSection(
        slug: "decisions", title: "Decisions", chapter: .records,
        access: .permission(action: "read", type: "decision"),
        routes: [
            .page("/decisions", .permission(action: "read", type: "decision"), DecisionPages.list),
            .page("/decisions/ask", .permission(action: "explain", type: "decision"), AskPage.show),
            .page("/decisions/{decision}", .permission(action: "read", type: "decision"), DecisionPages.show),
        ])
}
