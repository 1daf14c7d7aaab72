import Storage
import Synchronization
import Vocabulary

/// The askers of one resolved subject that were made already.
final class AskerMemory: Sendable {
    private struct Bearer {
        let credential: PresentedCredential
        let authenticatedAt: Timestamp?
        let asker: RecordedAsker
    }

    private struct Memory {
        var subject: RecordedAsker?
        /// The latest only: whoever has two sessions open seldom uses both in the same moment.
        var bearer: Bearer?
    }

    private let memory = Mutex(Memory())

    func subject(_ make: () -> RecordedAsker) -> RecordedAsker {
        memory.withLock { memory in
            if let known = memory.subject { return known }
            let made = make()
            memory.subject = made
            return made
        }
    }

    /// A later proof in the same session makes another asker.
    func bearer(
        _ credential: PresentedCredential, _ authenticatedAt: Timestamp?, _ make: () -> RecordedAsker
    ) -> RecordedAsker {
        memory.withLock { memory in
            if let known = memory.bearer, known.credential == credential, known.authenticatedAt == authenticatedAt {
                return known.asker
            }
            let made = make()
            memory.bearer = Bearer(credential: credential, authenticatedAt: authenticatedAt, asker: made)
            return made
        }
    }
}
