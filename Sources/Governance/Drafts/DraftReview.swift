import Authorization
import Vocabulary

/// What a gateway knows by name, as far as it does; what is nil or not among the closed kinds is not missed.
public struct KnownWords: Sendable {
    public var roles: [String]?
    /// Ids and immutable keys.
    public var groups: [String]?
    /// Actions by resource type, for the types of which all are known.
    public var actions: [String: Set<String>]
    /// Attributes of a subject, without `subject.`; further ones count as unknown where this is not nil.
    public var subjectAttributes: [String]?
    /// Time zones that are there; nil asks for none.
    public var hasZone: (@Sendable (String) -> Bool)?

    /// Knows nothing unless it is said.
    public init(
        roles: [String]? = nil, groups: [String]? = nil, actions: [String: Set<String>] = [:],
        subjectAttributes: [String]? = nil, hasZone: (@Sendable (String) -> Bool)? = nil
    ) {
        (self.roles, self.groups, self.actions) = (roles, groups, actions)
        (self.subjectAttributes, self.hasZone) = (subjectAttributes, hasZone)
    }
}

/// One thing about a document that is wrong, or probably not meant: where, what, and how to mend it.
public struct ReviewFinding: Sendable, Hashable, CustomStringConvertible {
    /// Whether the document can be used in spite of it.
    public enum Gravity: String, Sendable, CaseIterable {
        case error, warning
    }

    public let gravity: Gravity
    /// Where in the document, such as `rules[3].when.all[0].regex`.
    public let path: String
    /// A stable, lower-case name, such as `unknown_role`.
    public let code: String
    public let message: String
    /// What to do about it.
    public let remedy: String

    /// A finding at a place.
    public init(_ gravity: Gravity, _ path: String, _ code: String, _ message: String, _ remedy: String) {
        (self.gravity, self.path, self.code) = (gravity, path, code)
        (self.message, self.remedy) = (message, remedy)
    }

    public var description: String { "\(path): \(message). \(remedy)." }
}

extension PolicyDraft {
    /// Everything wrong with a document, or else everything that is probably not meant by it. Never throws: a document
    /// that cannot be read at all is a finding too.
    public static func review(_ tree: AttributeValue, known: KnownWords = KnownWords()) -> [ReviewFinding] {
        do {
            return try PolicyDraft(tree).review(at: DraftStyle(of: tree) == .rule ? "rule" : nil, known: known)
        } catch {
            guard case .rejected(let faults) = error else {
                return [ReviewFinding(.error, "document", error.code, "it is refused", error.fault.message)]
            }
            return faults.map { ReviewFinding(.error, $0.path, $0.code, $0.message, $0.remedy) }
        }
    }

    /// What is probably not meant.
    ///
    /// - Parameter path: where the one rule stands, of a document that is nothing else.
    private func review(at path: String?, known: KnownWords) -> [ReviewFinding] {
        var findings: [ReviewFinding] = []
        if let zone = details.zone, let hasZone = known.hasZone, !hasZone(zone) {
            findings.append(
                ReviewFinding(
                    .error, "timezone", "unknown_zone", "there is no time zone `\(zone)` here",
                    "Use a name of the IANA database, such as Europe/Berlin"))
        }
        for (number, document) in rules.enumerated() {
            guard let rule = try? Rule.read(document) else { continue }
            var review = RuleReview(rule: rule, path: path ?? "rules[\(number)]", known: known)
            findings += review.findings()
        }
        return findings
    }
}
