import Authorization
import Gateway
import Governance
import Vocabulary

/// What is wrong with a document about policies, or probably not meant by it, as it is typed. Nothing is stored.
enum PolicyCheck {
    /// Where a script of ours asks while somebody types.
    static let place = "/policies/check"

    static let route = AdminRoute.post(
        place, PolicyPages.trying, bodyLimit: 3 * PolicyWorkbench.documentLimit + BrowserCall.formLimit
    ) { call, form in
        let text = form["document"] ?? ""
        let found = try await form["kind"] == "rule" ? rule(text, call) : document(text, call)
        return .told(found.json)
    }

    /// What a check came to.
    struct Result {
        let findings: [(isError: Bool, text: String)]
        /// The rules as they would be kept; none where the document cannot be used.
        var rules: [AttributeValue] = []

        var isUsable: Bool { !findings.contains { $0.isError } }

        var json: AttributeValue {
            [
                "usable": .bool(isUsable),
                "findings": .list(
                    findings.map { finding in
                        ["gravity": finding.isError ? "error" : "warning", "text": .string(finding.text)]
                    }),
            ]
        }

        /// What was found, and how the rules read.
        func blocks(under enforcement: Enforcement, zone: String?) -> [AdminBlock] {
            let sentences = findings.map(\.text)
            guard isUsable else { return [.text(AdminText("This cannot be used yet", sentences, tone: .bad))] }
            let verdict =
                findings.isEmpty
                ? AdminText("Nothing is wrong with it", ["It is not stored yet."], tone: .good)
                : AdminText("Look at this", sentences, tone: .caution)
            return [.text(verdict)]
                + rules.enumerated().compactMap { number, rule in
                    (try? RuleReading(rule, under: enforcement, zone: zone)).map {
                        .facts($0.facts("Rule \(number + 1) reads: \($0.name)"))
                    }
                }
        }
    }

    /// YAML or JSON as it was typed. Throws what is wrong with it as a text, beside the field.
    static func parse(_ text: String, field: String) throws -> AttributeValue {
        do {
            return try PolicyService.parse(text)
        } catch let fault as Fault where fault.culprit == .caller {
            throw AdminRefusal(fault.description, field: field)
        }
    }

    /// A rule by itself.
    static func rule(_ text: String, _ call: AdminCall) async throws -> Result {
        try await review(text, as: .rule, call)
    }

    /// A whole document, of any style.
    static func document(_ text: String, _ call: AdminCall) async throws -> Result {
        try await review(text, as: nil, call)
    }
}

extension PolicyCheck {
    /// - Parameter style: what the document has to be; nil for any style.
    private static func review(
        _ text: String, as style: DraftStyle?, _ call: AdminCall
    ) async throws -> Result {
        guard text.utf8.count <= PolicyWorkbench.documentLimit else {
            return Result(findings: [(true, "It is larger than \(PolicyWorkbench.documentLimit) bytes.")])
        }
        let review = try await call.gateway.workbench.review(text, in: call.tenant)
        let tree = try? PolicyService.parse(text)
        if let style, review.style != nil, review.style != style, let tree { return rule(tree) }
        var result = Result(findings: review.findings.map { ($0.finding.gravity == .error, sentence($0)) })
        if result.isUsable, let tree { result.rules = (try? PolicyDraft(tree))?.rules ?? [] }
        return result
    }

    private static func sentence(_ placed: PlacedFinding) -> String {
        let place = placed.line.map { line in "Line \(line)" + (placed.column.map { ", column \($0)" } ?? "") + ": " }
        return (place ?? "") + placed.finding.description
    }

    /// A rule that does not look like one: what its own reader says.
    private static func rule(_ tree: AttributeValue) -> Result {
        do throws(GovernanceError) {
            _ = try Rule.read(tree)
            return Result(findings: [], rules: [tree])
        } catch {
            guard case .rejected(let faults) = error else { return Result(findings: [(true, error.fault.message)]) }
            return Result(findings: faults.map { (true, $0.description) })
        }
    }
}
