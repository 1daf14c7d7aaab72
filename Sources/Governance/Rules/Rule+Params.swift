import Vocabulary

extension Rule {
    /// The parameters for a request: by its severity where they differ by that, with `{name}` in a text replaced by
    /// another parameter or a plain value of the context. A parameter that has no value at this severity is left out.
    func resolvedParams(_ inquiry: RuleInquiry) -> [String: AttributeValue] {
        var resolved: [String: AttributeValue] = [:]
        for (name, parameter) in params {
            switch parameter {
            case .fixed(let value): resolved[name] = value
            case .bySeverity(let values): resolved[name] = inquiry.severity.flatMap { values[$0] }
            }
        }
        let plain = resolved
        return resolved.mapValues { value in
            guard case .string(let text) = value, text.utf8.contains(0x7B) else { return value }
            return .string(Self.filled(text) { plain[$0] ?? inquiry.context[$0] })
        }
    }

    /// Replaces each `{name}` once; what a value contains is not looked at again. An unknown name stays as it stands.
    static func filled(_ template: String, _ value: (String) -> AttributeValue?) -> String {
        var out = ""
        var rest = template[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            out += rest[..<open]
            let name = String(rest[rest.index(after: open)..<close])
            out += value(name).flatMap(plainText) ?? String(rest[open...close])
            rest = rest[rest.index(after: close)...]
            // A context may hold long texts; a message need not.
            if out.utf8.count > Limits.templateBytes { return String(out.prefix(Limits.templateBytes)) }
        }
        return out + rest
    }

    private static func plainText(_ value: AttributeValue) -> String? {
        switch value {
        case .string(let text): String(text.prefix(256))
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        case .null, .list, .object: nil
        }
    }

    /// What carrying it out would add to the counters.
    func usage(_ inquiry: RuleInquiry, params: [String: AttributeValue], at now: Timestamp, zone: Zone) -> Usage {
        var amounts: [String: Amount] = [:]
        for name in limits.compactMap(\.measure.parameter) {
            // What the rule says goes before what the request says: the rule's is what will be carried out.
            if let amount = (params[name] ?? inquiry.context[name]).flatMap(Amount.init) { amounts[name] = amount }
        }
        return Usage(
            at: now, zone: zone, user: inquiry.subject, resource: inquiry.resourceKey, amounts: amounts)
    }
}
