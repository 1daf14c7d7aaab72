import Providers
import Synchronization
import Vocabulary

/// Remembers what was asked of an admission.
final class Counted: Sendable {
    private struct State {
        var accounts: [String] = []
        var withdrawn = 0
        var accepted = 0
        var prepared: String?
    }

    private let state = Mutex(State())

    var accounts: [String] { state.withLock(\.accounts) }
    var withdrawn: Int { state.withLock(\.withdrawn) }
    var acceptedCount: Int { state.withLock(\.accepted) }

    /// - Parameter prepared: the account whose bind is admitted beforehand, once.
    func admission(wait: Duration? = nil, prepared: String? = nil) -> BindAdmission {
        state.withLock { $0.prepared = prepared }
        return BindAdmission(
            admit: { account in
                self.state.withLock { $0.accounts.append(account) }
                return wait
            },
            takePrepared: { account in
                self.state.withLock { state in
                    guard state.prepared == account else { return false }
                    state.prepared = nil
                    return true
                }
            },
            withdraw: { _ in self.state.withLock { $0.withdrawn += 1 } },
            accepted: { _ in self.state.withLock { $0.accepted += 1 } })
    }
}
