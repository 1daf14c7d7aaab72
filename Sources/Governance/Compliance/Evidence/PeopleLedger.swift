import Vocabulary

/// Who there is, who came and went, and how they signed in: the fold of `person.`, `totp.`, `login.` and `sync_run.`.
struct PeopleLedger: Sendable {
    struct Login: Sendable {
        let place: EvidencePlace
        let hasTwoFactors: Bool
        let roles: [RoleID]
    }

    struct Person: Sendable {
        let added: EvidencePlace
        var isActive: Bool
        var hasSecondFactor = false
        var newestLogin: Login?
        /// When a leaver is to be deleted, and where that stands.
        var deleteAfter: (time: Timestamp, position: Int64)?
    }

    /// Somebody whose access ended because a directory said so.
    struct Leaver: Sendable {
        let person: PersonID
        let place: EvidencePlace
        /// From the directory job that still found them to the end of their access: no less than it took. Nil where no
        /// earlier job of that directory is known.
        let longest: Duration?
    }

    /// Roles of one login that are kept; more says nothing more about privilege.
    private static let roleLimit = 64

    private(set) var people: [PersonID: Person] = [:]
    private(set) var leavers: [Leaver] = []
    private(set) var endedByHand: [EvidencePlace] = []
    private(set) var joined: [(person: PersonID, place: EvidencePlace, isNamed: Bool)] = []
    private(set) var deletions = NewestPositions()
    private(set) var erasures = NewestPositions()
    private var runs = DirectoryRuns()

    mutating func take(_ event: EvidenceEvent) {
        switch event.type {
        case "person.created": join(event)
        case "person.disabled": leave(event)
        case "person.enabled", "person.restored": change(event) { ($0.isActive, $0.deleteAfter) = (true, nil) }
        case "person.deleted": remove(event, \.deletions)
        case "person.erased": remove(event, \.erasures)
        case "totp.enrolled": change(event) { $0.hasSecondFactor = true }
        case "totp.removed": change(event) { $0.hasSecondFactor = false }
        case "login.succeeded": signIn(event)
        default: runs.take(event)
        }
    }

    var active: some Sequence<(key: PersonID, value: Person)> { people.lazy.filter { $0.value.isActive } }

    private mutating func change(_ event: EvidenceEvent, _ body: (inout Person) -> Void) {
        guard let id = PersonID(bytes: event.stream), var person = people[id] else { return }
        body(&person)
        people[id] = person
    }

    private mutating func join(_ event: EvidenceEvent) {
        guard let id = PersonID(bytes: event.stream) else { return }
        people[id] = Person(added: event.place, isActive: event.word("status").map { $0 == "active" } ?? true)
        // A first login through a directory adds its own person: the provider it was proven by is named instead.
        let isNamed = event.actor != .anonymous || event.word("managed_by") == "sync"
        joined.append((id, event.place, isNamed))
    }

    private mutating func leave(_ event: EvidenceEvent) {
        guard let id = PersonID(bytes: event.stream) else { return }
        let wasActive = people[id]?.isActive ?? true
        let deleteAfter = event.time("delete_after")
        change(event) { person in
            person.isActive = false
            person.deleteAfter = deleteAfter.map { ($0, event.position) }
        }
        guard wasActive else { return }
        guard ["leaver", "directory"].contains(event.word("reason") ?? "") else {
            endedByHand.append(event.place)
            return
        }
        leavers.append(Leaver(person: id, place: event.place, longest: runs.longest(since: event.causation, event.at)))
    }

    private mutating func remove(_ event: EvidenceEvent, _ list: WritableKeyPath<Self, NewestPositions>) {
        guard let id = PersonID(bytes: event.stream) else { return }
        people[id] = nil
        self[keyPath: list].add(event.position)
    }

    private mutating func signIn(_ event: EvidenceEvent) {
        guard let id: PersonID = event.id("person"), var person = people[id] else { return }
        person.newestLogin = Login(
            place: event.place, hasTwoFactors: event.word("acr") == AuthenticationStrength.aal2.acr,
            roles: Array(event.ids("roles").prefix(Self.roleLimit)))
        people[id] = person
    }
}

/// Which directory job stands behind an event, and when the one before it looked.
private struct DirectoryRuns: Sendable {
    private struct Run: Sendable {
        let provider: ProviderID
        let startedAt: Timestamp
    }

    private var open: [SyncRunID: Run] = [:]
    /// Events that later ones name as their cause, while their run is open.
    private var causes: [EventID: SyncRunID] = [:]
    /// When the newest job that was applied to its end began, by provider.
    private var applied: [ProviderID: Timestamp] = [:]

    mutating func take(_ event: EvidenceEvent) {
        guard let id = SyncRunID(bytes: event.stream) else { return }
        switch event.type {
        case "sync_run.started":
            guard let provider: ProviderID = event.id("provider") else { return }
            open[id] = Run(provider: provider, startedAt: event.at)
            causes[event.event] = id
        case "sync_run.released": if open[id] != nil { causes[event.event] = id }
        case "sync_run.applied":
            if let run = open[id] { applied[run.provider] = run.startedAt }
            close(id)
        case "sync_run.failed", "sync_run.dropped": close(id)
        default: return
        }
    }

    private mutating func close(_ id: SyncRunID) {
        open[id] = nil
        for (event, run) in causes where run == id { causes[event] = nil }
    }

    /// They were still there when the job before began to read, so that access lasted at most since then.
    func longest(since cause: EventID?, _ end: Timestamp) -> Duration? {
        guard let run = cause.flatMap({ causes[$0] }).flatMap({ open[$0] }), let before = applied[run.provider] else {
            return nil
        }
        return end - before
    }
}
