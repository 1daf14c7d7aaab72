import Vocabulary

/// How one limit stood to what was asked. For privileged eyes: it says what others have used.
public struct LimitTrace: Sendable, Hashable {
    /// What the limit came to, as a stable word for programs.
    public enum Outcome: String, Sendable, CaseIterable {
        case within
        /// Enough would have been allowed, had less been used before.
        case usedUp = "used_up"
        /// More at once than is ever allowed.
        case tooMuch = "too_much"
        /// How much is allowed or asked goes by the severity, and the request names none that counts.
        case noSeverity = "no_severity"
        /// The request does not say how much it asks for.
        case noAmount = "no_amount"
        /// The limit counts by resource, and the request names none.
        case noResource = "no_resource"
    }

    public let limit: Limit
    /// What this request would add; nil where it does not say.
    public let asked: Amount?
    /// What was executed and what is held back, counted together.
    public let used: Amount
    public let maximum: Amount
    /// Nothing where more was used than is allowed now.
    public let left: Amount
    public let outcome: Outcome
}

extension LimitLedger {
    /// How a limit stands to a usage that is to come.
    ///
    /// - Parameter parameters: parameters that the rule itself gives by severity.
    func trace(
        _ limit: Limit, for usage: Usage, _ context: LimitContext, goingBySeverity parameters: Set<String>,
        at now: Timestamp
    ) -> LimitTrace {
        let maximum = limit.maximum.amount(context)
        let headroom = headroom(limit, for: usage, context, at: now)
        let asked = usage.amount(for: limit.measure)
        let outcome: LimitTrace.Outcome =
            if limit.maximum.lacksSeverity(context) || asked == nil && limit.goesBySeverity(parameters) {
                .noSeverity
            } else if limit.sharing == .resource, usage.resource == nil {
                .noResource
            } else if let asked {
                asked <= headroom ? .within : asked > maximum ? .tooMuch : .usedUp
            } else {
                .noAmount
            }
        return LimitTrace(
            limit: limit, asked: asked, used: maximum - headroom, maximum: maximum, left: max(.zero, headroom),
            outcome: outcome)
    }
}

extension Limit.Maximum {
    /// Whether it goes by severity, and the request has none that it names.
    fileprivate func lacksSeverity(_ context: LimitContext) -> Bool {
        guard case .bySeverity(let amounts) = self else { return false }
        return context.severity.flatMap { amounts[$0] } == nil
    }
}

extension Limit {
    fileprivate func goesBySeverity(_ parameters: Set<String>) -> Bool {
        measure.parameter.map(parameters.contains) ?? false
    }
}
