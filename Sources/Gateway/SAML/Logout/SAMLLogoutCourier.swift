import Logging
import SAML
import Storage
import Vocabulary

/// Tells SAML peers by SOAP that a session has ended, where no browser is there to take the word along: an administrator ended
/// it, it ran out, or the browser did not come back. What waits is there across restarts, because it was written with the end.
public actor SAMLLogoutCourier {
    static let batch = 64

    /// Peers that answered, and those that were given up.
    public private(set) var delivered = 0
    public private(set) var abandoned = 0
    private let store: Store
    private let teller: LogoutTeller
    private let bell: Bell
    private let logger: Logger
    private let clock: @Sendable () -> Timestamp

    init(
        store: Store, teller: LogoutTeller, bell: Bell, logger: Logger, clock: @escaping @Sendable () -> Timestamp
    ) {
        (self.store, self.teller, self.bell, self.logger, self.clock) = (store, teller, bell, logger, clock)
    }

    /// Delivers what is due until the task is cancelled.
    func run() async {
        await bell.follow(clock: clock) {
            await deliver()
            return try? await store.read { try $0.nextPeerLogout() }
        }
    }

    /// Tries everything that is due once.
    public func deliver() async {
        let now = clock()
        guard let due = try? await store.read({ try $0.duePeerLogouts(at: now, limit: Self.batch) }), !due.isEmpty
        else { return }
        let key = try? teller.signingKey()
        let outcomes = await withTaskGroup(of: (PeerLogout, BehindOutcome).self) { group in
            for logout in due {
                group.addTask { [teller] in
                    guard let key, logout.expiresAt > now else { return (logout, .untold) }
                    return (logout, await teller.outcome(logout, false, signedWith: key))
                }
            }
            var found: [(PeerLogout, BehindOutcome)] = []
            for await outcome in group { found.append(outcome) }
            return found
        }
        await write(outcomes, at: now)
    }

    /// What cannot be written down now is told again: an ended session ends no second time.
    private func write(_ outcomes: [(PeerLogout, BehindOutcome)], at now: Timestamp) async {
        var later: Set<[UInt8]> = []
        for (logout, outcome) in outcomes {
            if case .told(_, let result, let isSettled) = outcome, result != .silent || !isSettled {
                if isSettled { delivered += 1 } else { later.insert(logout.id) }
            } else {
                abandoned += 1
            }
            if case .told(let title, let result, _) = outcome, result != .ended {
                logger.warning(
                    "a SAML peer did not confirm that a session has ended",
                    metadata: [
                        "peer": "\(title)", "result": "\(result.rawValue)", "attempts": "\(logout.attempts + 1)",
                    ])
            }
        }
        let waiting = later
        try? await store.write(.spool) { tx in
            for (logout, _) in outcomes {
                if waiting.contains(logout.id) {
                    try tx.sql.postpone(
                        peerLogout: logout.id, until: now + DeliveryPause.after(Int(logout.attempts) + 1))
                } else {
                    try tx.sql.remove(peerLogout: logout.id)
                }
            }
        }
    }
}
