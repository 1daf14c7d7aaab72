import Dispatch
import Glibc
import Synchronization
import Vocabulary

/// What the machine calls its own accounts. The journal holds their numbers; whoever reads it wants to know who that was.
public final class MachineAccounts: Sendable {
    /// Accounts remembered at once; past it everything is asked anew.
    static let memoryLimit = 256
    private let known = Mutex<[UInt32: String?]>([:])

    init() {}

    /// The name behind each actor of the form `os:0`; others, and accounts the machine does not know, are left out.
    public func names(of actors: Set<String>) async -> [String: String] {
        var names: [String: String] = [:]
        for actor in actors { names[actor] = await name(of: actor) }
        return names
    }

    /// The name behind an actor of the form `os:0`; nil for any other, and where the machine knows no such account.
    public func name(of actor: String) async -> String? {
        guard actor.hasPrefix("os:"), let number = UInt32(actor.dropFirst(3)) else { return nil }
        if let found = known.withLock({ $0[number] }) { return found }
        let name = await Self.look(number)
        known.withLock { known in
            if known.count >= Self.memoryLimit { known.removeAll() }
            known[number] = .some(name)
        }
        return name
    }

    // The accounts may be in a directory of their own (nsswitch.conf(5)), so that asking blocks.
    private static func look(_ number: UInt32) async -> String? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: lookHere(number)) }
        }
    }

    private static func lookHere(_ number: UInt32) -> String? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(number, &record, &buffer, buffer.count, &found) == 0, found != nil, let name = record.pw_name
        else { return nil }
        return String(cString: name)
    }
}
