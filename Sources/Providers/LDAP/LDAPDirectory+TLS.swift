import LDAP
import Logging
import Synchronization
import Vocabulary

/// Remembers when TLS was last looked into, so that a server that is down is not asked by every login.
final class TLSExplanations: Sendable {
    static let interval: Duration = .seconds(60)
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    /// True for the first in a minute.
    func begin(at now: ContinuousClock.Instant = .now) -> Bool {
        last.withLock { last in
            if let last, now < last + Self.interval { return false }
            last = now
            return true
        }
    }
}

extension LDAPDirectory {
    /// The fault that names what is wrong with a server's TLS, when that is why it could not be reached.
    func explained(_ error: LDAPError) async -> Fault? {
        guard Self.mayBeTLS(error) else { return nil }
        for configuration in settings.connections {
            guard let flaw = await TLSProbe.examine(configuration)?.flaws.first else { continue }
            return LDAPFailure.fault(flaw, of: configuration.endpoint)
        }
        return nil
    }

    /// Looks for the reason without anybody waiting for it, and tells the log.
    func explainLater(_ error: LDAPError) {
        guard Self.mayBeTLS(error), explanations.begin() else { return }
        let (configurations, logger) = (settings.connections, logger)
        Task.detached {
            for configuration in configurations {
                for flaw in await TLSProbe.examine(configuration)?.flaws ?? [] {
                    logger.warning(
                        "directory TLS is refused",
                        metadata: [
                            "server": "\(configuration.endpoint)", "flaw": "\(flaw.code)", "cause": "\(flaw)",
                            "cure": "\(flaw.cure)",
                        ])
                }
            }
        }
    }

    private static func mayBeTLS(_ error: LDAPError) -> Bool {
        switch error {
        case .unreachable, .startTLSRefused, .noServerAvailable, .timedOut(.connecting), .timedOut(.startTLS): true
        default: false
        }
    }
}
