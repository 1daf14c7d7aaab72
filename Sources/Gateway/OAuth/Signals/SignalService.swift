import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// A stream as administrators see it, and how telling goes.
public struct ListedSignalStream: Sendable {
    public let id: SignalStreamID
    /// The receiver's `client_id`.
    public let client: String
    /// Where events are pushed; nil where the receiver fetches them.
    public let endpoint: String?
    public let hasHeader: Bool
    public let events: [String]
    public let isAboutEverybody: Bool
    public let description: String?
    /// One of `SignalService.statuses`.
    public let status: String
    public let reason: String?
    /// Events that wait, and those that had to go because too many waited.
    public let waiting: Int
    public let dropped: Int64
    /// Tries in a row that failed, since when, and the last one's fault in a word.
    public let failures: Int64
    public let failingSince: Timestamp?
    public let lastError: String?
    public let deliveredAt: Timestamp?
    /// Whether the receiver said by itself where events go.
    public let isSaidByReceiver: Bool
    public let managedBy: ManagedBy
    public let version: Int64
    public let createdAt: Timestamp

    init(_ stream: SignalStream, of client: OAuthClient, waiting: Int) {
        (id, self.client, endpoint) = (stream.id, client.name, stream.endpoint)
        (hasHeader, events) = (stream.sealedHeader != nil, stream.events.map(\.rawValue).sorted())
        (isAboutEverybody, description) = (stream.isAboutEverybody, stream.description)
        (status, reason, self.waiting) = (stream.status.rawValue, stream.reason, waiting)
        (dropped, failures) = (stream.delivery.dropped, stream.delivery.attempts)
        (failingSince, lastError) = (stream.delivery.failingSince, stream.delivery.failure)
        (deliveredAt, isSaidByReceiver) = (stream.delivery.deliveredAt, stream.isStrange)
        (managedBy, version, createdAt) = (stream.managedBy, stream.version, stream.createdAt)
    }
}

/// Who says something of a stream.
enum StreamAuthor: Sendable, Equatable {
    /// May name addresses in the operator's own network, and change every stream of the API.
    case administrator
    /// The receiver itself, which has a say in its own streams only.
    case receiver(ClientID)
}

/// The streams by which receivers hear of security events: what administrators and receivers make and change of them (SSF 1.0
/// §8.1).
public struct SignalService: Sendable {
    let store: Store
    let clients: ClientTable
    let tenants: TenantTable
    let tokens: SignalTokens
    let bell: Bell
    let clock: @Sendable () -> Timestamp

    /// `enabled`, `paused` and `disabled` (§8.1.2.1).
    public static let statuses = SignalStream.Status.allCases.map(\.rawValue)
    /// Streams of one client, and of one tenant.
    public static let clientLimit = 4
    public static let tenantLimit = 1_000
    /// A receiver asks for a verification no more often (§8.1.1).
    public static let verificationInterval: Duration = .seconds(30)
    public static let stateByteLimit = 1_024
    public static let reasonByteLimit = 256

    // MARK: Reading

    /// A tenant's streams, by when they were made: those of one client where one is named.
    public func list(in tenant: TenantID, of client: ClientID? = nil) async throws -> [ListedSignalStream] {
        try await store.read { [clients] sql in
            try sql.signalStreams(in: tenant, of: client).compactMap { stream in
                guard let client = clients.client(stream.client) else { return nil }
                return ListedSignalStream(stream, of: client, waiting: Int(try sql.countSignals(on: stream.id)))
            }
        }
    }

    /// The stream of this id. Throws `not_found`.
    public func stream(_ id: SignalStreamID, in tenant: TenantID) async throws -> ListedSignalStream {
        let found = try await list(in: tenant).first { $0.id == id }
        guard let found else { throw Fault.notFound("stream") }
        return found
    }

    /// A stream as its receiver reads it (§8.1.1). The header is not told again.
    func configuration(of stream: SignalStream, _ client: OAuthClient) -> JSONObject {
        let issuer = tenants.publicURL(of: stream.tenant)
        let events = stream.events.compactMap(\.type).map(\.rawValue).sorted().map { JSONValue.string($0) }
        var json: JSONObject = [
            "stream_id": .string(stream.id.description), "iss": .string(issuer), "aud": .string(client.name),
            "events_supported": .array(SecurityEvent.EventType.supported.map { .string($0.rawValue) }),
            "events_requested": .array(events), "events_delivered": .array(events),
            "delivery": .object(delivery(of: stream, issuer)),
            "min_verification_interval": .integer(Self.verificationInterval.components.seconds),
        ]
        if let description = stream.description { json["description"] = .string(description) }
        return json
    }

    private func delivery(of stream: SignalStream, _ issuer: String) -> JSONObject {
        guard let endpoint = stream.endpoint else {
            return [
                "method": .string(EventStreamRequest.Delivery.pollMethod),
                "endpoint_url": .string(issuer + "/ssf/poll/\(stream.id)"),
            ]
        }
        return [
            "method": .string(EventStreamRequest.Delivery.pushMethod), "endpoint_url": .string(endpoint),
        ]
    }

    // MARK: Changing

    /// Makes a stream of a client for an administrator.
    ///
    /// - Parameter json: `delivery`, `events_requested` and `description` by the names of SSF §8.1.1.
    /// - Throws: `invalid`; `not_found`; `conflict` at a limit.
    public func create(
        _ json: [String: AttributeValue], for client: String, isAboutEverybody: Bool, by caller: Caller
    ) async throws -> ListedSignalStream {
        guard let client = clients.client(client, in: caller.tenant) else { throw Fault.notFound("client") }
        let request = try Self.read(json)
        let made = try await create(
            request, for: client, by: .administrator, isAboutEverybody: isAboutEverybody, caller)
        return try await stream(made.id, in: caller.tenant)
    }

    /// Changes what is said of a stream and leaves the rest.
    ///
    /// - Throws: `invalid`; `not_found`; `managed` for a stream of the configuration; `stale`.
    public func change(
        _ id: SignalStreamID, _ json: [String: AttributeValue], isAboutEverybody: Bool?, expecting version: Int64?,
        by caller: Caller
    ) async throws -> ListedSignalStream {
        let request = try Self.read(json)
        _ = try await change(
            id, by: .administrator, expecting: version, caller,
            JSONObject(json)
        ) { stream in
            if let isAboutEverybody { stream.isAboutEverybody = isAboutEverybody }
            return Change(request, isWhole: false)
        }
        return try await stream(id, in: caller.tenant)
    }

    /// Lets a stream go on, holds what happens, or lets it be lost, and tells the receiver.
    ///
    /// - Parameter status: one of `statuses`.
    public func set(
        _ status: String, _ reason: String?, on id: SignalStreamID, by caller: Caller
    ) async throws {
        guard let status = SignalStream.Status(rawValue: status) else {
            throw Fault.invalid("A stream's status is one of \(Self.statuses.joined(separator: ", ")).")
        }
        try await set(status, reason, on: id, by: .administrator, caller)
    }

    /// Deletes a stream with what waits on it.
    public func delete(_ id: SignalStreamID, by caller: Caller) async throws {
        try await delete(id, by: .administrator, caller)
    }

    /// Sends a verification.
    ///
    /// - Throws: `too_often`; `not_found`.
    public func verify(_ id: SignalStreamID, by caller: Caller) async throws {
        try await verify(id, state: nil, by: .administrator, caller)
    }

    private static func read(_ json: [String: AttributeValue]) throws -> EventStreamRequest {
        do {
            return try EventStreamRequest(JSONObject(json), allowsLoopback: true)
        } catch {
            throw Fault.invalid("The stream cannot be: \(error.description ?? "").")
        }
    }
}

extension SignalRecord.Kind {
    /// The event's type.
    var type: SecurityEvent.EventType? {
        switch self {
        case .sessionRevoked: .sessionRevoked
        case .credentialChange: .credentialChange
        case .verification: .verification
        case .streamUpdated: .streamUpdated
        }
    }

    /// What a receiver may ask for; everything where it says nothing.
    static func wanted(_ types: Set<SecurityEvent.EventType>?) -> Set<SignalRecord.Kind> {
        Set(chosen.filter { kind in types.map { types in kind.type.map(types.contains) ?? false } ?? true })
    }
}
