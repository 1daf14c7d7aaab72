import Governance
import Vocabulary

/// A journal in the making: events one after the other, each a second after the one before unless time is let pass.
struct RecordedYear {
    private(set) var book = EvidenceBook()
    private(set) var events: [EvidenceEvent] = []
    var now = noon - .days(400)
    private var position: Int64 = 0

    /// Lets time pass.
    mutating func wait(_ time: Duration) { now = now + time }

    /// Writes an event, and answers its id.
    @discardableResult
    mutating func write<Kind>(
        _ type: String, _ stream: Identifier<Kind>, kind: String = "test", by actor: Actor = admin,
        causedBy cause: EventID? = nil, sections: Int = 0, isSound: Bool = true, _ facts: [Fact] = []
    ) -> EventID {
        position += 1
        now = now + .seconds(1)
        let event = EvidenceEvent(
            position: position, event: EventID(high: 0xE, low: UInt64(position)), type: type, at: now, actor: actor,
            streamKind: kind, stream: stream.bytes, causation: cause, facts: facts, sections: sections)
        events.append(event)
        book.take(EvidenceBook.reads(type) ? event : nil, position: position, at: now, isSound: isSound)
        return event.event
    }

    /// Leaves out the next position.
    mutating func lose() { position += 1 }

    func ask(_ kind: EvidenceKind, _ bounds: [EvidenceBound: Int] = [:]) -> Evidence {
        book.evidence(for: EvidenceRequirement(kind, bounds), at: now)
    }

    // MARK: People

    mutating func join(_ person: PersonID, by actor: Actor = admin) {
        write("person.created", person, kind: "person", by: actor, [Fact("status", .word("active"))])
    }

    mutating func signIn(_ person: PersonID, factors: Int, roles: [RoleID] = []) {
        write(
            "login.succeeded", id(900) as FlowID, by: .anonymous,
            [
                Fact("person", .id(person, "person")), Fact("acr", .word("urn:gatehouse:aal:\(factors)")),
                Fact("roles", .list(roles.map { .id($0, "role") })),
            ])
    }

    /// A directory job that takes an hour to be decided where it is held.
    mutating func sync(_ provider: ProviderID, heldFor held: Duration? = nil, leaving: [PersonID] = []) {
        let run = SyncRunID(high: 0x51, low: UInt64(position))
        var cause = write("sync_run.started", run, by: .system("sync"), [Fact("provider", .id(provider, "provider"))])
        if let held {
            write("sync_run.held", run, by: .system("sync"))
            wait(held)
            cause = write("sync_run.released", run)
        }
        for person in leaving {
            write(
                "person.disabled", person, kind: "person", by: .system("sync"), causedBy: cause,
                [Fact("reason", .word("leaver")), Fact("delete_after", .time(now + .days(30)))])
        }
        write("sync_run.applied", run, by: .system("sync"))
    }

    // MARK: Settings

    /// What a start states; `changes` take the place of the sound values.
    mutating func start(_ changes: [String: Int64] = [:], privileged: [RoleID] = []) {
        let sound: [String: Int64] = [
            "password_minimum": 15, "password_minimum_with_mfa": 12, "session_idle_seconds": 900,
            "session_absolute_seconds": 43_200, "lockout_tries": 10, "lockout_seconds": 1_800, "public_https": 1,
            "directory_servers": 2, "directory_servers_tls": 2, "decision_retention_days": 365, "anomaly_kinds": 4,
        ]
        let facts = sound.merging(changes) { $1 }.sorted { $0.key < $1.key }.map { Fact($0.key, .integer($0.value)) }
        write(
            "configuration.applied", id(1) as TenantID, by: .system("configuration"),
            facts + [Fact("privileged_roles", .list(privileged.map { .id($0, "role") }))])
    }
}
