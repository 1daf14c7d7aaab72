import HTTPAPI
@_spi(SAMLDebugging) import SAML
import Vocabulary

/// What an inspection found, for people and for machines.
struct SAMLReport {
    let finding: SAMLFinding
    let inspection: SAMLInspection

    init(_ finding: SAMLFinding, _ inspection: SAMLInspection) {
        self.finding = finding
        self.inspection = inspection
    }

    /// Prints it; exit status 1 where the message was refused.
    func show(json: Bool) throws {
        if json { Console.line(CanonicalJSON.encode(self.json)) } else { Console.line(text) }
        guard finding.isAccepted else { throw CommandRefusal() }
    }

    var json: AttributeValue {
        .object([
            "verdict": .string(finding.isAccepted ? "accept" : "reject"), "kind": .string(inspection.kind.rawValue),
            "policy": .string(inspection.policy == .strict ? "strict" : "legacy"),
            "reasons": .list(finding.reasons.map { .string($0) }),
            "identity": identity.map { .object(Dictionary($0.map { ($0.key, $0.value) }) { first, _ in first }) }
                ?? .null,
            "checks": .list(finding.checks.map(Self.json)),
        ])
    }

    private static func json(_ check: SAMLCheck) -> AttributeValue {
        var members: [String: AttributeValue] = [
            "reason": .string(check.reason.rawValue), "subject": .string(check.subject),
        ]
        switch check.outcome {
        case .passed: members["outcome"] = "passed"
        case .skipped(let why):
            members["outcome"] = "skipped"
            members["detail"] = .string(why)
        case .failed(let error):
            members["outcome"] = "failed"
            members["detail"] = .string(error.detail)
            members["line"] = error.position.map { .integer(Int64($0.line)) }
        }
        return .object(members)
    }

    var text: String {
        let policy = inspection.policy == .strict ? "" : " (legacy policy; the service believes strict ones only)"
        var lines = [
            (finding.isAccepted ? "✓ accepted" : "✗ refused: " + finding.reasons.joined(separator: ", ")) + policy
        ]
        if let identity {
            lines.append("")
            let width = identity.map(\.key.count).max() ?? 0
            for (name, value) in identity { lines += Self.lines(name, value, width) }
        }
        lines.append("")
        lines += finding.checks.map(Self.line)
        return lines.map(Console.plain).joined(separator: "\n")
    }

    private static func lines(_ name: String, _ value: AttributeValue, _ width: Int) -> [String] {
        let label = "  " + name.replacing("_", with: " ") + String(repeating: " ", count: width - name.count) + "  "
        switch value {
        case .object(let members):
            return [String(repeating: " ", count: 2) + name]
                + members.sorted { $0.key < $1.key }.flatMap { name, value in
                    (value.list ?? [value]).map { "      \(name) = \($0.cell)" }
                }
        case .list(let values): return [label + values.map(\.cell).joined(separator: ", ")]
        default: return [label + value.cell]
        }
    }

    private static func line(_ check: SAMLCheck) -> String {
        let code = check.reason.rawValue + String(repeating: " ", count: max(0, 15 - check.reason.rawValue.count))
        switch check.outcome {
        case .passed: return "  ✓ \(code) \(check.subject)"
        case .skipped(let why): return "  – \(code) \(check.subject): not looked at, \(why)"
        case .failed(let error):
            let place = error.position.map { " (line \($0.line))" } ?? ""
            return "  ✗ \(code) \(check.subject): \(error.detail)\(place)"
        }
    }
}

extension SAMLReport {
    /// Who is meant, in the order that people read it.
    private var identity: KeyValuePairs<String, AttributeValue>? {
        if let assertion = finding.assertion { return Self.identity(assertion) }
        guard let message = finding.message else { return nil }
        return [
            "issuer": .string(message.issuer), "id": .string(message.id), "name_id": Self.text(message.nameID?.value),
            "name_id_format": Self.text(message.nameID?.format),
            "session_indexes": .list(message.sessionIndexes.map { .string($0) }),
            "in_response_to": Self.text(message.inResponseTo), "signed": .bool(message.isSigned),
        ]
    }

    private static func identity(_ assertion: VerifiedAssertion) -> KeyValuePairs<String, AttributeValue> {
        let attributes = assertion.attributes.map { ($0.name, AttributeValue.list($0.texts.map { .string($0) })) }
        return [
            "name_id": text(assertion.nameID?.value), "name_id_format": text(assertion.nameID?.format),
            "name_qualifier": text(assertion.nameID?.nameQualifier),
            "sp_name_qualifier": text(assertion.nameID?.spNameQualifier), "issuer": .string(assertion.issuer),
            "session_index": text(assertion.sessionIndex), "authn_context": text(assertion.authnContextClass),
            "authn_instant": .string("\(assertion.authnInstant)"),
            "session_not_on_or_after": text(assertion.sessionNotOnOrAfter.map { "\($0)" }),
            "in_response_to": text(assertion.inResponseTo), "assertion_id": .string(assertion.id),
            "not_on_or_after": .string("\(assertion.notOnOrAfter)"),
            "attributes": .object(Dictionary(attributes) { first, _ in first }),
        ]
    }

    private static func text(_ value: String?) -> AttributeValue { value.map { .string($0) } ?? .null }
}
