/// What is exported and imported: messages, or answers to requests.
public enum ExportKind: String, Sendable, CaseIterable {
    case stream, service
}

/// What an account lets others import.
public struct Export: Sendable, Equatable {
    public var name: String?
    public var subject: String
    public var kind: ExportKind
    /// Only those import it who have an activation.
    public var needsActivation: Bool
    /// Activations that hold no longer, by the account they were for.
    public var revocations: Revocations
    /// Of a service: how many answers a request has.
    public var responseType: ResponseType?
    /// Of a service: how long a request may be answered, in nanoseconds.
    public var responseThreshold: Int64?
    /// Of a service: where its latency is told.
    public var latency: Latency?
    /// Which token of the subject, counted from one, has to be the importing account's key; it has to be a `*`.
    public var accountTokenPosition: Int?
    public var advertise: Bool
    public var allowTrace: Bool
    public var description: String?
    /// Where people read about it.
    public var informationAddress: String?

    /// How many answers a request has.
    public enum ResponseType: String, Sendable, CaseIterable {
        case one = "Singleton"
        case stream = "Stream"
        case chunked = "Chunked"
    }

    /// Where a service's latency is told, and of how many requests.
    public struct Latency: Sendable, Equatable {
        /// Of a hundred requests; nil measures those whose headers ask for it.
        public var percent: Int?
        public var results: String

        /// Of so many requests in a hundred.
        public init(percent: Int?, results: String) {
            self.percent = percent
            self.results = results
        }
    }

    /// A public export.
    public init(_ kind: ExportKind, _ subject: String, name: String? = nil, needsActivation: Bool = false) {
        self.kind = kind
        self.subject = subject
        self.name = name
        self.needsActivation = needsActivation
        revocations = Revocations()
        advertise = false
        allowTrace = false
    }
}

/// What an account takes from another.
public struct Import: Sendable, Equatable {
    public var name: String?
    /// As the exporting account calls it.
    public var subject: String
    public var kind: ExportKind
    /// Whose it is.
    public var account: NKey
    /// The activation, where the export asks for one.
    public var activation: String?
    /// What it is called here; `$1` or `*` for each `*` of the subject. Nil takes the subject's name.
    public var localSubject: String?
    /// The older way to rename; `localSubject` replaces it.
    public var to: String?
    /// Of a service: who asks is told with the latency.
    public var share: Bool
    /// Of a stream.
    public var allowTrace: Bool

    /// An import under the subject's own name unless another is given.
    public init(
        _ kind: ExportKind, _ subject: String, from account: NKey, localSubject: String? = nil, name: String? = nil,
        activation: String? = nil
    ) {
        self.kind = kind
        self.subject = subject
        self.account = account
        self.localSubject = localSubject
        self.name = name
        self.activation = activation
        share = false
        allowTrace = false
    }
}
