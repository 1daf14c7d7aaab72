import Synchronization
import Vocabulary

/// The list of erased people kept outside the database, so that restoring an older backup repeats their erasure. It
/// holds surrogate ids and times only, a JSON object a line, each durable before `append` returns.
public final class ErasureLog: Sendable {
    public let path: String
    private let known = Mutex<Set<ErasedPerson.Name>?>(nil)

    public init(path: String) { self.path = path }

    /// Whether there is a file. A restore must not take a missing list for an empty one.
    public var isPresent: Bool { Files.exists(path) }

    /// Makes an empty list where there is none, so that its absence later means that it was lost.
    public func begin() throws {
        if !isPresent { try Files.create(path, []) }
    }

    /// Adds those that are not in the list yet, durably; throws when that fails.
    public func append(_ people: [ErasedPerson]) throws {
        guard !people.isEmpty else { return }
        try known.withLock { known in
            var names = try known ?? Set(all().map(\.name))
            let missing = people.filter { !names.contains($0.name) }
            if !missing.isEmpty { try JSONLines.append(missing, to: path) }
            for person in missing { names.insert(person.name) }
            known = names
        }
    }

    /// Everyone in the list; throws `storage.lines_damaged` rather than forget anybody.
    public func all() throws -> [ErasedPerson] {
        var people: [ErasedPerson] = []
        try JSONLines.forEach(ErasedPerson.self, in: path) { people.append($0) }
        return people
    }
}

extension ErasedPerson {
    struct Name: Hashable, Sendable {
        let tenant: TenantID
        let person: PersonID
    }

    var name: Name { Name(tenant: tenant, person: person) }
}

extension Store {
    /// Puts people whose erasure has committed into the log outside, durably. An erasure is acknowledged after this.
    ///
    /// - Throws: `erasure.not_kept` when the log cannot be written; the erasure itself stands, and
    ///   `reconcileErasures` repeats the attempt.
    public func keepErasures(_ people: [ErasedPerson]) throws {
        guard let log = configuration.erasureLog else { return }
        do { try log.append(people) } catch {
            throw Fault(
                "erasure.not_kept", .ourselves,
                "Erased here, but not yet noted in the erasure log \(log.path): \(error)",
                remedy: "Make the erasure log writable; it is brought up to date by itself.")
        }
    }

    /// Brings the log outside up to what the database knows: after a start, and from time to time, because a crash may
    /// come between an erasure's commit and its line.
    ///
    /// - Throws: as `keepErasures`.
    public func reconcileErasures() async throws { try keepErasures(try await erasedPeople()) }
}
