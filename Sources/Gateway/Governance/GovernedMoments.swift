import Governance
import Storage
import Vocabulary

/// One event of a stream, and the states around it.
struct Moment<State, Event: Sendable & Hashable> {
    let recorded: Recorded<Event>
    let before: State?
    let after: State?
}

extension GovernedView {
    /// The states around events of one kind of stream, by event. Each stream is folded once, however many of its events
    /// are asked about.
    func moments<Kind, State, Event>(
        _ places: some Sequence<JournalPlace>, _ stream: (Identifier<Kind>) -> GovernedStream<State, Event>
    ) throws -> [EventID: Moment<State, Event>] {
        let kind = stream(Identifier(high: 0, low: 0)).stream.kind
        var wanted: [[UInt8]: [Int64: EventID]] = [:]
        for place in places where place.kind == kind { wanted[place.stream, default: [:]][place.version] = place.event }
        var found: [EventID: Moment<State, Event>] = [:]
        for (bytes, versions) in wanted {
            guard let id = Identifier<Kind>(bytes: bytes) else { continue }
            let governed = stream(id)
            var state: State?
            try governed.forEach(sql, in: tenant, keys: keys) { recorded, stored in
                let event = versions[stored.version]
                // A state is only kept where it is asked for: keeping each would copy a long one at every event.
                let before = event == nil ? nil : state
                try governed.aggregate.apply(&state, recorded)
                if let event { found[event] = Moment(recorded: recorded, before: before, after: state) }
            }
        }
        return found
    }
}
