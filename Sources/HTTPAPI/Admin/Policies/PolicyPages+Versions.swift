import Gateway
import Governance
import Vocabulary

extension PolicyPages {
    /// Versions that the page of a policy shows, the newest; the versions' own page has all of them.
    private static let shownVersions = 10
    /// Differences of one version that a row shows.
    private static let shownDifferences = 8

    /// Who changed what when and why, the newest first.
    static func history(_ changes: [PolicyChange], of policy: GovernedPolicy, _ names: AdminNames) -> [AdminBlock] {
        let table = table("Versions", changes.suffix(shownVersions), names)
        guard policy.version > 1 else { return [.table(table)] }
        return [
            .table(table),
            .actions([AdminAction("Compare versions", to: place(policy.id, "/versions"))]),
        ]
    }

    /// Changes of a policy, a set or an exemption, the newest first.
    static func table(_ title: String, _ changes: [PolicyChange], _ names: AdminNames) -> AdminTable {
        AdminTable(
            title, columns: ["Version", "When", "Who", "Why", "What changed"],
            rows: changes.reversed().map { row($0, names) })
    }

    private static func row(_ change: PolicyChange, _ names: AdminNames) -> [AdminValue] {
        [
            AdminValue("\(change.version)").hinted(change.event.asWords), AdminValue(change.at),
            names.value(actor: change.actor.description).hinted(change.reason?.claim.map { "said to be \($0)" }),
            AdminValue(change.reason?.text ?? "–"), summary(of: change),
        ]
    }

    private static func summary(of change: PolicyChange) -> AdminValue {
        guard change.version > 1 else { return AdminValue("the first version") }
        let (rules, rest) = parted(change.differences)
        var lines =
            rules
            + rest.prefix(shownDifferences).map { difference in
                [
                    AdminValue.Part(difference.path, .code),
                    AdminValue.Part("\(difference.before ?? "–") → \(difference.after ?? "–")"),
                ]
            }
        if rest.count > shownDifferences {
            lines.append([AdminValue.Part("and \(rest.count - shownDifferences) more", .hint)])
        }
        return lines.isEmpty ? "–" : AdminValue(lines: lines)
    }

    /// Rules that came or went whole are a line each; every other difference stands for itself.
    private static func parted(
        _ differences: [PolicyChange.Difference]
    ) -> (rules: [[AdminValue.Part]], rest: [PolicyChange.Difference]) {
        var (rules, whole) = ([[AdminValue.Part]](), [String]())
        for difference in differences where difference.path.hasPrefix("rules.") && difference.path.hasSuffix(".place") {
            guard (difference.before == nil) != (difference.after == nil) else { continue }
            let prefix = difference.path.dropLast("place".count)
            let verb = difference.before == nil ? "Added the rule" : "Removed the rule"
            rules.append([.init(verb), .init(String(prefix.dropFirst("rules.".count).dropLast()), .code)])
            whole.append(String(prefix))
        }
        return (rules, differences.filter { difference in !whole.contains { difference.path.hasPrefix($0) } })
    }

    // MARK: Two versions side by side

    /// What is different between two versions, line by line, and every version there was.
    @Sendable static func versions(_ call: AdminCall) async throws -> AdminPage {
        let policy = try await policy(call)
        let changes = try await call.gateway.governance.history(of: policy.id, in: call.tenant)
        let names = try await call.names(of: changes.compactMap(\.actor.subject))
        let to = try number("to", call, upTo: policy.version) ?? policy.version
        let from = try number("from", call, upTo: policy.version) ?? max(1, to - 1)
        let differences = PolicyChange.differences(in: changes, from: min(from, to), to: max(from, to))
        return AdminPage(
            heading: "Versions of “\(policy.name)”", trail: trail + [.init(policy.name, place(policy.id))],
            blocks: [
                .filter(filter(policy, from, to)),
                .listing(listing(differences, "From version \(min(from, to)) to version \(max(from, to))")),
                .table(table("All versions", changes, names)),
            ])
    }

    private static func number(_ name: String, _ call: AdminCall, upTo last: Int64) throws -> Int64? {
        guard let text = call.filter(name) else { return nil }
        guard let number = Int64(text), (1...last).contains(number) else { throw APIRequest.unknown(name) }
        return number
    }

    /// Versions that the fields offer; older ones are reached by their number in the address.
    private static let offeredVersions: Int64 = 200

    private static func filter(_ policy: GovernedPolicy, _ from: Int64, _ to: Int64) -> AdminFilter {
        let numbers = (max(1, policy.version - offeredVersions + 1)...max(1, policy.version)).reversed()
        let choices = numbers.map { AdminField.Choice(String($0), "Version \($0)") }
        return AdminFilter(
            at: place(policy.id, "/versions"),
            [
                AdminField("from", "From", .choice(choices), value: String(from)),
                AdminField("to", "To", .choice(choices), value: String(to)),
            ], button: "Compare")
    }

    /// Differences as lines that went and lines that came.
    static func listing(_ differences: [PolicyChange.Difference], _ title: String) -> AdminListing {
        let lines = differences.flatMap { difference -> [AdminListing.Line] in
            let before = difference.before.map { AdminListing.Line("\(difference.path): \($0)", .removed) }
            let after = difference.after.map { AdminListing.Line("\(difference.path): \($0)", .added) }
            return [before, after].compactMap { $0 }
        }
        return AdminListing(title, lines: lines.isEmpty ? [.init("There is no difference.")] : lines)
    }

    // MARK: When somebody else was quicker

    /// What somebody else changed while this form was being filled in; nothing otherwise. What was typed stays in the
    /// form, and the next try is made upon what is there now.
    static func outdated(_ policy: GovernedPolicy, _ call: AdminCall) async throws -> [AdminBlock] {
        guard let seen = call.outdated(by: policy.version) else { return [] }
        let changes = try await call.gateway.governance.history(of: policy.id, in: call.tenant)
        let names = try await call.names(of: changes.compactMap(\.actor.subject))
        let title = "What became of it since you opened the form"
        return [
            .text(
                AdminText(
                    "Somebody else changed it in the meantime",
                    [
                        "You opened version \(seen); it is version \(policy.version) now. Nothing of yours was stored, "
                            + "and nothing that you typed is lost: look at what changed, and send the form again if "
                            + "you still mean it."
                    ], tone: .caution)),
            .listing(listing(PolicyChange.differences(in: changes, from: seen, to: policy.version), title)),
            .table(
                AdminTable(
                    "Who changed it", columns: ["Version", "When", "Who", "Why", "What changed"],
                    rows: changes.filter { $0.version > seen }.map { row($0, names) })),
        ]
    }
}

extension String {
    /// The name of an event as words: `PolicyRuleAdded` is "policy rule added".
    fileprivate var asWords: String {
        reduce(into: "") { words, character in
            if character.isUppercase, !words.isEmpty { words.append(" ") }
            words += character.lowercased()
        }
    }
}
