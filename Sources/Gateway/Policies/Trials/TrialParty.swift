import Authorization
import Governance
import Storage
import Vocabulary

/// Somebody who asks rules on trial, resolved against those rules.
struct TrialParty: Sendable {
    let subject: Subject
    let facts: SubjectFacts
    let standing: Standing
    let governed: GovernedStanding?
    /// With the roles that one factor holds back; nil where none are.
    let held: Held?

    struct Held: Sendable {
        let standing: Standing
        let governed: Standing?
    }

    /// Somebody who is there; nil for nobody, and for who is disabled.
    ///
    /// - Parameter facts: what to take in place of attributes that are stored now.
    init?(
        _ subject: Subject, on authorization: TenantAuthorization, isStrong: Bool, _ sql: any SQLConnection,
        now: Timestamp
    ) throws {
        guard
            let known = try SubjectResolver.resolve(
                subject, against: authorization, sql, isStrong: isStrong, now: now), known.isActive
        else { return nil }
        (self.subject, facts, standing, governed) = (subject, known.standing.facts, known.standing, known.governed)
        let strong =
            known.holdsBackRoles
            ? try SubjectResolver.resolve(subject, against: authorization, sql, isStrong: true, now: now) : nil
        held = strong.map { Held(standing: $0.standing, governed: $0.governed?.standing) }
    }

    /// Somebody described.
    init(_ subject: Subject, _ facts: SubjectFacts, on authorization: TenantAuthorization) throws {
        (self.subject, self.facts, held) = (subject, facts, nil)
        standing = try authorization.index.standing(of: facts)
        governed = try authorization.governed(subject, facts, in: nil)
    }

    /// The same with other facts, as they were read when something was asked.
    func with(_ facts: SubjectFacts, on authorization: TenantAuthorization) throws -> TrialParty {
        TrialParty(
            subject: subject, facts: facts, standing: try authorization.index.standing(of: facts),
            governed: try governed.map { known in
                GovernedStanding(
                    standing: try authorization.book?.standing(of: facts) ?? known.standing, place: known.place,
                    roles: known.roles)
            }, held: held)
    }

    private init(
        subject: Subject, facts: SubjectFacts, standing: Standing, governed: GovernedStanding?, held: Held?
    ) {
        (self.subject, self.facts, self.standing, self.governed, self.held) = (subject, facts, standing, governed, held)
    }
}

/// A question on trial, whoever it came from.
struct TrialQuestion: Sendable {
    let request: DecisionRequest
    let context: [String: AttributeValue]
    let at: Timestamp
    /// A keyed digest of the resource, where a limit counts by it.
    let resourceKey: [UInt8]?
    /// The approval that was given for this very request.
    let grant: RuleInquiry.ApprovalGrant?
}

extension TenantAuthorization {
    /// Decides a question on trial as the decision point would, without recording or asking anybody.
    ///
    /// - Parameter counters: what is counted under limits; nothing unless it is said.
    func judge(
        _ question: TrialQuestion, _ party: TrialParty, counters: (RuleID) -> LimitLedger? = { _ in nil }
    ) throws -> JoinedDecision {
        let (request, now) = (question.request, question.at)
        var plain = index.decide(request, standing: party.standing, now: now)
        if plain.reason != .deniedByRule, let held = party.held {
            plain = try weighing(plain, request, held: held.standing, now: now)
        }
        guard let book, let governed = party.governed else {
            return JoinedDecision(plain: plain, governed: nil, matched: nil, held: nil, edge: nil)
        }
        let inquiry = question.inquiry(party.subject, governed)
        let matched = book.match(inquiry, standing: governed.standing, now: now)
        let held = party.held?.governed.map {
            HeldMatch(decision: book.match(inquiry, standing: $0, now: now), standing: $0)
        }
        let answer = book.weigh(
            matched, inquiry, held: held?.decision, otherwise: plain.isPermitted,
            counters: counters, now: now)
        return JoinedDecision(plain: plain, governed: answer, matched: matched, held: held, edge: nil)
    }

    /// The attributes that an answer rests on, by full name.
    func reads(of joined: JoinedDecision, _ question: TrialQuestion, _ party: TrialParty) -> Set<String> {
        var names = Set(
            index.reads(of: joined.plain, question.request, standing: party.standing).map(\.path.description))
        guard let book, let governed = party.governed, let matched = joined.matched else { return names }
        let all = [(matched, governed.standing)] + (joined.held.map { [($0.decision, $0.standing)] } ?? [])
        for (decision, standing) in all {
            names.formUnion(
                book.index.reads(of: decision, question.request, standing: standing).map(\.path.description))
        }
        names.formUnion(book.contextReads(all.map(\.0)))
        return names
    }
}

extension TrialQuestion {
    func inquiry(_ subject: Subject, _ governed: GovernedStanding) -> RuleInquiry {
        RuleInquiry(
            request, context: context, subject: subject, place: governed.place, roles: governed.roles,
            resourceKey: resourceKey, approvals: grant.map { [$0] } ?? [])
    }
}

extension Backtest.Verdict {
    /// What a joined answer comes to for whoever asked.
    init(_ joined: JoinedDecision) {
        let rules = joined.determining.map(\.description) + joined.governedRules.map(\.description)
        let reason = joined.reasons.first ?? ""
        guard joined.isGoverned, let governed = joined.governed else {
            self.init(joined.isPermitted ? .allowed : .denied, reason: reason, rules: rules)
            return
        }
        self.init(Backtest.Outcome(governed), reason: reason, rules: rules)
    }
}
