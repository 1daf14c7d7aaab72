/// Who is asking: an authenticated person or service account, and how that was proven.
public enum Subject: Hashable, Sendable, Codable {
    case person(PersonID)
    case serviceAccount(ServiceAccountID)

    /// The surrogate's sixteen bytes, without its kind.
    public var bytes: [UInt8] {
        switch self {
        case .person(let id): id.bytes
        case .serviceAccount(let id): id.bytes
        }
    }

    /// The word the journal and the API use: `person` or `service_account`.
    public var kind: String {
        switch self {
        case .person: "person"
        case .serviceAccount: "service_account"
        }
    }

    /// The human being, nil for a program.
    public var person: PersonID? { if case .person(let id) = self { id } else { nil } }

    /// The subject of these sixteen bytes and of this kind's word; nil for anything else.
    public init?(kind: String, bytes: [UInt8]) {
        switch kind {
        case "person":
            guard let id = PersonID(bytes: bytes) else { return nil }
            self = .person(id)
        case "service_account":
            guard let id = ServiceAccountID(bytes: bytes) else { return nil }
            self = .serviceAccount(id)
        default: return nil
        }
    }

    public var id: String {
        switch self {
        case .person(let id): id.description
        case .serviceAccount(let id): id.description
        }
    }
}

/// What was presented to prove who is asking.
public enum PresentedCredential: Hashable, Sendable, Codable {
    case session(SessionID)
    case applicationSession(ApplicationSessionID)
    case apiKey(APIKeyID)
    /// An access token of what somebody granted a client.
    case grant(AuthorizationGrantID)
    /// An access token that a client got in its own name.
    case client(ClientID)
    /// The key of a user of NATS, proven to servers that believe our operator.
    case natsUser(NATSEntityID)
    /// Nothing but leave to publish to a subject of NATS.
    case natsSubject
}

/// An authenticated caller, resolved from a session, an API key or an access token. It holds authentication facts only; what the
/// principal may do is resolved from the index of the moment.
public struct Principal: Sendable, Hashable {
    public let tenant: TenantID
    public let subject: Subject
    public let credential: PresentedCredential
    public let provider: ProviderID?
    /// Oldest first.
    public let events: [AuthenticationEvent]
    /// The application this credential is bound to (`aud`), nil at the gateway itself.
    public let audience: ApplicationID?
    /// For an API key: the permissions it is narrowed to, nil for all of its account's.
    public let scopes: [String]?
    /// What stood out about the sign-in behind a session; empty for an API key.
    public let anomalies: [LoginAnomaly]

    public init(
        tenant: TenantID, subject: Subject, credential: PresentedCredential, provider: ProviderID?,
        events: [AuthenticationEvent], audience: ApplicationID? = nil, scopes: [String]? = nil,
        anomalies: [LoginAnomaly] = []
    ) {
        self.tenant = tenant
        self.subject = subject
        self.credential = credential
        self.provider = provider
        self.events = events
        self.audience = audience
        self.scopes = scopes
        self.anomalies = anomalies
    }

    /// As whom the journal knows them.
    public var actor: Actor {
        switch subject {
        case .person(let id): .person(id)
        case .serviceAccount(let id): .serviceAccount(id)
        }
    }

    public var strength: AuthenticationStrength { AuthenticationStrength(of: events) }
    /// RFC 8176 names in the order they were proven, each once.
    public var amr: [String] {
        events.reduce(into: []) { names, event in
            if !names.contains(event.method.rawValue) { names.append(event.method.rawValue) }
        }
    }
    /// When the newest proof was given (`auth_time`, OpenID Connect Core §2).
    public var authenticatedAt: Timestamp? { events.map(\.at).max() }
}

/// Who caused a change, as the journal records it. Names inside payloads ("granted_by") are claims, never this.
public enum Actor: Hashable, Sendable, Codable {
    case person(PersonID)
    case serviceAccount(ServiceAccountID)
    /// The machine's administrator, by numeric user id, through the command line's local socket or files.
    case operatingSystemUser(UInt32)
    /// A part of the gateway acting by itself: `scheduler`, `sync`, `expiry`, `configuration`.
    case system(String)
    /// An application or service that proved itself to the authorization server, in its own name or a person's.
    case client(ClientID)
    /// Somebody not yet proven: the person at a login page.
    case anonymous

    public var description: String {
        switch self {
        case .person(let id): "person:\(id)"
        case .serviceAccount(let id): "service_account:\(id)"
        case .operatingSystemUser(let uid): "os:\(uid)"
        case .system(let part): "system:\(part)"
        case .client(let id): "client:\(id)"
        case .anonymous: "anonymous"
        }
    }
}

/// Who owns an object or an attribute. A change by another owner is refused with the owner's name (HTTP 409).
public enum ManagedBy: String, Sendable, Codable, CaseIterable {
    case configuration
    case api
    case sync
}
