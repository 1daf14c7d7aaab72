import Synchronization
import Vocabulary

/// How directory jobs ended and how long they took, by provider.
final class SyncTally: Sendable {
    enum Outcome: String, CaseIterable {
        case done, held, failed
        /// A held job, by whoever decided it.
        case released, dropped
    }

    struct Account {
        var outcomes: [Outcome: Int] = [:]
        var seconds = Distribution.longSeconds
    }

    private let memory = Mutex<[ProviderID: Account]>([:])

    /// - Parameter time: from beginning to end; nil for a decision about a job that is over.
    func count(_ outcome: Outcome, of provider: ProviderID, took time: Duration? = nil) {
        memory.withLock { memory in
            memory[provider, default: Account()].outcomes[outcome, default: 0] += 1
            if let time { memory[provider, default: Account()].seconds.add(time) }
        }
    }

    func account(of provider: ProviderID) -> Account { memory.withLock { $0[provider] ?? Account() } }
}
