/// What every token says: whose it is, what that one is called, and from when to when it holds.
public struct CommonClaims: Sendable, Equatable {
    /// Whom the token is about.
    public var subject: NKey
    /// For people, and for templates that have the blank `name()`.
    public var name: String
    /// Whom it is meant for; servers look at it in authorization callouts only.
    public var audience: String?
    /// In seconds since 1970; it does not hold before.
    public var notBefore: Int64?
    /// In seconds since 1970; it does not hold from then on. Nil lasts for ever.
    public var expires: Int64?
    /// In small letters. A server fills `tag(x)` of a template with what follows `x:` in one.
    public var tags: [String]

    /// About this key; for ever, unless bounds are given.
    public init(
        _ subject: NKey, name: String, audience: String? = nil, notBefore: Int64? = nil, expires: Int64? = nil,
        tags: [String] = []
    ) {
        self.subject = subject
        self.name = name
        self.audience = audience
        self.notBefore = notBefore
        self.expires = expires
        self.tags = tags
    }

    /// Why a token does not hold at a time, in seconds since 1970; nil when it does. A server takes a token until the second
    /// in which it expires is over; this ends it a second earlier.
    public func fault(at now: Int64) -> NATSFault? {
        if let expires, now >= expires {
            return NATSFault(.expired, "exp", "was \(now - expires) s ago", "Issue a new token.")
        }
        if let notBefore, now < notBefore {
            return NATSFault(.notYetValid, "nbf", "comes in \(notBefore - now) s", "Wait, or look at the clock.")
        }
        return nil
    }

    /// Longest name, in bytes.
    static let nameByteLimit = 256

    func faults(_ kind: NKey.Kind) -> [NATSFault] {
        var faults: [NATSFault] = []
        if subject.kind != kind {
            faults.append(
                NATSFault(
                    .wrongKeyKind, "sub", "is the key of \(subject.kind.article)",
                    "The token of \(kind.article) is about \(kind.article)."))
        }
        if name.utf8.count > Self.nameByteLimit {
            faults.append(
                NATSFault(
                    .invalidName, "name", "has \(name.utf8.count) bytes", "Write \(Self.nameByteLimit) at most."))
        }
        if let notBefore, let expires, notBefore >= expires {
            faults.append(NATSFault(.invalidTimes, "exp", "is not after nbf", "Such a token never holds."))
        }
        if [notBefore, expires].contains(where: { $0.map { $0 <= 0 } ?? false }) {
            // A server takes zero for none, and so a token that should be over for one without an end.
            faults.append(NATSFault(.invalidTimes, "exp", "or nbf is not after 1970", "Leave out what does not bound."))
        }
        return faults + tagFaults
    }

    private var tagFaults: [NATSFault] {
        tags.compactMap { tag in
            guard tag.isEmpty || tag != tag.lowercased() || tag != tag.trimmed else { return nil }
            return NATSFault(
                .invalidName, "nats.tags", "has \(quoted(tag))", "Tags are small letters without blanks around them.")
        }
    }
}
