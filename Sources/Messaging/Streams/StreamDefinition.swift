import NKeys

/// What a stream of events is to be.
///
/// It is kept in files, for as long as its age says, and nobody may delete or purge: `deny_delete` and `deny_purge`, which a server
/// lets nobody take away again. Where a limit of bytes is set and reached, new events are refused and not old ones lost
/// (`discard: new`): what is relayed lies safe where it comes from, and a relay that stands still is seen, while an event that
/// is gone from the beginning is missed by nobody until it is needed.
public struct StreamDefinition: Sendable, Hashable {
    public var name: String
    /// Patterns of the subjects that it keeps.
    public var subjects: [String]
    /// How long events are kept.
    public var maximumAge: Duration = .seconds(365 * 86_400)
    public var replicas = 1
    /// All that it may hold, in bytes; nil for no limit but the account's.
    public var maximumBytes: Int64?
    /// How long a server remembers ids of messages (`Nats-Msg-Id`).
    public var duplicateWindow: Duration = .seconds(120)
    public var description = ""

    public init(name: String, subjects: [String]) {
        self.name = name
        self.subjects = subjects
    }

    /// - Throws: `StreamFault.invalid`.
    func check() throws(StreamFault) {
        let isPlain: (UInt8) -> Bool = { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard !name.isEmpty, name.utf8.count <= 64, name.utf8.allSatisfy(isPlain) else {
            throw .invalid("a stream's name has letters, digits, - and _, 64 at most")
        }
        guard !subjects.isEmpty, subjects.count <= 64 else { throw .invalid("a stream keeps 1 to 64 subjects") }
        for text in subjects {
            do { _ = try NATSSubject(text) } catch { throw .invalid("a subject of the stream is malformed") }
        }
        guard (1...5).contains(replicas) else { throw .invalid("a stream has 1 to 5 replicas") }
        guard maximumAge >= .seconds(1), duplicateWindow >= .milliseconds(100) else {
            throw .invalid("events are kept for a second at least, and ids for 100 milliseconds")
        }
    }

    /// The members of the server's configuration that this is about, by their names there.
    var wanted: [String: StreamValue] {
        [
            "subjects": .texts(subjects.sorted()), "max_age": .number(Self.nanoseconds(maximumAge)),
            "num_replicas": .number(Int64(replicas)), "max_bytes": .number(maximumBytes ?? -1),
            "duplicate_window": .number(Self.nanoseconds(min(duplicateWindow, maximumAge))), "storage": .text("file"),
            "retention": .text("limits"), "discard": .text("new"), "deny_delete": .flag(true),
            "deny_purge": .flag(true), "allow_rollup_hdrs": .flag(false), "max_msgs": .number(-1),
            "max_msgs_per_subject": .number(-1), "max_msg_size": .number(-1), "no_ack": .flag(false),
            "sealed": .flag(false),
        ]
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let limit = Duration.seconds(290 * 365 * 86_400)
        return Int64(min(duration, limit) / .nanoseconds(1))
    }
}

/// A value of a stream's configuration.
public enum StreamValue: Sendable, Hashable, CustomStringConvertible {
    case text(String)
    case texts([String])
    case number(Int64)
    case flag(Bool)

    public var description: String {
        switch self {
        case .text(let text): text
        case .texts(let texts): texts.joined(separator: ", ")
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        }
    }

    var json: Any {
        switch self {
        case .text(let text): text
        case .texts(let texts): texts
        case .number(let number): number
        case .flag(let flag): flag
        }
    }

    /// The same member as a server has it; what it leaves out is its type's zero, or -1 where that means no limit.
    static func read(_ member: Any?, like wanted: StreamValue, _ name: String) -> StreamValue {
        switch wanted {
        case .text: .text(member as? String ?? "")
        case .texts: .texts((member as? [String] ?? []).sorted())
        case .number:
            if let number = (member as? Int64) ?? (member as? Int).map(Int64.init) {
                .number(number == 0 && name.hasPrefix("max_") && name != "max_age" ? -1 : number)
            } else {
                .number(name.hasPrefix("max_") && name != "max_age" ? -1 : 0)
            }
        case .flag: .flag(member as? Bool ?? false)
        }
    }
}

/// Something in which a stream is not what it is to be.
public struct StreamDifference: Sendable, Hashable, CustomStringConvertible {
    /// The member of the server's configuration, by its name there.
    public let member: String
    public let found: StreamValue
    public let wanted: StreamValue
    /// Whether an update of the stream can make it so without losing anything.
    public let isSafe: Bool

    public var description: String { "\(member) is \(found), not \(wanted)" }

    init(_ member: String, _ found: StreamValue, _ wanted: StreamValue) {
        self.member = member
        self.found = found
        self.wanted = wanted
        isSafe =
            switch (member, found, wanted) {
            case ("subjects", .texts(let old), .texts(let new)): Set(old).isSubset(of: new)
            // A shorter age removes events at once.
            case ("max_age", .number(let old), .number(let new)): old != 0 && (new == 0 || new > old)
            case ("num_replicas", _, _), ("duplicate_window", _, _): true
            case ("deny_delete", _, .flag(true)), ("deny_purge", _, .flag(true)): true
            case ("discard", _, .text("new")): true
            default: false
            }
    }
}
