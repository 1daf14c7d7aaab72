import Identity
import Vocabulary

// The records of logins and sessions as text; a test holds each against what the general encoder makes of it.

extension LoginFlow: JSONRecord {
    /// A login under way.
    public func write(to object: inout JSONText) {
        object.field("anomalies", anomalies)
        object.field("browserBinding", browserBinding)
        object.field("carried", carried)
        object.field("createdAt", createdAt)
        object.field("enrolling", enrolling)
        object.field("expiresAt", expiresAt)
        object.field("id", id)
        object.field("mayEnrolFirstFactor", mayEnrolFirstFactor)
        object.field("passwordChange", passwordChange)
        object.field("primaryFailures", primaryFailures)
        object.field("proofs", proofs)
        object.field("provider", provider)
        object.field("request", request)
        object.field("revision", revision)
        object.field("schema", schema)
        object.field("secondFactorFailures", secondFactorFailures)
        object.field("step", step)
        object.field("subject", subject)
        object.field("tenant", tenant)
        if let wentForFactors { object.field("wentForFactors", wentForFactors) }
    }
}

extension LoginRequest: JSONRecord {
    /// What a login was begun for.
    public func write(to object: inout JSONText) {
        object.field("application", application)
        object.field("client", client)
        object.field("demandedStrength", demandedStrength.rawValue)
        if let isPassive { object.field("isPassive", isPassive) }
        if let maxAgeSeconds { object.field("maxAgeSeconds", maxAgeSeconds) }
        object.field("returnTarget", returnTarget)
        object.field("samlApplication", samlApplication)
        object.field("stepUpOf", stepUpOf)
    }
}

extension LoginProof: JSONRecord {
    /// What was proven, and where in the flow.
    public func write(to object: inout JSONText) {
        object.field("at", at)
        object.field("authenticatedAt", authenticatedAt)
        object.field("flow", flow)
        object.field("method", method)
        object.field("provider", provider)
        object.field("revision", revision)
        object.field("step", step)
        object.field("subject", subject)
    }
}

extension AuthenticationEvent: JSONRecord {
    /// One proof of a session.
    public func write(to object: inout JSONText) {
        object.field("at", at)
        object.field("method", method)
        object.field("provider", provider)
    }
}

extension Session: JSONRecord {
    /// A session; its token only as a hash.
    public func write(to object: inout JSONText) {
        object.field("anomaliesFound", anomalies.isEmpty ? nil : anomalies)
        object.field("createdAt", createdAt)
        object.field("device", device)
        object.field("ended", ended)
        object.field("endedAt", endedAt)
        object.field("events", events)
        object.field("id", id)
        object.field("lastSeenAt", lastSeenAt)
        object.field("lifetime", lifetime)
        object.field("origin", origin)
        object.field("person", person)
        object.field("provider", provider)
        object.field("rotatedFrom", rotatedFrom)
        object.field("secretHash", secretHash)
        object.field("tenant", tenant)
    }
}

extension SessionLifetime: JSONRecord {
    /// How long a session may live.
    public func write(to object: inout JSONText) {
        object.field("absoluteSeconds", absoluteSeconds)
        object.field("idleSeconds", idleSeconds)
    }
}

extension SoftLock: JSONRecord {
    /// The pauses after failures.
    public func write(to object: inout JSONText) {
        object.field("failures", failures)
        object.field("lastFailure", lastFailure)
        object.field("lockedUntil", lockedUntil)
    }
}

extension UpstreamBindBudget: JSONRecord {
    /// The binds that were taken.
    public func write(to object: inout JSONText) {
        object.field("failures", failures)
        object.field("lastFailure", lastFailure)
    }
}
