import Messaging
import NKeys
import Vocabulary

/// What is settled for an operator of NATS beside its keys.
public struct NATSOperatorSettings: Sendable, Hashable {
    /// What the subjects of its domains begin with, as `thecowboyai.org` in `thecowboyai.org.person.>`; empty for nothing,
    /// where a domain has `person.>` and `events.person.>`.
    public var subjectPrefix: String
    /// Where its servers are reached, `nats://host:4222`.
    public var servers: [String]

    init(subjectPrefix: String, servers: [String] = []) {
        self.subjectPrefix = subjectPrefix
        self.servers = servers
    }

    init(_ members: inout NATSMembers, name: String) throws {
        subjectPrefix = try members.text("subject_prefix") ?? "\(name).org"
        servers = try members.texts("servers", limit: 16) ?? []
        for server in servers { try Self.check(server) }
        guard !subjectPrefix.isEmpty else { return }
        try NATSNames.checkSubject(subjectPrefix, "subject_prefix", hasWildcards: false)
        guard !"$_".contains(subjectPrefix.prefix(1)) else {
            throw Fault("nats.malformed_subject", .caller, "`subject_prefix` is the servers' own.")
        }
    }

    private static func check(_ server: String) throws {
        do { _ = try MessagingServer(server) } catch {
            throw Fault(
                "nats.malformed", .caller, "`servers` has an address that is none.",
                remedy: "Write nats://HOST:4222 or tls://HOST:4222, without a name or password.")
        }
    }

    /// By the names of the API.
    public var json: AttributeValue {
        ["subject_prefix": .string(subjectPrefix), "servers": .list(servers.map(AttributeValue.string))]
    }

    /// What users of a domain publish and hear.
    func subjects(of domain: String) -> [String] {
        subjectPrefix.isEmpty ? ["\(domain).>", "events.\(domain).>"] : ["\(subjectPrefix).\(domain).>"]
    }
}

/// What is settled for an account of NATS: its limits, and the tokens that hold no longer.
public struct NATSAccountSettings: Sendable, Hashable {
    /// A word of the administrator's, as `service`.
    public var type: String
    /// By their names in the API; one that is absent does not bound.
    public var limits: [String: Int64]
    /// What it may keep; nil for no JetStream.
    public var jetStream: [String: Int64]?
    /// Public keys of users, each with the second up to which its tokens hold no longer.
    public var revoked: [String: Int64] = [:]

    static let usualType = "service"
    /// Names of limits, and of those of JetStream.
    public static let limitNames = [
        "connections", "leaf_nodes", "subscriptions", "payload", "data", "imports", "exports",
    ]
    public static let jetStreamNames = ["memory", "disk", "streams", "consumers"]
    /// Servers keep some of them in 32 bits.
    private static let narrow: Set<String> = ["connections", "leaf_nodes", "subscriptions", "payload"]

    init(type: String = usualType, limits: [String: Int64] = [:], jetStream: [String: Int64]? = nil) {
        self.type = type
        self.limits = limits
        self.jetStream = jetStream
    }

    init(_ members: inout NATSMembers) throws {
        type = try members.text("account_type") ?? Self.usualType
        try NATSNames.check(type, "account_type")
        limits = try members.object("limits").map { try Self.numbers($0, Self.limitNames) } ?? [:]
        jetStream = try members.object("jetstream").map { try Self.numbers($0, Self.jetStreamNames) }
        if var revoked = try members.object("revoked") { self.revoked = try Self.moments(&revoked) }
    }

    private static func numbers(_ members: NATSMembers, _ names: [String]) throws -> [String: Int64] {
        var members = members
        var found: [String: Int64] = [:]
        for name in names {
            found[name] = try members.integer(name, -1...(narrow.contains(name) ? Int64(Int32.max) : Int64(1) << 53))
        }
        try members.finish()
        return found
    }

    private static func moments(_ members: inout NATSMembers) throws -> [String: Int64] {
        var found: [String: Int64] = [:]
        for name in members.names { found[name] = try members.integer(name, 0...Int64.max) }
        return found
    }

    /// By the names of the API.
    public var json: AttributeValue {
        func object(_ numbers: [String: Int64]) -> AttributeValue { .object(numbers.mapValues(AttributeValue.integer)) }
        var members: [String: AttributeValue] = [
            "account_type": .string(type), "limits": object(limits), "revoked": object(revoked),
        ]
        members["jetstream"] = jetStream.map(object)
        return .object(members)
    }

    var accountLimits: AccountLimits {
        func limit(_ name: String) -> Limit { limits[name].map(Limit.init(rawValue:)) ?? .unlimited }
        var bounds = AccountLimits(jetStream: jetStreamLimits)
        bounds.connections = limit("connections")
        bounds.leafNodes = limit("leaf_nodes")
        bounds.subscriptions = limit("subscriptions")
        bounds.payload = limit("payload")
        bounds.data = limit("data")
        bounds.imports = limit("imports")
        bounds.exports = limit("exports")
        return bounds
    }

    private var jetStreamLimits: AccountLimits.JetStream {
        guard let jetStream else { return .disabled }
        func limit(_ name: String) -> Limit { jetStream[name].map(Limit.init(rawValue:)) ?? .unlimited }
        return .limited(
            JetStreamLimits(
                memory: limit("memory"), disk: limit("disk"), streams: limit("streams"), consumers: limit("consumers")))
    }
}

/// Names that stand in subjects, tokens and files.
enum NATSNames {
    static let byteLimit = 64

    /// Letters, digits, dashes and underscores: such a name is one token of a subject, one part of a path and a slug.
    static func check(_ name: String, _ place: String) throws {
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
        guard isPlain, (1...byteLimit).contains(name.utf8.count) else {
            throw Fault(
                "nats.invalid_name", .caller, "`\(place)` is no name for NATS.",
                remedy: "A name has 1 to \(byteLimit) letters, digits, dashes and underscores.")
        }
    }

    static func checkSubject(_ text: String, _ place: String, hasWildcards: Bool = true) throws {
        let subject = try known { try NATSSubject(text, place: place) }
        guard hasWildcards || !subject.hasWildcards else {
            throw Fault("nats.malformed_subject", .caller, "`\(place)` may have no wildcards.")
        }
    }

    /// A fault of NATS as one of the caller's.
    static func fault(_ fault: NATSFault) -> Fault {
        Fault("nats.\(fault.code.rawValue)", .caller, "`\(fault.place)` \(fault.problem).", remedy: fault.remedy)
    }

    /// A caller's fault with whose it is before it, in a document of many; any other error as it is.
    static func fault(_ error: any Error, of whom: String) -> any Error {
        let fault = (error as? NATSFault).map(Self.fault) ?? error as? Fault
        guard let fault, fault.culprit == .caller else { return error }
        return Fault(
            fault.code, fault.culprit, "\(whom): \(fault.message)", remedy: fault.remedy, retryAfter: fault.retryAfter)
    }

    static func known<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let fault as NATSFault { throw Self.fault(fault) }
    }

    /// Files of two names that differ in capitals only would be one on some systems.
    static func same(_ left: String, _ right: String) -> Bool { left.lowercased() == right.lowercased() }

    /// A name out of one that people gave: small letters, and a dash for everything else.
    static func slug(_ text: String) -> String {
        let small = text.lowercased().utf8.map { byte -> Character in
            let isPlain = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
            return isPlain ? Character(UnicodeScalar(byte)) : "-"
        }
        let parts = String(small).split(separator: "-")
        return String(parts.joined(separator: "-").prefix(byteLimit))
    }
}
