import Authorization
import Vocabulary

extension RuleBook {
    /// The attributes of a request's context that the rules which matched read beside their conditions: what narrows
    /// their policies, tells a severity, or is counted. By full name, such as `context.environment`, in order.
    ///
    /// - Parameter matched: what `match` answered; what matched with roles that are held back may be given as well.
    public func contextReads(_ matched: [Decision]) -> [String] {
        var names: Set<String> = []
        for decision in matched {
            for case .policy(_, let version) in decision.determining + decision.erred.map(\.rule)
            where Int(version) < entries.count {
                names.formUnion(entries[Int(version)].contextReads)
            }
        }
        return names.sorted().map { "context.\($0)" }
    }
}

extension RuleBook.Entry {
    fileprivate var contextReads: Set<String> {
        var names: Set<String> = []
        for scope in [scope] + standIns.map(\.scope) {
            if !scope.environments.isEmpty { names.insert("environment") }
            if !scope.services.isEmpty { names.insert("service_name") }
        }
        if readsSeverity { names.insert("severity") }
        for limit in rule.limits {
            if let parameter = limit.measure.parameter, rule.params[parameter] == nil { names.insert(parameter) }
            if case .attribute(let name, _) = limit.maximum { names.insert(name) }
        }
        return names
    }

    /// Whether anything of it differs by the severity of a request.
    var readsSeverity: Bool {
        rule.approval?.bypassAt != nil
            || rule.params.values.contains { if case .bySeverity = $0 { true } else { false } }
            || rule.limits.contains { if case .bySeverity = $0.maximum { true } else { false } }
    }
}
