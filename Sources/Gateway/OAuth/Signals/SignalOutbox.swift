import Identity
import OAuth
import Storage
import Vocabulary

/// Leaves word of what happens to people's credentials, in the transaction in which it happens. That a session ended is left
/// where sessions end, in the store.
struct SignalOutbox: Sendable {
    let clients: ClientTable
    let bell: Bell

    /// Tells every receiver that is to hear of this person.
    func changed(
        _ credential: SecurityEvent.Kind.Credential, _ change: SecurityEvent.Kind.Change, of person: PersonID,
        by caller: Caller, _ tx: Transaction
    ) throws {
        let streams = try tx.sql.credentialListeners(of: person, in: caller.tenant)
        for stream in streams {
            guard let client = clients.client(stream.client),
                let subject = try stream.isAboutEverybody
                    ? SubjectNames.name(person, for: client, tx.sql)
                    : SubjectNames.known(person, for: client, tx.sql)
            else { continue }
            var record = SignalRecord(
                .credentialChange, transaction: SignalQueue.transaction(of: caller.command.bytes, on: stream.id),
                happenedAt: tx.now.seconds)
            (record.subject, record.credential, record.change) = (subject, credential.rawValue, change.rawValue)
            record.initiator = Self.initiator(caller.actor, person).rawValue
            try tx.sql.leave(record, on: stream.id, at: tx.now)
        }
        if !streams.isEmpty { tx.afterCommit { [bell] in bell.ring() } }
    }

    /// Whoever is not signed in yet, and changes a credential, is who it belongs to: they came by a link or on their way in.
    private static func initiator(_ actor: Actor, _ person: PersonID) -> SecurityEvent.Initiator {
        switch actor {
        case .person(person), .anonymous: .user
        case .system, .client: .system
        case .person, .serviceAccount, .operatingSystemUser: .admin
        }
    }
}
