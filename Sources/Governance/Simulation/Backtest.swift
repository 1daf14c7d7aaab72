import Authorization
import Vocabulary

/// One question as it was asked, to be asked again.
public struct RecordedInquiry: Sendable {
    public let inquiry: RuleInquiry
    public let facts: SubjectFacts
    public let at: Timestamp

    /// A question, what was known of its subject, and when it was asked.
    public init(_ inquiry: RuleInquiry, facts: SubjectFacts, at: Timestamp) {
        (self.inquiry, self.facts, self.at) = (inquiry, facts, at)
    }
}

/// What another set of rules would have answered to the same questions. Nothing is carried out and nothing counted.
public struct Backtest: Sendable, Hashable {
    /// Flips kept singly; further ones are counted only.
    public static let flipLimit = 10_000

    /// What a decision comes to for whoever asked.
    public enum Outcome: String, Sendable, CaseIterable {
        case denied, asked, allowed, executed

        init(_ decision: RuleDecision) {
            guard decision.isAllowed else {
                self = .denied
                return
            }
            self = decision.needsApproval ? .asked : decision.execute ? .executed : .allowed
        }
    }

    /// One question that is answered otherwise.
    public struct Flip: Sendable, Hashable {
        public let subject: Subject
        public let action: String
        public let resourceType: String
        public let resourceID: String
        public let at: Timestamp
        public let before: Outcome
        public let after: Outcome
        public let reasonBefore: RuleDecision.Reason
        public let reasonAfter: RuleDecision.Reason
    }

    public private(set) var questions = 0
    public private(set) var flipCount = 0
    /// In the order they were asked.
    public private(set) var flips: [Flip] = []
    /// How many went from which outcome to which.
    public private(set) var totals: [Outcome: [Outcome: Int]] = [:]
    /// How many flips each subject has.
    public private(set) var bySubject: [Subject: Int] = [:]

    /// Asks both sets of rules. Counters are as the caller hands them; without any, limits are judged as unused.
    public init(
        _ recorded: some Sequence<RecordedInquiry>, from current: RuleBook, to draft: RuleBook,
        counters: (RuleID) -> LimitLedger? = { _ in nil }
    ) throws {
        for one in recorded {
            let before = try current.answer(one, counters), after = try draft.answer(one, counters)
            count(one, before, after)
        }
    }

    private mutating func count(_ one: RecordedInquiry, _ before: RuleDecision, _ after: RuleDecision) {
        let (old, new) = (Outcome(before), Outcome(after))
        questions += 1
        totals[old, default: [:]][new, default: 0] += 1
        guard old != new else { return }
        flipCount += 1
        bySubject[one.inquiry.subject, default: 0] += 1
        guard flips.count < Self.flipLimit else { return }
        let request = one.inquiry.request
        flips.append(
            Flip(
                subject: one.inquiry.subject, action: request.action, resourceType: request.resourceType,
                resourceID: request.resourceID, at: one.at, before: old, after: new, reasonBefore: before.reason,
                reasonAfter: after.reason))
    }
}

extension RuleBook {
    fileprivate func answer(_ one: RecordedInquiry, _ counters: (RuleID) -> LimitLedger?) throws -> RuleDecision {
        decide(one.inquiry, standing: try standing(of: one.facts), counters: counters, now: one.at)
    }
}
