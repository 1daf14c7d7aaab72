import Foundation
import Governance
import Vocabulary

/// The state of everything governed, folded from messages alone, wherever they come from.
///
/// A message that was folded in already changes nothing. One that does not follow on what is known, because what came before
/// has aged out, waits for the state that was published in time.
struct EventLedger {
    /// Something governed, by kind and id.
    struct Name: Hashable, Sendable {
        let kind: String
        let id: [UInt8]

        var description: String { "\(kind) \(Identifier<Void>(bytes: id)?.description ?? "")" }
    }

    private struct Entry {
        var thing: any FoldedThing
        var version: Int64 = 0
        /// Whether something came that does not follow on what is known.
        var isBroken = false
    }

    private var entries: [Name: Entry] = [:]
    /// Published states that were not those that the events behind them fold to.
    private(set) var contradictions: Set<Name> = []
    /// The last position in the journal that a message came from.
    private(set) var position: Int64 = 0

    /// - Throws: `governance.broken_event`, or what an aggregate refuses: events that were not written by one.
    mutating func take(_ message: EventMessage) throws {
        position = max(position, message.position)
        let name = Name(kind: message.kind, id: message.id)
        guard let begun = GovernedKinds.begin(message.kind) else { return }
        var entry = entries[name] ?? Entry(thing: begun)
        switch message.content {
        case .event(let record):
            if message.version <= entry.version { return }
            if message.version == entry.version + 1, !entry.isBroken {
                try entry.thing.apply(record, at: message.at, actor: message.actor)
                entry.version = message.version
            } else {
                entry.isBroken = true
            }
        case .snapshot(let state):
            if message.version < entry.version { return }
            if message.version == entry.version, !entry.isBroken, try entry.thing.bytes() != state {
                contradictions.insert(name)
            }
            try entry.thing.adopt(state)
            (entry.version, entry.isBroken) = (message.version, false)
        }
        entries[name] = entry
    }

    /// Things of which something is missing.
    var incomplete: [Name] { entries.filter(\.value.isBroken).map(\.key) }

    /// The state of each thing that there is, as JSON with sorted names.
    func states() throws -> [Name: [UInt8]] {
        var states: [Name: [UInt8]] = [:]
        for (name, entry) in entries where !entry.isBroken { states[name] = try entry.thing.bytes() }
        return states
    }
}
