import Vocabulary

/// What other rules would have answered to the same questions, added up as the answers come in. Nothing is carried out
/// and nothing counted under any limit; memory is bounded however many questions there are.
public struct Backtest: Sendable, Hashable {
    /// Bounds of what is kept singly; what is past them is counted only.
    public enum Limits {
        public static let flips = 10_000
        /// Subjects, and resources, that have a total of their own.
        public static let totals = 10_000
    }

    /// What a decision comes to for whoever asked, the least first.
    public enum Outcome: String, Sendable, CaseIterable, Comparable {
        case denied, asked, allowed, executed

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
        public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

        /// What the answer of governed rules comes to.
        public init(_ decision: RuleDecision) {
            self =
                !decision.isAllowed
                ? .denied : decision.needsApproval ? .asked : decision.execute ? .executed : .allowed
        }
    }

    /// An answer, and why.
    public struct Verdict: Sendable, Hashable {
        public let outcome: Outcome
        /// A stable code.
        public let reason: String
        /// What decided, as records name it; empty for nothing.
        public let rules: [String]

        /// An answer with its reason.
        public init(_ outcome: Outcome, reason: String, rules: [String] = []) {
            (self.outcome, self.reason, self.rules) = (outcome, reason, rules)
        }

        /// The answer of governed rules alone.
        public init(_ decision: RuleDecision) {
            self.init(
                Outcome(decision), reason: decision.reason.rawValue,
                rules: decision.determining.map(\.description))
        }
    }

    /// One question as it was asked.
    public struct Question: Sendable, Hashable {
        public let subject: Subject
        public let action: String
        public let resourceType: String
        public let resourceID: String
        public let at: Timestamp
        /// The recorded decision; nil for a question that was made up.
        public let decision: DecisionID?
        /// How many times it was asked in the same breath.
        public let count: Int64

        /// Who wanted to do what to which thing, and when.
        public init(
            subject: Subject, action: String, resourceType: String, resourceID: String, at: Timestamp,
            decision: DecisionID? = nil, count: Int64 = 1
        ) {
            (self.subject, self.action, self.resourceType) = (subject, action, resourceType)
            (self.resourceID, self.at, self.decision, self.count) = (resourceID, at, decision, count)
        }
    }

    /// One question that is answered otherwise.
    public struct Flip: Sendable, Hashable {
        public let question: Question
        public let before: Verdict
        public let after: Verdict

        /// Whether whoever asked can do less than before.
        public var isLoss: Bool { after.outcome < before.outcome }
    }

    /// How many questions somebody, or something, gained and lost.
    public struct Total: Sendable, Hashable {
        public internal(set) var gains: Int64 = 0
        public internal(set) var losses: Int64 = 0
    }

    /// A resource with its type.
    public struct ResourceName: Sendable, Hashable, Comparable {
        public let type: String
        public let id: String
        public static func < (left: Self, right: Self) -> Bool { (left.type, left.id) < (right.type, right.id) }
    }

    /// Why a recorded question cannot be asked again.
    public enum Skip: String, Sendable, CaseIterable {
        /// The rules read something that was not recorded because no rule read it then.
        case inputNotRecorded = "input_not_recorded"
        /// What was asked is sealed under a key that is gone: the person was erased.
        case unreadable
        /// It was not kept when it was recorded: too large, or not to be sealed.
        case notKept = "not_kept"
        /// Whoever asked is not there any more, was unknown, or is disabled.
        case subjectGone = "subject_gone"
        /// An attribute was recorded as a digest only.
        case digestOnly = "digest_only"
    }

    /// Questions that were answered by both.
    public private(set) var questions: Int64 = 0
    /// Those that are answered otherwise.
    public private(set) var flipCount: Int64 = 0
    /// The first of them, in the order they were asked.
    public private(set) var flips: [Flip] = []
    /// How many went from which outcome to which.
    public private(set) var totals: [Outcome: [Outcome: Int64]] = [:]
    public private(set) var bySubject: [Subject: Total] = [:]
    public private(set) var byResource: [ResourceName: Total] = [:]
    /// Flips that stand in no total by subject because there are too many subjects.
    public private(set) var uncountedBySubject: Int64 = 0
    /// Flips that stand in no total by resource because there are too many resources.
    public private(set) var uncountedByResource: Int64 = 0
    /// Questions that could not be asked again, by why.
    public private(set) var skipped: [Skip: Int64] = [:]
    /// The attributes that were missing of those that were not recorded, by how often.
    public private(set) var missing: [String: Int64] = [:]
    /// Questions whose present rules answer otherwise than the record says: facts or rules have changed since.
    public private(set) var drifted: Int64 = 0
    /// Questions whose answer rests on a limit, which was taken as unused.
    public private(set) var limited: Int64 = 0

    /// Whether there is more that was not asked.
    public private(set) var isCut = false

    /// Nothing asked yet.
    public init() {}

    /// Counts one question and what both answer.
    public mutating func add(_ question: Question, before: Verdict, after: Verdict) {
        questions += question.count
        totals[before.outcome, default: [:]][after.outcome, default: 0] += question.count
        guard before.outcome != after.outcome else { return }
        flipCount += question.count
        let flip = Flip(question: question, before: before, after: after)
        if flips.count < Limits.flips { flips.append(flip) }
        let resource = ResourceName(type: question.resourceType, id: question.resourceID)
        if !Self.count(flip, under: question.subject, in: &bySubject) { uncountedBySubject += question.count }
        if !Self.count(flip, under: resource, in: &byResource) { uncountedByResource += question.count }
    }

    private static func count<Key: Hashable>(_ flip: Flip, under key: Key, in totals: inout [Key: Total]) -> Bool {
        guard totals[key] != nil || totals.count < Limits.totals else { return false }
        if flip.isLoss {
            totals[key, default: Total()].losses += flip.question.count
        } else {
            totals[key, default: Total()].gains += flip.question.count
        }
        return true
    }

    /// Counts a question that cannot be asked again.
    public mutating func skip(_ why: Skip, missing names: [String] = [], count: Int64 = 1) {
        skipped[why, default: 0] += count
        for name in names where missing[name] != nil || missing.count < Limits.totals {
            missing[name, default: 0] += count
        }
    }

    /// Counts a question that present rules answer otherwise than they did then.
    public mutating func noteDrift(_ count: Int64 = 1) { drifted += count }

    /// Notes that not everything there is was asked.
    public mutating func cut() { isCut = true }

    /// Counts a question whose answer rests on a limit.
    public mutating func noteLimit(_ count: Int64 = 1) { limited += count }
}
