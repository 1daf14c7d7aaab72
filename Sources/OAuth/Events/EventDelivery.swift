import JOSE

extension SecurityEvent {
    /// What becomes of a push (RFC 8935 §2.2 to §2.4).
    public enum Delivery: Sendable, Hashable {
        case delivered
        /// The listener says that it can never take this event; the next may be another matter.
        case refused(code: String)
        /// To be tried again: the listener was away, or would take no event whatever, because it knows our key, issuer,
        /// audience or authorization not, or not yet.
        case failed(code: String)

        /// No longer answer is read for its code, in bytes.
        public static let answerByteLimit = 4_096
        /// Faults of what both sides are set to, and of no single event (RFC 8935 §2.4).
        private static let ofStreams: Set<String> = [
            "invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed", "access_denied",
        ]

        /// Reads the listener's answer.
        public init(status: Int, body: [UInt8]) {
            switch status {
            case 202, 200, 204: self = .delivered
            case 400:
                let code = Self.code(of: body)
                self = Self.ofStreams.contains(code) ? .failed(code: code) : .refused(code: code)
            default: self = .failed(code: "status_\(status)")
            }
        }

        private static func code(of body: [UInt8]) -> String {
            let said = body.count <= answerByteLimit ? (try? JSONObject(parsing: body))?["err"]?.text : nil
            guard let said, (1...64).contains(said.utf8.count),
                said.utf8.allSatisfy({ (0x61...0x7A).contains($0) || $0 == 0x5F })
            else { return "unknown" }
            return said
        }
    }
}

/// A request to fetch events (RFC 8936 §2.2 to §2.4).
public struct EventPoll: Sendable, Hashable {
    /// Events of one answer at most.
    public static let limit: Int64 = 100
    /// Events that one request may acknowledge or refuse.
    public static let acknowledgementLimit = 1_000

    /// `maxEvents`: 0 only acknowledges.
    public let limit: Int64
    /// `jti`s that were taken.
    public let taken: [String]
    /// `jti`s that will never be taken, each with the receiver's word for why.
    public let refused: [(jti: String, code: String)]

    /// Reads the body of a poll.
    ///
    /// - Throws: `invalid_request`.
    public init(_ json: JSONObject) throws(OAuthError) {
        let fault = { (what: String) in OAuthError(.invalidRequest, what) }
        if let wanted = json["maxEvents"] {
            guard let number = wanted.integer, number >= 0 else { throw fault("maxEvents is not a number of events") }
            limit = min(number, Self.limit)
        } else {
            limit = Self.limit
        }
        if let value = json["returnImmediately"], value.bool == nil {
            throw fault("returnImmediately is neither true nor false")
        }
        guard let taken = json["ack"].map({ $0.texts }) ?? [] else { throw fault("ack is not a list of jti values") }
        guard let faults = json["setErrs"].map({ $0.object }) ?? JSONObject() else {
            throw fault("setErrs is not an object")
        }
        guard taken.count + faults.count <= Self.acknowledgementLimit else {
            throw fault("more than \(Self.acknowledgementLimit) events are acknowledged at once")
        }
        self.taken = taken
        refused = faults.names.map { ($0, OAuthError.sanitized(faults[$0]?.object?["err"]?.text ?? "unknown")) }
    }

    public static func == (left: EventPoll, right: EventPoll) -> Bool {
        left.limit == right.limit && left.taken == right.taken
            && left.refused.map(\.jti) == right.refused.map(\.jti)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(limit)
        hasher.combine(taken)
    }

    /// The answer (RFC 8936 §2.3).
    public static func answer(_ tokens: [(jti: String, token: String)], isMore: Bool) -> JSONObject {
        var sets = JSONObject()
        for (jti, token) in tokens { sets[jti] = .string(token) }
        return isMore ? ["sets": .object(sets), "moreAvailable": true] : ["sets": .object(sets)]
    }
}
