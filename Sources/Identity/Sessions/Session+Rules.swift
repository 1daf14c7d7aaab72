import Vocabulary

/// How often use is written down. A stored time lags real use by at most the interval, so a session may expire that
/// much early, never late.
public enum TouchPolicy {
    /// The longest interval between two writes of `lastSeenAt`.
    public static let interval: Duration = .seconds(30)

    /// Whether this use must be written: half an idle lifetime or `interval`, whichever is shorter, has passed.
    static func isDue(lastSeenAt: Timestamp, lifetime: SessionLifetime, now: Timestamp) -> Bool {
        let step = min(interval.microseconds, lifetime.idleSeconds * 500_000)
        return now >= lastSeenAt + .microseconds(step)
    }
}

/// What both kinds of session share.
protocol Expiring {
    var createdAt: Timestamp { get }
    var lastSeenAt: Timestamp { get }
    var lifetime: SessionLifetime { get }
    var endedAt: Timestamp? { get }
}

extension Expiring {
    var idleLimit: Timestamp { lastSeenAt + .seconds(lifetime.idleSeconds) }
    var absoluteLimit: Timestamp { createdAt + .seconds(lifetime.absoluteSeconds) }

    // A session from the future proves a clock that went back or a forged row: not usable.
    func isOver(at now: Timestamp) -> Bool {
        endedAt != nil || now < createdAt || now >= idleLimit || now >= absoluteLimit
    }
}

extension Session: Expiring {
    /// Ended, idle too long, or as old as it may get. At the very moment of a limit it is expired.
    public func isExpired(at now: Timestamp) -> Bool { isOver(at: now) }

    /// When it will expire if nothing more happens: what a decision's `valid until` may not pass.
    public var expiresAt: Timestamp { min(idleLimit, absoluteLimit) }

    public var strength: AuthenticationStrength { AuthenticationStrength(of: events) }

    /// The newest primary proof (`auth_time`).
    public var authenticatedAt: Timestamp? {
        events.filter { AuthenticationMethod.primary.contains($0.method) }.map(\.at).max()
    }

    /// Whether it meets a demand for strength and freshness. An expired session meets none; `max_age` counts from the
    /// newest primary proof (OpenID Connect Core §3.1.2.1).
    public func satisfies(_ demanded: AuthenticationStrength, maxAgeSeconds: Int64? = nil, now: Timestamp) -> Bool {
        guard !isExpired(at: now), strength >= demanded else { return false }
        guard let maxAgeSeconds else { return true }
        guard let authenticatedAt, authenticatedAt <= now else { return false }
        return now - authenticatedAt <= .seconds(maxAgeSeconds)
    }

    /// Whether this use must be written to the store.
    public func needsTouch(at now: Timestamp) -> Bool {
        TouchPolicy.isDue(lastSeenAt: lastSeenAt, lifetime: lifetime, now: now)
    }

    /// Ends it; ending an ended session changes nothing.
    public mutating func end(_ reason: SessionEnd, at now: Timestamp) {
        guard endedAt == nil else { return }
        endedAt = now
        ended = reason
    }

    /// The session that replaces this one at a change of privilege, with a new id and a new secret, so that whoever
    /// knew the old cookie gains nothing (session fixation). Absolute lifetime is not renewed. Nil when this one is
    /// over, or the new proofs would drop an old one.
    ///
    /// - Parameter bound: makes the seconds that are left no more than it says.
    public func rotated(
        id: SessionID, secretHash: TokenHash, events: [AuthenticationEvent], anomalies: [LoginAnomaly] = [],
        now: Timestamp, bound: (SessionLifetime) -> SessionLifetime = { $0 }
    ) -> Session? {
        guard !isExpired(at: now), secretHash != self.secretHash, id != self.id, Set(self.events).isSubset(of: events)
        else { return nil }
        let remaining = (absoluteLimit - now).microseconds / 1_000_000
        let left = bound(SessionLifetime(idleSeconds: lifetime.idleSeconds, absoluteSeconds: max(1, remaining)))
        return Session(
            id: id, tenant: tenant, person: person, events: events, provider: provider, createdAt: now,
            lifetime: left, secretHash: secretHash, rotatedFrom: self.id, device: device,
            anomalies: LoginAnomaly.allCases.filter(Set(self.anomalies + anomalies).contains))
    }
}

extension ApplicationSession: Expiring {
    /// Over when it is ended or too old itself, when its parent is, or when that is not its parent.
    public func isExpired(at now: Timestamp, parent session: Session) -> Bool {
        isOver(at: now) || session.id != parent || session.tenant != tenant || session.isExpired(at: now)
    }

    /// Only the application it was made for may use it (`aud`).
    public func isFor(_ audience: ApplicationID) -> Bool { audience == application }

    /// Whether the last use is old enough to be written down again, so that not every request writes a row.
    public func needsTouch(at now: Timestamp) -> Bool {
        TouchPolicy.isDue(lastSeenAt: lastSeenAt, lifetime: lifetime, now: now)
    }

    /// Ends it; a session that has ended keeps its first reason and time.
    public mutating func end(_ reason: SessionEnd, at now: Timestamp) {
        guard endedAt == nil else { return }
        endedAt = now
        ended = reason
    }
}
