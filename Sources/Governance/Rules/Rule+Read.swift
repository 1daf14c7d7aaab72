import Authorization
import Vocabulary

extension Rule {
    /// Reads a rule's document. Throws `GovernanceError.rejected` with every fault, each with place and cure.
    public static func read(_ document: AttributeValue, id: RuleID = RuleID(high: 0, low: 0)) throws(GovernanceError)
        -> Rule
    {
        var log = FaultLog()
        var reader = RuleReader(node: DocumentNode(value: document, path: "rule"), id: id)
        if let rule = reader.read(&log), log.faults.isEmpty { return rule }
        throw .rejected(log.faults)
    }
}

/// Reads one rule: what the decision engine knows goes to its own reader, the rest is read here.
struct RuleReader {
    let node: DocumentNode
    let id: RuleID

    private static let matching = ["subjects", "actions", "resources", "when"]
    private static let keys =
        [
            "id", "name", "description", "effect", "priority", "require", "params", "window", "limits", "approval",
            "roles", "auto_execute", "auto_suggest",
        ] + matching

    mutating func read(_ log: inout FaultLog) -> Rule? {
        guard let members = node.members(Self.keys, required: ["id", "effect"], &log) else { return nil }
        let name = members["id"]?.text(limit: PolicyLimits.idBytes, &log)
        let effect = members["effect"].flatMap { $0.word(Rule.Effect.self, &log) }
        let priority = members["priority"].flatMap { $0.integer(-PolicyLimits.priority...PolicyLimits.priority, &log) }
        let demand = members["require"].flatMap { self.demand($0, &log) }
        let params = members["params"].map { self.params($0, &log) } ?? [:]
        let windows = members["window"].map { self.windows($0, &log) } ?? []
        let limits = members["limits"].map { self.limits($0, params, &log) } ?? []
        let approval = members["approval"].flatMap { self.approval($0, &log) } ?? effect.flatMap(Rule.Approval.fallback)
        let roles = members["roles"]?.texts(itemLimit: PolicyLimits.listItems, byteLimit: PolicyLimits.nameBytes, &log)
        let execute = flag(members["auto_execute"], &log), suggest = flag(members["auto_suggest"], &log)
        checkEffect(effect, members, demand, &log)
        guard let name, let effect, let matcher = matcher(members, &log) else { return nil }
        checkSessionBounds(matcher, params, &log)
        return Rule(
            id: id, name: name, effect: effect, matcher: matcher, priority: priority ?? 0, demand: demand,
            params: params, windows: windows, limits: limits, approval: approval, roles: roles ?? [],
            autoExecute: execute, autoSuggest: suggest)
    }

    /// What bounds a session is known when the rule is written, not when somebody cannot sign in.
    private func checkSessionBounds(
        _ matcher: Policy, _ params: [String: Rule.Parameter], _ log: inout FaultLog
    ) {
        guard case .named(let actions) = matcher.actions, actions.contains(SessionQuestion.signIn.rawValue) else {
            return
        }
        for key in [SessionQuestion.idleParameter, SessionQuestion.absoluteParameter] {
            guard let parameter = params[key] else { continue }
            if case .fixed(let value) = parameter, let seconds = value.integer, seconds > 0 { continue }
            log.report("\(node.path).params.\(key)", "bad_value", "a time is no positive whole number", "Write seconds")
        }
    }

    private func checkEffect(
        _ effect: Rule.Effect?, _ members: [String: DocumentNode], _ demand: AuthenticationDemand?,
        _ log: inout FaultLog
    ) {
        guard let effect else { return }
        if effect == .stepUp, demand == nil {
            log.report("\(node.path).require", "missing_key", "a step-up demands nothing", "Add `require`")
        }
        if ![.allow, .stepUp].contains(effect), let place = members["require"] {
            log.report(place.path, "bad_require", "only `allow` and `step_up` demand something", "Remove `require`")
        }
        let opening = ["params", "limits", "auto_execute", "auto_suggest", "roles"]
        for key in opening where effect != .allow && members[key] != nil {
            log.report("\(node.path).\(key)", "bad_effect", "only an `allow` has `\(key)`", "Remove it")
        }
        if ![.allow, .requireApproval, .requireReview].contains(effect), let place = members["approval"] {
            log.report(place.path, "bad_effect", "\(effect.rawValue) asks nobody", "Remove `approval`")
        }
    }

    /// The matching part as the decision engine's own document, so that there is one language and one reader.
    private func matcher(_ members: [String: DocumentNode], _ log: inout FaultLog) -> Policy? {
        var element: [String: AttributeValue] = [
            "id": .string(id.description), "effect": "allow", "subjects": "any", "actions": "*", "resources": "any",
        ]
        for key in Self.matching { if let member = members[key] { element[key] = member.value } }
        do {
            return try PolicyDocument(["version": 1, "policies": .list([.object(element)])]).policies.first
        } catch let rejection as PolicyRejection {
            for fault in rejection.faults {
                let place = fault.path.hasPrefix("policies[0]") ? String(fault.path.dropFirst(11)) : ".\(fault.path)"
                log.report(node.path + place, fault.code, fault.message, fault.remedy)
            }
        } catch {
            log.report(node.path, "unreadable", "the rule cannot be read", "Write it anew")
        }
        return nil
    }

    private func flag(_ node: DocumentNode?, _ log: inout FaultLog) -> Bool {
        guard let node else { return false }
        if case .bool(let flag) = node.value { return flag }
        log.report(node.path, "wrong_type", "found \(node.kind), expected true or false", "Write true or false")
        return false
    }

    private func demand(_ node: DocumentNode, _ log: inout FaultLog) -> AuthenticationDemand? {
        guard let members = node.members(["acr", "max_age"], required: [], &log) else { return nil }
        if members.isEmpty { log.report(node.path, "empty", "nothing is demanded", "Write `acr`, `max_age` or both") }
        let strength = members["acr"].flatMap { $0.word(DemandedStrength.self, &log) }
        return AuthenticationDemand(
            strength: strength.map { $0 == .aal1 ? .aal1 : .aal2 },
            maxAgeSeconds: members["max_age"].flatMap { $0.integer(1...PolicyLimits.maxAgeSeconds, &log) })
    }

    private func params(_ node: DocumentNode, _ log: inout FaultLog) -> [String: Rule.Parameter] {
        guard case .object(let members) = node.value, members.count <= Rule.Limits.params else {
            log.report(
                node.path, "wrong_type", "found \(node.kind), or too many",
                "Write at most \(Rule.Limits.params) parameters by name")
            return [:]
        }
        var params: [String: Rule.Parameter] = [:]
        for (key, value) in members {
            let place = DocumentNode(value: value, path: node.child(key))
            guard isPlain(value) || isBySeverity(value), key.utf8.count <= PolicyLimits.nameBytes else {
                log.report(
                    place.path, "wrong_type", "found \(place.kind)",
                    "Write text, a number, true, false, or one of these by severity")
                continue
            }
            params[key] = parameter(value)
        }
        return params
    }

    private func isPlain(_ value: AttributeValue) -> Bool {
        switch value {
        case .bool, .integer: true
        case .number(let number): number.isFinite
        case .string(let text): text.utf8.count <= Rule.Limits.templateBytes
        case .null, .list, .object: false
        }
    }

    private func isBySeverity(_ value: AttributeValue) -> Bool {
        guard case .object(let members) = value, !members.isEmpty else { return false }
        return members.allSatisfy { Severity(rawValue: $0.key) != nil && isPlain($0.value) }
    }

    private func parameter(_ value: AttributeValue) -> Rule.Parameter {
        guard case .object(let members) = value else { return .fixed(value) }
        var values: [Severity: AttributeValue] = [:]
        for (key, value) in members { Severity(rawValue: key).map { values[$0] = value } }
        return .bySeverity(values)
    }

    private func windows(_ node: DocumentNode, _ log: inout FaultLog) -> [TimeWindow] {
        guard case .list = node.value else { return window(node, &log).map { [$0] } ?? [] }
        return (node.items(limit: Rule.Limits.windows, &log) ?? []).compactMap { window($0, &log) }
    }

    private func window(_ node: DocumentNode, _ log: inout FaultLog) -> TimeWindow? {
        let keys = ["days", "start", "end"]
        guard let members = node.members(keys, required: keys, &log), members.count == 3 else { return nil }
        var days: Set<Int> = []
        for item in members["days"]?.items(limit: 7, &log) ?? [] {
            guard let day = item.integer(0...6, &log) else { continue }
            days.insert(Int(day))
        }
        func minutes(_ key: String) -> Int? {
            guard let place = members[key], let text = place.text(limit: 5, &log) else { return nil }
            if let minutes = TimeWindow.minutes(text) { return minutes }
            log.report(place.path, "bad_time", "`\(text)` is not a time of day", "Write `08:00`")
            return nil
        }
        guard let start = minutes("start"), let end = minutes("end") else { return nil }
        return TimeWindow(days: days, start: start, end: end)
    }

    private func approval(_ node: DocumentNode, _ log: inout FaultLog) -> Rule.Approval? {
        let keys = ["required", "roles", "workflow", "bypass_if_severity"]
        guard let members = node.members(keys, required: [], &log) else { return nil }
        if let required = members["required"], required.value == .bool(false) { return nil }
        let roles =
            members["roles"]?.texts(itemLimit: PolicyLimits.listItems, byteLimit: PolicyLimits.nameBytes, &log) ?? []
        var workflow: WorkflowTemplateID?
        if let place = members["workflow"], let text = place.text(limit: 36, &log) {
            workflow = WorkflowTemplateID(text)
            if workflow == nil { log.report(place.path, "bad_id", "`\(text)` is no id", "Write a template's id") }
        }
        if roles.isEmpty, workflow == nil {
            log.report(node.path, "empty", "nobody could approve", "Name `roles` or a `workflow`")
        }
        return Rule.Approval(
            roles: roles, workflow: workflow,
            bypassAt: members["bypass_if_severity"].flatMap { $0.word(Severity.self, &log) })
    }
}

/// The words for `acr` in documents.
enum DemandedStrength: String, CaseIterable {
    case aal1, aal2
}
