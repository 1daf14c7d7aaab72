/// A request that came to a service.
public struct ServiceRequest: Sendable {
    public let subject: String
    public let payload: [UInt8]
    public let headers: MessageHeaders
    /// Whether somebody waits for the answer.
    public let isAnswered: Bool
}

/// What a request is answered with.
public struct ServiceAnswer: Sendable, Hashable {
    public let payload: [UInt8]
    public let headers: MessageHeaders

    public init(_ payload: [UInt8] = [], headers: MessageHeaders = []) {
        self.payload = payload
        self.headers = headers
    }

    /// An error by the convention of services (ADR-32): `Nats-Service-Error` and `Nats-Service-Error-Code` beside the payload.
    ///
    /// - Parameter text: one line; control characters in it become question marks.
    public static func error(_ code: Int, _ text: String, payload: [UInt8] = []) -> ServiceAnswer {
        let fields = [("Nats-Service-Error", safe(text)), ("Nats-Service-Error-Code", "\(code)")]
        return ServiceAnswer(payload, headers: (try? MessageHeaders(fields)) ?? [])
    }
}

/// What a service listens to, and how much of it at once.
public struct ServiceConfiguration: Sendable {
    /// The pattern of its requests' subjects.
    public var subject: String
    /// Of the members of a group, on whatever gateway, one gets each request; nil to get every one here.
    public var queueGroup: String?
    /// Requests that are handled at once.
    public var concurrency = 16
    /// Requests that wait to be handled; one more is answered with `busy`.
    public var queueLimit = 256
    /// Longest payload, in bytes; a longer one is answered with `tooLarge`.
    public var payloadLimit = 65_536
    /// Whether requests are handled that nobody waits for the answers of. Otherwise they are dropped and counted: who sends a
    /// command without asking what became of it has mostly made a mistake.
    public var handlesUnanswered = false
    /// Where answers go at all. Whoever asks says where, and servers let a service answer there even where it may not publish: a
    /// request whose answer would be a message to somebody else is taken for one that nobody waits for. By itself nothing is
    /// said to servers.
    public var answersTo: @Sendable (_ subject: String) -> Bool = { !$0.hasPrefix("$") }
    /// For a request that finds the queue full.
    public var busy = ServiceAnswer.error(503, "busy")
    /// For a request whose payload is too long.
    public var tooLarge = ServiceAnswer.error(413, "payload too large")
    /// For a request whose handler threw, or did not end before the service was stopped, or answered more than the server takes.
    public var failed = ServiceAnswer.error(500, "failed")

    public init(subject: String, queueGroup: String?) {
        self.subject = subject
        self.queueGroup = queueGroup
    }
}

/// Counts of a service since it was made.
public struct ServiceMetrics: Sendable, Hashable {
    /// All that came.
    public internal(set) var requests = 0
    /// Answers that went out, errors among them.
    public internal(set) var answered = 0
    public internal(set) var busy = 0
    public internal(set) var tooLarge = 0
    /// Handlers that threw, or answers that could not be sent as they were.
    public internal(set) var failed = 0
    /// Requests without a subject for the answer.
    public internal(set) var unanswerable = 0
    /// Answers that could not be sent at all.
    public internal(set) var lost = 0
    /// Being handled now.
    public internal(set) var running = 0
    /// Waiting to be handled now.
    public internal(set) var queued = 0
}
