import Vocabulary

extension Fault {
    /// The status of HTTP (RFC 9110 §15) that says the same: a caller's faults are 4xx by the last word of their code, a peer's 502
    /// or 503, our own 500 or 503.
    public var status: Int {
        let word = code.split(separator: ".").last.map(String.init) ?? ""
        // Overload that says when to come back is the caller's to wait out (RFC 6585 §4); a peer's silence is not.
        if retryAfter != nil { return culprit == .peer ? 503 : 429 }
        switch culprit {
        case .caller: return Self.callerStatus[word] ?? 400
        case .peer: return Self.unavailable.contains(word) ? 503 : 502
        case .ourselves: return Self.unavailable.contains(word) ? 503 : 500
        }
    }

    private static let unavailable: Set<String> = ["unavailable", "busy", "overloaded", "timeout", "draining"]
    private static let callerStatus: [String: Int] = [
        "not_found": 404, "unknown": 404, "conflict": 409, "exists": 409, "owned": 409, "managed": 409,
        "has_assignments": 409, "name_exists": 409, "not_delegable": 409, "approval_required": 409, "violation": 409,
        "multiple_violations": 409,
        "closed": 409, "already_decided": 409, "requester": 403, "not_an_approver": 403, "not_the_reviewer": 403,
        "own_line": 403,
        "rule_not_found": 404, "violation_not_found": 404, "exemption_not_found": 404, "validation_failed": 422,
        "cycle": 409, "ambiguous": 409, "not_empty": 409, "not_held": 409, "running": 409,
        "already_exists": 409, "invalid_state": 409, "policy_not_active": 409, "command_reused": 422,
        "exceeded": 409, "reservation_expired": 409, "reservation_not_found": 404,
        "forbidden": 403, "forged": 403, "replayed": 409, "override_forbidden": 403, "denied": 403,
        "unauthenticated": 401,
        "stale": 412, "version_mismatch": 412,
        "too_large": 413, "too_many": 429, "overloaded": 429, "gone": 410, "expired": 410, "unprocessable": 422,
    ]
}
