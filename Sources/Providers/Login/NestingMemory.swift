import Identity
import Synchronization

/// Which groups a group lies in, kept for some seconds: thousands of people sign in through the same few groups. What
/// somebody is in directly is always asked for; only groups in groups may be this much out of date.
final class NestingMemory: Sendable {
    /// No answer is used for longer.
    static let lifetime: Duration = .seconds(10)
    /// Past this many groups everything is forgotten.
    static let limit = 20_000

    /// A group that another lies in.
    struct Container: Sendable, Hashable {
        let group: UpstreamGroup
        let dn: String
    }

    private struct Memory {
        let containers: [Container]
        let since: ContinuousClock.Instant
    }

    private let memories = Mutex<[String: Memory]>([:])

    /// The groups directly around the group of this folded name; nil where that is not known or too old.
    func containers(of name: String, at now: ContinuousClock.Instant = .now) -> [Container]? {
        memories.withLock { memories in
            guard let memory = memories[name] else { return nil }
            guard now < memory.since + Self.lifetime else {
                memories[name] = nil
                return nil
            }
            return memory.containers
        }
    }

    func remember(_ containers: [Container], of name: String, at now: ContinuousClock.Instant = .now) {
        memories.withLock { memories in
            if memories.count >= Self.limit { memories = [:] }
            memories[name] = Memory(containers: containers, since: now)
        }
    }
}
