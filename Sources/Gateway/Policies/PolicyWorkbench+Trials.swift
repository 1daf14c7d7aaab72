import Authorization
import Dispatch
import Governance
import Identity
import Storage
import Vocabulary

/// Which recorded decisions to ask again.
public struct BacktestPeriod: Sendable, Hashable {
    /// The longest: thirteen months.
    public static let longest = Duration.days(400)
    /// Records looked at, at most and unless somebody says.
    public static let decisionLimit = 5_000_000

    public let from: Timestamp
    /// Exclusive.
    public let to: Timestamp
    /// Records looked at; past them the trial ends, and says so.
    public let limit: Int

    /// Throws `trial.period` for a time that ends before it begins or is longer than thirteen months, and for a limit
    /// that is none.
    public init(from: Timestamp, to: Timestamp, limit: Int = BacktestPeriod.decisionLimit) throws {
        guard from < to, to - from <= Self.longest, (1...Self.decisionLimit).contains(limit) else {
            throw Fault(
                "trial.period", .caller, "The time is empty, longer than 400 days, or the limit is none.",
                remedy: "Name an end after the beginning, and at most \(Self.decisionLimit) decisions.")
        }
        (self.from, self.to, self.limit) = (from, to, limit)
    }
}

extension PolicyWorkbench {
    /// Records asked in one go: a reader of the store is not held longer than that takes.
    private static let batch = 256
    /// Questions of an impact, and people it is asked for.
    public static let impactQuestions = 100
    public static let impactSubjects = 100_000

    /// Begins to ask what was asked in a time once more, of a candidate and of what it is held against: who loses and
    /// who gains what. Off the way of decisions, and nothing is written.
    ///
    /// - Throws: `trial.too_many` while others run, and what is wrong with a candidate.
    public func backtest(
        _ candidate: PolicyCandidate, against present: PolicyCandidate = .current, over period: BacktestPeriod,
        by caller: Caller
    ) async throws -> PolicyTrial {
        let (tenant, now) = (caller.tenant, clock())
        let isPresent: Bool = if case .current = present { true } else { false }
        let replay = Replay(
            from: try await compiled(present, asOf: now, in: tenant),
            to: try await compiled(candidate, asOf: now, in: tenant), isBeforePresent: isPresent, keys: store.keys,
            now: now)
        return try trials.begin(.backtest, by: caller) { [self] report in
            try await run(replay, over: period, in: tenant, report)
            return replay.found.0
        }
    }

    private func run(
        _ replay: Replay, over period: BacktestPeriod, in tenant: TenantID, _ report: TrialDesk.Report
    ) async throws {
        let cursor = try await Self.onThread { [log] in
            try log.cursor(tenant, DecisionLog.Filter(from: period.from, to: period.to))
        }
        let span = (period.to - period.from).microseconds
        while true {
            try Task.checkCancellation()
            let batch = try await Self.onThread { try cursor.next(Self.batch) }
            guard let last = batch.last else { return }
            let left = period.limit - Int(replay.found.seen)
            try await store.read { sql in try replay.take(Array(batch.prefix(left)), sql) }
            let (found, seen) = replay.found
            report(seen, Double((last.at - period.from).microseconds) / Double(max(span, 1)), found)
            if batch.count > left { return replay.cut() }
            await Task.yield()
        }
    }

    // A thread of its own: files are read on it, and whoever lists decisions need not wait for a backtest.
    private static func onThread<Answer: Sendable>(
        _ body: @escaping @Sendable () throws -> Answer
    ) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }

    private static let queue = DispatchQueue(label: "gatehouse.backtest", qos: .background)

    /// Begins to ask a few questions for everybody of the tenant: who would lose and who would gain what.
    ///
    /// - Parameter questions: at most 100; who asks is everybody, active and not disabled, one after the other.
    /// - Throws: `simulation.questions`, `trial.too_many`, and what is wrong with a candidate.
    public func impact(
        of candidate: PolicyCandidate, against present: PolicyCandidate = .current, on questions: [DraftQuestion],
        by caller: Caller
    ) async throws -> PolicyTrial {
        guard (1...Self.impactQuestions).contains(questions.count) else {
            throw Fault(
                "simulation.questions", .caller, "There are \(questions.count) questions.",
                remedy: "Ask between 1 and \(Self.impactQuestions).")
        }
        let before = try await compiled(present, asOf: nil, in: caller.tenant)
        let after = try await compiled(candidate, asOf: nil, in: caller.tenant)
        return try trials.begin(.impact, by: caller) { [self] report in
            try await survey(questions, before, after, report)
        }
    }

    private func survey(
        _ questions: [DraftQuestion], _ before: TenantAuthorization, _ after: TenantAuthorization,
        _ report: TrialDesk.Report
    ) async throws -> Backtest {
        let (tenant, now) = (before.tenant, clock())
        var found = Backtest()
        var (seen, last) = (0, PersonID?.none)
        let (total, accounts) = try await store.read { sql in
            (try sql.countPeople(in: tenant), try sql.serviceAccounts(in: tenant).map { Subject.serviceAccount($0.id) })
        }
        var subjects = accounts
        while true {
            try Task.checkCancellation()
            let (asked, so) = (subjects, found)
            found = try await store.read { [self] sql in
                var found = so
                for subject in asked { try ask(questions, of: subject, before, after, now, sql, &found) }
                return found
            }
            seen += asked.count
            report(Int64(seen), Double(seen) / Double(max(1, Int(total) + accounts.count)), found)
            if seen >= Self.impactSubjects {
                found.cut()
                return found
            }
            let page = try await store.read { [last] sql in
                try sql.people(in: tenant, after: last, limit: Self.batch).map(\.id)
            }
            guard let end = page.last else { return found }
            (last, subjects) = (end, page.map(Subject.person))
            await Task.yield()
        }
    }

    private func ask(
        _ questions: [DraftQuestion], of subject: Subject, _ before: TenantAuthorization, _ after: TenantAuthorization,
        _ now: Timestamp, _ sql: any SQLConnection, _ found: inout Backtest
    ) throws {
        for isStrong in Set(questions.map { $0.strength.map { $0 >= .aal2 } ?? false }) {
            guard let old = try TrialParty(subject, on: before, isStrong: isStrong, sql, now: now),
                let new = try TrialParty(subject, on: after, isStrong: isStrong, sql, now: now)
            else { return found.skip(.subjectGone, count: Int64(questions.count)) }
            for asked in questions where (asked.strength.map { $0 >= .aal2 } ?? false) == isStrong {
                let question = try question(asked, on: after, now: now)
                let left = try before.judge(question, old), right = try after.judge(question, new)
                if left.governed?.usage != nil || right.governed?.usage != nil { found.noteLimit() }
                found.add(
                    Backtest.Question(
                        subject: subject, action: asked.action, resourceType: asked.resourceType,
                        resourceID: asked.resourceID, at: question.at),
                    before: Backtest.Verdict(left), after: Backtest.Verdict(right))
            }
        }
    }

    /// A trial of the tenant. Throws `not_found`.
    public func trial(_ id: PolicyTrialID, in tenant: TenantID) throws -> PolicyTrial {
        try trials.trial(id, in: tenant)
    }

    /// The tenant's trials, newest first; they are kept for an hour.
    public func trials(in tenant: TenantID) -> [PolicyTrial] { trials.list(in: tenant) }

    /// Ends a running trial; what it found so far stays. Throws `not_found`.
    public func cancel(_ id: PolicyTrialID, in tenant: TenantID) throws -> PolicyTrial {
        try trials.cancel(id, in: tenant)
    }
}
