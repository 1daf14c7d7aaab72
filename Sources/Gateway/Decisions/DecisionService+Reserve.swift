import Authorization
import Governance
import Storage
import Vocabulary

extension DecisionService {
    /// Decides as `decide` does, and where that permits something under limits, holds the amount back for a while: of two
    /// that do not fit together one is denied, however close they come. The decision is on disk before it is answered.
    ///
    /// The reservation has the decision's id; `LimitDesk` commits or releases it.
    public func reserve(
        _ question: DecisionQuestion, for hold: Duration, in tenant: TenantID, origin: DecisionOrigin, by caller: Caller
    ) async throws -> DecisionAnswer {
        guard hold > .zero, hold <= LimitDesk.longestHold else {
            throw Fault.invalid("A reservation holds from one second to a day.")
        }
        var decided: Decided
        switch try await settle(question, in: tenant, origin) {
        case .refused(let answer): return answer
        case .decided(let found): decided = found
        }
        let id = recorder.nextID(at: decided.call.now)
        let desk = LimitDesk(
            store: resolver.store, memory: resolver.table.limits, cadence: resolver.table.settings.snapshots)
        var reservation: LimitReservation?
        if let wish = decided.wish(id, hold) {
            do { reservation = try await desk.reserve(wish, by: caller) } catch let fault as Fault
                where fault.code == "limit.exceeded"
            {
                decided.decision.governed = decided.decision.governed?.exceedingLimits()
            }
        }
        var isRecorded = true
        do { try await recorder.recordDurably(RecordedDecision(decided, id)) } catch {
            isRecorded = false
            if let held = reservation { try await desk.release(held.id, by: caller) }
            reservation = nil
        }
        var answer = answer(decided, id, isRecorded: isRecorded)
        answer.reservation = reservation
        return answer
    }
}

extension DecisionService.Decided {
    /// What the rule that permits it has to hold; nil where nothing is counted or nothing is permitted.
    fileprivate func wish(_ id: DecisionID, _ hold: Duration) -> LimitDesk.Wish? {
        guard decision.isGoverned, decision.isPermitted, let usage = decision.governed?.usage,
            let rule = decision.governed?.rule?.rule, let limits = call.authorization.book?.bindingLimits(of: rule)
        else { return nil }
        let context = call.question.context
        return LimitDesk.Wish(
            id: ReservationID(high: id.high, low: id.low), rule: rule, limits: limits,
            context: LimitContext(severity: context["severity"]?.string.flatMap(Severity.init), attributes: context),
            usage: usage, timeToLive: hold)
    }
}
