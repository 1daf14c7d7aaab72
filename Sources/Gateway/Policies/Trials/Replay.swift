import Authorization
import Governance
import Storage
import Synchronization
import Vocabulary

/// Asks what was asked before once more, of two sets of rules.
///
/// What a request said is taken from the record, and where the record does not have what the rules read, the question
/// is left out and counted: nothing is guessed. Attributes of people that were read then are as they were; which roles
/// and groups they hold is taken as it is today, and `drifted` counts where that shows.
final class Replay: Sendable {
    /// People whose standing is kept at a time.
    private static let partyLimit = 5_000

    private struct PartyKey: Hashable {
        let subject: Subject
        let isStrong: Bool
    }

    private struct State {
        var found = Backtest()
        var seen: Int64 = 0
        var parties: [PartyKey: Pair?] = [:]
    }

    /// One subject on both sides.
    private struct Pair {
        let before: TrialParty
        let after: TrialParty
    }

    private let before: TenantAuthorization
    private let after: TenantAuthorization
    /// Whether the record was made by what `before` stands for.
    private let isBeforePresent: Bool
    private let keys: KeyRing
    private let now: Timestamp
    private let state = Mutex(State())

    init(
        from before: TenantAuthorization, to after: TenantAuthorization, isBeforePresent: Bool, keys: KeyRing,
        now: Timestamp
    ) {
        (self.before, self.after, self.isBeforePresent) = (before, after, isBeforePresent)
        (self.keys, self.now) = (keys, now)
    }

    /// What was found so far, and how many records were looked at.
    var found: (Backtest, seen: Int64) { state.withLock { ($0.found, $0.seen) } }

    /// Notes that not all there is was asked.
    func cut() { state.withLock { $0.found.cut() } }

    /// Asks the questions of some records.
    func take(_ batch: [StoredDecision], _ sql: any SQLConnection) throws {
        try state.withLock { state in
            for record in batch {
                state.seen += 1
                try ask(record, &state, sql)
            }
        }
    }

    private func ask(_ record: StoredDecision, _ state: inout State, _ sql: any SQLConnection) throws {
        let count = record.fold?.count ?? 1
        let inputs: DecisionInputs
        switch record.inputs {
        case .read(let read): inputs = read
        case .unreadable: return state.found.skip(.unreadable, count: count)
        case .notSealed, .tooLarge: return state.found.skip(.notKept, count: count)
        }
        guard let subject = record.asker.subject, let known = try pair(of: subject, record, &state, sql) else {
            return state.found.skip(.subjectGone, count: count)
        }
        let recorded = RecordedInputs(inputs)
        guard let question = try? question(recorded, record, sql) else {
            return state.found.skip(.notKept, count: count)
        }
        let pair =
            try recorded.changes(known.before.facts).map { facts in
                Pair(before: try known.before.with(facts, on: before), after: try known.after.with(facts, on: after))
            } ?? known
        try weigh(question, pair, recorded, record, count, &state.found)
    }

    private func weigh(
        _ question: TrialQuestion, _ pair: Pair, _ recorded: RecordedInputs, _ record: StoredDecision, _ count: Int64,
        _ found: inout Backtest
    ) throws {
        let old = try before.judge(question, pair.before), new = try after.judge(question, pair.after)
        let reads = before.reads(of: old, question, pair.before).union(after.reads(of: new, question, pair.after))
        let missing = reads.filter { !recorded.knows($0) }
        guard missing.isEmpty else {
            let isDigest = missing.contains(where: recorded.digests.contains)
            return found.skip(isDigest ? .digestOnly : .inputNotRecorded, missing: missing.sorted(), count: count)
        }
        if isBeforePresent, old.isPermitted != (record.outcome == .permit) { found.noteDrift(count) }
        if old.governed?.usage != nil || new.governed?.usage != nil { found.noteLimit(count) }
        found.add(
            Backtest.Question(
                subject: pair.before.subject, action: question.request.action,
                resourceType: question.request.resourceType, resourceID: question.request.resourceID,
                at: record.at, decision: record.id, count: count),
            before: Backtest.Verdict(old), after: Backtest.Verdict(new))
    }

    private func pair(
        of subject: Subject, _ record: StoredDecision, _ state: inout State, _ sql: any SQLConnection
    ) throws -> Pair? {
        let isStrong = record.asker.credential != nil && record.asker.strength >= .aal2
        let key = PartyKey(subject: subject, isStrong: isStrong)
        if let known = state.parties[key] { return known }
        var pair: Pair?
        if let old = try TrialParty(subject, on: before, isStrong: isStrong, sql, now: now),
            let new = try TrialParty(subject, on: after, isStrong: isStrong, sql, now: now)
        {
            pair = Pair(before: old, after: new)
        }
        if state.parties.count >= Self.partyLimit { state.parties.removeAll(keepingCapacity: true) }
        state.parties[key] = .some(pair)
        return pair
    }

    private func question(
        _ recorded: RecordedInputs, _ record: StoredDecision, _ sql: any SQLConnection
    ) throws -> TrialQuestion {
        let asker = record.asker
        let authentication =
            asker.credential == nil
            ? nil
            : RequestAuthentication(
                strength: asker.strength, authenticatedAt: asker.authenticatedAt, anomalies: recorded.anomalies)
        let (type, id) = (recorded.inputs.resourceType, recorded.inputs.resourceID)
        let countsByResource = before.countsByResource || after.countsByResource
        return TrialQuestion(
            request: try DecisionRequest(
                action: recorded.inputs.action, resourceType: type, resourceID: id,
                resourceAttributes: Attributes(recorded.resource), context: Attributes(recorded.context),
                authentication: authentication),
            context: recorded.context, at: record.at,
            resourceKey: countsByResource
                ? try DecisionService.resourceKey(type, id, keys: keys, in: before.tenant) : nil,
            grant: try record.approval.flatMap { try grant($0, sql) })
    }

    /// What was approved then stays approved, for the rules it was given for.
    private func grant(_ text: String, _ sql: any SQLConnection) throws -> RuleInquiry.ApprovalGrant? {
        guard let id = ApprovalID(text) else { return nil }
        let stream = Governed.approval(id)
        guard let approval = try stream.load(sql, in: before.tenant, keys: keys).state,
            [.approved, .overridden].contains(approval.state)
        else { return nil }
        return RuleInquiry.ApprovalGrant(id, rules: Set(approval.rules))
    }
}
