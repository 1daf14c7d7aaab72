import Providers
import Synchronization
import Vocabulary

/// Remembers what was asked of an admission.
final class Counted: Sendable {
    private struct State {
        var accounts: [String] = []
        var withdrawn = 0
        var accepted = 0
    }

    private let state = Mutex(State())

    var accounts: [String] { state.withLock(\.accounts) }
    var withdrawn: Int { state.withLock(\.withdrawn) }
    var acceptedCount: Int { state.withLock(\.accepted) }

    func admission(wait: Duration? = nil) -> BindAdmission {
        BindAdmission(
            admit: { account in
                self.state.withLock { $0.accounts.append(account) }
                return wait
            }, withdraw: { _ in self.state.withLock { $0.withdrawn += 1 } },
            accepted: { _ in self.state.withLock { $0.accepted += 1 } })
    }
}
