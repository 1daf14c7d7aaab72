import Synchronization
import Vocabulary

/// When a tenant's people were last looked at for what their users of NATS may do: again when the journal went on, and for
/// what ends by time once in a while.
final class NATSLooks: Sendable {
    private struct Look {
        let position: Int64
        let time: Timestamp
    }

    private static let longest: Duration = .seconds(10)
    private let looks = Mutex<[TenantID: Look]>([:])

    func isDue(_ tenant: TenantID, _ position: Int64, at now: Timestamp) -> Bool {
        looks.withLock { looks in
            if let last = looks[tenant], last.position == position, now < last.time + Self.longest { return false }
            looks[tenant] = Look(position: position, time: now)
            return true
        }
    }
}
