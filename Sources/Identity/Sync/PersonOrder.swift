import Vocabulary

/// The order in which a plan changes people: whoever loses access first; then those whose login changes, each after
/// whoever has to give up that login; then those who come or come back; and last what merely changes about somebody,
/// so that attributes by which roles are given change beside the switch of the grants.
struct PersonOrder {
    /// Login (`NameKey`) before the run, of people who are known.
    private let names: [PersonID: String]

    init(known: KnownDirectory, changes: [PersonChange]) {
        let moving = Set(changes.filter(Self.movesLogin).compactMap(\.id))
        guard !moving.isEmpty else {
            names = [:]
            return
        }
        names = Dictionary(
            known.people.filter { moving.contains($0.id) }.map { ($0.id, NameKey.of($0.record.login)) },
            uniquingKeysWith: { first, _ in first })
    }

    func sorted(_ changes: [PersonChange]) -> [PersonChange] {
        let rest = changes.filter { !$0.kind.isRevocation && !Self.movesLogin($0) }
        return changes.filter(\.kind.isRevocation) + byDependency(changes.filter(Self.movesLogin))
            + managersFirst(rest.filter { $0.kind != .change }) + rest.filter { $0.kind == .change }
    }

    /// Whoever comes comes after their manager, so that the manager is there to be named. Of people who manage each other
    /// in a circle one has to be first.
    private func managersFirst(_ changes: [PersonChange]) -> [PersonChange] {
        guard changes.contains(where: { $0.record?.manager != nil }) else { return changes }
        let places = Dictionary(
            changes.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
        return Self.chained(changes) { $0.record?.manager.flatMap { places[$0] } }
    }

    private static func movesLogin(_ change: PersonChange) -> Bool {
        !change.kind.isRevocation && change.id != nil && change.attributes.contains(PersonAttribute.login.rawValue)
    }

    /// Whoever takes a login comes after whoever has it. Of people who exchange theirs in a circle one has to be first.
    private func byDependency(_ changes: [PersonChange]) -> [PersonChange] {
        let holders = Dictionary(
            changes.enumerated().compactMap { index, change in
                change.id.flatMap { names[$0] }.map { ($0, index) }
            }, uniquingKeysWith: { first, _ in first })
        return Self.chained(changes) { $0.record.flatMap { holders[NameKey.of($0.login)] } }
    }

    /// Each change after the one that it waits for.
    private static func chained(
        _ changes: [PersonChange], waitingFor predecessor: (PersonChange) -> Int?
    ) -> [PersonChange] {
        var isDone = [Bool](repeating: false, count: changes.count)
        var ordered: [PersonChange] = []
        for start in changes.indices where !isDone[start] {
            var chain = [start]
            isDone[start] = true
            while let next = predecessor(changes[chain[chain.count - 1]]), !isDone[next] {
                isDone[next] = true
                chain.append(next)
            }
            ordered += chain.reversed().map { changes[$0] }
        }
        return ordered
    }
}

extension PersonChange.Kind {
    /// Whether it takes access away.
    public var isRevocation: Bool { self == .leave || self == .suspend || self == .delete }
}
