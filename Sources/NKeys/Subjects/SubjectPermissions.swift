/// Which subjects may be published or subscribed to: those allowed, or all where none is named, without those denied.
///
/// An empty `allow` means everything: what should mean nothing is `.nothing`, and `.only([])` says so.
public struct SubjectPermissions: Sendable, Hashable {
    /// Patterns; to subscribe, one may have a queue's name or pattern behind a space.
    public var allow: [String]
    public var deny: [String]

    /// Everything.
    public static let everything = SubjectPermissions()
    /// Nothing at all.
    public static let nothing = SubjectPermissions(deny: [">"])

    /// What is in the lists; without any, everything.
    public init(allow: [String] = [], deny: [String] = []) {
        self.allow = allow
        self.deny = deny
    }

    /// These subjects and no others, also when there are none of them.
    public static func only(_ allow: [String], deny: [String] = []) -> SubjectPermissions {
        allow.isEmpty ? .nothing : SubjectPermissions(allow: allow, deny: deny)
    }

    /// Whether nothing is said, which allows everything.
    public var isEmpty: Bool { allow.isEmpty && deny.isEmpty }

    /// The same with `a.*.>` denied for each `a.*` that is allowed.
    ///
    /// Servers (2.9 and 2.15 were asked) let whoever may subscribe to `a.*` subscribe to `a.>`, and hear `a.b.c`. Where
    /// something below is allowed by another pattern, nothing is denied, and `faults()` warns.
    public func closed() -> SubjectPermissions {
        SubjectPermissions(allow: allow, deny: deny + leaks.map { $0 + ".>" })
    }

    /// What is allowed with a last `*` through which more could be heard, and what closes it is not denied yet.
    var leaks: [String] {
        // A queue's name stands behind a space, and matters to nothing here.
        let subjects = allow.map { String($0.prefix { $0 != " " }) }
        var allowed = SubjectIndex()
        var denied = SubjectIndex()
        let denials = deny.map { try? NATSSubject($0) }
        for case (let number, let subject?) in denials.enumerated() { denied.insert(subject, number) }
        for (number, subject) in subjects.enumerated() {
            if let subject = try? NATSSubject(subject) { allowed.insert(subject, number) }
        }
        var seen: Set<String> = []
        return subjects.filter { subject in
            guard subject.split(separator: ".").last == "*", let inner = try? NATSSubject(subject + ".>"),
                seen.insert(subject).inserted
            else { return false }
            let isDenied = denied.first(overlapping: inner) { denials[$0]?.contains(inner) ?? false } != nil
            return !isDenied && allowed.first(overlapping: inner) { subjects[$0] != subject } == nil
        }
    }
}

/// Leave to answer: to publish to the reply subject of a message that was received.
public struct ResponsePermission: Sendable, Hashable {
    /// Answers to one message; a server takes 0 for one and -1 for as many as there are.
    public var messages: Int64
    /// How long an answer may take, in nanoseconds; 0 leaves it to the server, -1 is for ever.
    public var nanoseconds: Int64

    /// One answer within what the server allows, unless said otherwise.
    public init(messages: Int64 = 1, nanoseconds: Int64 = 0) {
        self.messages = messages
        self.nanoseconds = nanoseconds
    }
}

/// What may be published, subscribed to and answered.
///
/// A server takes `responses` beside an empty `publish.allow` for leave to answer and to publish nothing else.
public struct SubjectRights: Sendable, Hashable {
    public var publish: SubjectPermissions
    public var subscribe: SubjectPermissions
    public var responses: ResponsePermission?

    /// Everything, unless said otherwise.
    public init(
        publish: SubjectPermissions = .everything, subscribe: SubjectPermissions = .everything,
        responses: ResponsePermission? = nil
    ) {
        self.publish = publish
        self.subscribe = subscribe
        self.responses = responses
    }

    /// Whether nothing is said, which allows everything.
    public var isEmpty: Bool { publish.isEmpty && subscribe.isEmpty && responses == nil }
}
