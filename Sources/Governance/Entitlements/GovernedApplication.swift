import Vocabulary

/// What kind of application entitlements belong to.
public enum ApplicationType: String, Sendable, Codable, CaseIterable {
    case custom, saas, onPremise = "on_premise", cloud
}

/// Whether an application's entitlements are still given out.
public enum ApplicationStatus: String, Sendable, Codable, CaseIterable {
    case active, inactive, deprecated
}

/// What an author decides about an application.
public struct ApplicationDetails: Sendable, Hashable, Codable {
    public var name: String
    public var description: String?
    public var type: ApplicationType
    public var status: ApplicationStatus
    public var owner: PersonID?

    /// The details of an application; bounds are checked by the command that carries them.
    public init(
        name: String, description: String? = nil, type: ApplicationType = .custom, status: ApplicationStatus = .active,
        owner: PersonID? = nil
    ) {
        (self.name, self.description, self.type) = (name, description, type)
        (self.status, self.owner) = (status, owner)
    }

    func check() throws(GovernanceError) {
        typealias Limits = EntitlementDetails.Limits
        guard (1...Limits.nameBytes).contains(name.utf8.count) else {
            throw .invalid(field: "name", reason: "has not 1 to \(Limits.nameBytes) bytes")
        }
        guard (description?.utf8.count ?? 0) <= Limits.descriptionBytes else {
            throw .invalid(field: "description", reason: "is longer than \(Limits.descriptionBytes) bytes")
        }
    }
}

/// Something that has entitlements: the fold of its events. It may be one of those the gateway protects, and then has
/// the same id.
public struct GovernedApplication: Sendable, Hashable, Codable {
    public let id: ApplicationID
    public internal(set) var details: ApplicationDetails
    public let createdAt: Timestamp
    public internal(set) var updatedAt: Timestamp
    public internal(set) var version: Int64
}

/// What can be asked of an application.
public enum ApplicationCommand: Sendable, Hashable {
    case create(ApplicationID, ApplicationDetails)
    case update(ApplicationDetails)
}

/// What can happen to an application.
public enum ApplicationEvent: Sendable, Hashable {
    case created(ApplicationID, ApplicationDetails)
    case updated(ApplicationDetails)
}

extension GovernedApplication {
    /// How applications are folded and written.
    public static let aggregate = Aggregate<GovernedApplication, ApplicationEvent>(
        kind: "application",
        apply: { state, event throws(GovernanceError) in state = try applying(event, to: state) },
        encode: { $0.record }, decode: { try ApplicationEvent.read($0) })

    /// What follows from a command. Pure.
    ///
    /// - Parameter isTaken: whether another application of the tenant has the name that the command gives.
    public static func decide(
        _ command: ApplicationCommand, on application: GovernedApplication?, isTaken: Bool
    ) throws(GovernanceError) -> [ApplicationEvent] {
        let details: ApplicationDetails
        switch command {
        case .create(let id, let new):
            guard application == nil else { throw .alreadyExists(resource: "application", id: id.description) }
            details = new
        case .update(let new):
            guard application != nil else { throw .notFound(resource: "application", id: "of this command") }
            details = new
        }
        try details.check()
        guard !isTaken else { throw .alreadyExists(resource: "application", id: details.name) }
        if case .create(let id, _) = command { return [.created(id, details)] }
        return application?.details == details ? [] : [.updated(details)]
    }

    private static func applying(
        _ recorded: Recorded<ApplicationEvent>, to state: GovernedApplication?
    ) throws(GovernanceError) -> GovernedApplication {
        guard var application = state else {
            guard case .created(let id, let details) = recorded.event else {
                throw .invalidSequence(kind: "application", event: "updated")
            }
            return GovernedApplication(
                id: id, details: details, createdAt: recorded.at, updatedAt: recorded.at, version: 1)
        }
        guard case .updated(let details) = recorded.event else {
            throw .invalidSequence(kind: "application", event: "created")
        }
        application.details = details
        application.updatedAt = recorded.at
        application.version += 1
        return application
    }
}

extension ApplicationEvent {
    fileprivate var record: EventRecord {
        switch self {
        case .created(let id, let details):
            details.write(RecordBuilder("application.governed").fact("application", .id(id, "application"))).record
        case .updated(let details): details.write(RecordBuilder("application.updated")).record
        }
    }

    fileprivate static func read(_ record: EventRecord) throws -> ApplicationEvent {
        let reader = RecordReader(record)
        switch record.type {
        case "application.governed": return .created(try reader.id("application"), try ApplicationDetails(reader))
        case "application.updated": return .updated(try ApplicationDetails(reader))
        default: throw reader.broken("type")
        }
    }
}

extension ApplicationDetails {
    fileprivate func write(_ builder: RecordBuilder) -> RecordBuilder {
        builder.fact("type", .word(type.rawValue)).fact("status", .word(status.rawValue))
            .fact("owner", owner.map { .id($0, "person") }).text("name", name).text("description", description)
    }

    fileprivate init(_ reader: RecordReader) throws {
        self.init(
            name: try reader.text("name"), description: reader.optionalText("description"),
            type: try reader.word("type"), status: try reader.word("status"), owner: try reader.optionalID("owner"))
    }
}
