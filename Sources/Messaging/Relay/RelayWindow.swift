/// The events in flight, as values: what was sent and not acknowledged, in order, and what answers mean for it.
struct RelayWindow: Sendable {
    private struct Flight: Sendable {
        let position: Int64
        let sequence: UInt64
    }

    private var flights: [Flight] = []
    /// How many of `flights` are acknowledged and not yet removed.
    private var done = 0
    /// The last sequence that the stream has when all is taken.
    private(set) var sequence: UInt64
    /// The position and the id of the last event sent; the id only where it was sent in this window.
    private(set) var position: Int64
    private(set) var messageID: String?
    let stream: String

    /// A window that goes on after a sequence of the stream and a position of the log.
    init(stream: String, after cursor: RelayCursor) {
        self.stream = stream
        sequence = cursor.sequence
        position = cursor.position
    }

    var count: Int { flights.count - done }

    /// Puts an event that follows into flight, at the next sequence.
    mutating func send(_ event: RelayedEvent) {
        sequence += 1
        position = event.position
        messageID = event.messageID
        flights.append(Flight(position: event.position, sequence: sequence))
    }

    /// What an event that a server has taken means: it and all before it are in the stream, because it was taken only as the
    /// next one. Nil when that was known already.
    ///
    /// - Returns: the last position, how many were not known before, and whether the server had it already.
    mutating func settle(
        _ outcome: RelayMailbox.Outcome
    ) throws(RelayTrouble) -> (position: Int64, sequence: UInt64, count: Int, isDuplicate: Bool)? {
        guard let index = index(of: outcome.sequence) else { return nil }
        let flight = flights[index]
        switch outcome.result {
        case .failure(let error): throw Self.trouble(error, flight.position)
        case .success(let answer):
            switch Acknowledgement(answer.payload, stream: stream) {
            case .stored(flight.sequence, let isDuplicate):
                let count = index - done + 1
                done = index + 1
                if done > 1_024, done * 2 > flights.count {
                    flights.removeFirst(done)
                    done = 0
                }
                return (flight.position, flight.sequence, count, isDuplicate)
            case .stored: throw .outOfStep
            case .refused(let code, let text): throw Self.refusal(code, text, flight.position, flight.sequence)
            case .misread: throw .stream(.misread)
            }
        }
    }

    private func index(of sequence: UInt64) -> Int? {
        guard done < flights.count, sequence >= flights[done].sequence else { return nil }
        return done + Int(sequence - flights[done].sequence)
    }

    private static func refusal(_ code: Int, _ text: String, _ position: Int64, _ sequence: UInt64) -> RelayTrouble {
        switch code {
        case 10_070, 10_071, 10_164:
            // "wrong last sequence: 41"
            let last = UInt64(text.reversed().prefix { $0.isNumber }.reversed().map(String.init).joined())
            return last.map { $0 >= sequence } ?? true ? .overtaken : .outOfStep
        case 10_054, 10_097: return .event(position: position, .library(text))
        default: return .stream(StreamFault(code: code, text))
        }
    }

    static func trouble(_ error: MessagingError, _ position: Int64) -> RelayTrouble {
        switch error {
        case .notConnected, .connectionLost, .closed: .disconnected
        case .timedOut, .busy: .unacknowledged
        case .noResponders: .stream(.noJetStream)
        case .notPermitted(let subject): .stream(.notPermitted(subject: subject))
        default: .event(position: position, error)
        }
    }
}
