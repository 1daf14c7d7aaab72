/// One thing that was looked at, and what came of it: what an administrator reads to understand a refusal.
public struct SAMLCheck: Sendable, Equatable {
    /// The code that it is refused by.
    public let reason: SAMLError.Reason
    /// What was looked at.
    public let subject: String
    public let outcome: Outcome

    /// What came of it.
    public enum Outcome: Sendable, Equatable {
        case passed
        case failed(SAMLError)
        /// Not looked at, and why.
        case skipped(String)
    }
}

/// What came of a document: proof, or every reason against it.
public struct SAMLJudgement<Verified: Sendable>: Sendable {
    /// What was proved; nil where anything at all was wrong.
    public let verified: Verified?
    /// Everything that was looked at, in order.
    public let checks: [SAMLCheck]

    /// What was wrong; empty where nothing was.
    public var refusals: [SAMLError] {
        checks.compactMap { if case .failed(let error) = $0.outcome { error } else { nil } }
    }

    /// What was proved.
    ///
    /// - Throws: the first `SAMLError` there was.
    public func get() throws -> Verified {
        if let verified { return verified }
        throw refusals.first ?? SAMLError(.library, "nothing was proved")
    }
}

/// Gathers checks. What the rest depends on is thrown; what stands by itself is noted, so that all faults are seen at once.
/// It belongs to one verification.
final class CheckList {
    private(set) var checks: [SAMLCheck] = []
    private(set) var isClean = true

    /// Runs a check that others stand on.
    func require<Value>(_ reason: SAMLError.Reason, _ subject: String, _ body: () throws -> Value) throws -> Value {
        let value = try stopping(reason, subject, body)
        pass(reason, subject)
        return value
    }

    /// As above, of what may be absent; nil, and told as not looked at, where it is.
    func requireIfPresent<Value>(
        _ reason: SAMLError.Reason, _ subject: String, _ body: () throws -> Value?
    ) throws -> Value? {
        let value = try stopping(reason, subject, body)
        if value == nil { skip(reason, subject, "there is none") } else { pass(reason, subject) }
        return value
    }

    private func stopping<Value>(
        _ reason: SAMLError.Reason, _ subject: String, _ body: () throws -> Value
    ) throws -> Value {
        do { return try body() } catch {
            fail(reason, subject, error)
            throw Stopped()
        }
    }

    /// Runs a check that stands by itself; nil where it failed.
    @discardableResult
    func note<Value>(_ reason: SAMLError.Reason, _ subject: String, _ body: () throws -> Value) -> Value? {
        do {
            let value = try body()
            pass(reason, subject)
            return value
        } catch {
            fail(reason, subject, error)
            return nil
        }
    }

    func skip(_ reason: SAMLError.Reason, _ subject: String, _ why: String) {
        checks.append(SAMLCheck(reason: reason, subject: subject, outcome: .skipped(why)))
    }

    private func pass(_ reason: SAMLError.Reason, _ subject: String) {
        checks.append(SAMLCheck(reason: reason, subject: subject, outcome: .passed))
    }

    private func fail(_ reason: SAMLError.Reason, _ subject: String, _ error: any Error) {
        let error = error as? SAMLError ?? SAMLError(.library, "an operation failed")
        isClean = false
        checks.append(SAMLCheck(reason: error.reason, subject: subject, outcome: .failed(error)))
    }

    /// A check failed that others stand on; it is in the list.
    struct Stopped: Error {}
}
