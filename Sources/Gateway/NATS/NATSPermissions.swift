import Identity
import NKeys
import Vocabulary

/// Turns what is settled for a user, and what its person's roles give, into rights that servers hold it to. Pure.
enum NATSPermissions {
    /// The type of resource whose permissions are leave to publish and to subscribe: the pattern is a subject.
    static let resourceType = "nats_subject"

    /// Refuses a permission on subjects that would give nothing, for its pattern is no subject or its action none of theirs.
    static func check(_ permission: RolePermission) throws {
        guard permission.resourceType == resourceType else { return }
        guard ["publish", "subscribe", "*"].contains(permission.action) else {
            throw Fault.invalid("What may be done with a `\(resourceType)` is `publish` or `subscribe`.")
        }
        if let pattern = permission.pattern { try NATSNames.checkSubject(pattern, "pattern") }
    }

    /// - Parameter key: by which servers know the user.
    static func rights(
        _ settings: NATSUserSettings, roles: [RolePermission], of owner: NATSOperatorSettings, key: String
    ) -> UserRights {
        let own = settings.domains.flatMap(owner.subjects)
        let related = settings.relatedDomains.flatMap(owner.subjects)
        let given = subjects(of: roles)
        let streams = settings.streams.flatMap(subjects)
        let messaging = MessagingSubjects(prefix: owner.subjectPrefix)
        let commands = settings.policyCommands.map { messaging.command($0, key: key) }
        let service = settings.runsPolicyService ? (messaging.eventPatterns, [messaging.commandPattern]) : ([], [])
        let publish = least(own + settings.publish + given.publish + streams + service.0)
        var rights = UserRights(
            SubjectRights(
                publish: .only(least(publish + commands)),
                subscribe: .only(
                    least(own + related + settings.subscribe + given.subscribe + service.1 + [replies])),
                responses: settings.allowsResponses ? ResponsePermission() : nil),
            sources: settings.sources, times: settings.times, timeZone: settings.timeZone,
            payload: Limit(rawValue: settings.maxPayload))
        if asksForOthers(publish, messaging) { rights.subjects.publish.deny.append(messaging.command("*", key: "*")) }
        rights.subjects.publish = rights.subjects.publish.closed()
        rights.subjects.subscribe = rights.subjects.subscribe.closed()
        return rights
    }

    /// Whether what is settled for a user is by itself leave to ask for commands in the name of others.
    static func asksForOthers(_ settings: NATSUserSettings, of owner: NATSOperatorSettings) -> Bool {
        asksForOthers(
            settings.domains.flatMap(owner.subjects) + settings.publish, MessagingSubjects(prefix: owner.subjectPrefix))
    }

    /// Whether these subjects are leave to ask for commands in the name of others: where a command ends with a key, its holder
    /// and nobody else may publish, for by that it is known who asks.
    private static func asksForOthers(_ subjects: [String], _ messaging: MessagingSubjects) -> Bool {
        guard let signed = try? NATSSubject(messaging.command("*", key: "*")) else { return true }
        return subjects.contains { (try? NATSSubject($0))?.overlaps(signed) ?? false }
    }

    /// Where answers to its own requests come.
    private static let replies = "_INBOX.>"

    /// A pattern that is no subject gives nothing, and keeps nobody else from what is theirs.
    private static func subjects(of roles: [RolePermission]) -> (publish: [String], subscribe: [String]) {
        let given = roles.filter { $0.resourceType == resourceType && (try? NATSSubject($0.pattern ?? ">")) != nil }
        func of(_ action: String) -> [String] {
            given.filter { $0.action == action || $0.action == "*" }.map { $0.pattern ?? ">" }
        }
        return (of("publish"), of("subscribe"))
    }

    /// What is asked of the server about a stream: answers come to the inbox.
    private static func subjects(_ stream: NATSUserSettings.StreamAccess) -> [String] {
        let name = stream.name
        var subjects = [
            "$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.INFO.\(name)", "$JS.API.STREAM.MSG.GET.\(name)",
            "$JS.API.DIRECT.GET.\(name)", "$JS.API.DIRECT.GET.\(name).>", "$JS.API.CONSUMER.CREATE.\(name)",
            "$JS.API.CONSUMER.CREATE.\(name).>", "$JS.API.CONSUMER.DURABLE.CREATE.\(name).>",
            "$JS.API.CONSUMER.INFO.\(name).>", "$JS.API.CONSUMER.MSG.NEXT.\(name).>",
            "$JS.API.CONSUMER.DELETE.\(name).>", "$JS.ACK.\(name).>", "$JS.FC.\(name).>",
        ]
        if stream.access == .manage {
            subjects += ["$JS.API.STREAM.CREATE.\(name)", "$JS.API.STREAM.UPDATE.\(name)"]
        }
        return subjects
    }

    /// Without those that another one contains: a token is shown in one line of bounded length.
    private static func least(_ texts: [String]) -> [String] {
        NATSSubject.least(texts.compactMap { try? NATSSubject($0) }).map(\.text)
    }
}
