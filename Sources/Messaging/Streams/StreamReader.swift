/// What comes next in a stream.
public enum StreamItem: Sendable, Hashable {
    case message(StoredMessage)
    /// Nothing is there (any more) from the first of these sequences to the last.
    case gap(ClosedRange<UInt64>, StreamGap)
}

/// Why there is nothing.
public enum StreamGap: String, Sendable, Hashable {
    /// It is older than what the stream still keeps.
    case agedOut = "aged_out"
    /// Somebody or something removed it between others.
    case removed
    /// The stream ends before where it was to be read from: it lost its end, or was made anew.
    case beyondEnd = "beyond_end"
}

/// Reads a stream in order, from the beginning or from a sequence, at its caller's pace: nothing is held but what one call
/// returns. It survives the ends of connections, for nothing of it is kept at the server.
public struct StreamReader: Sendable {
    /// Messages that are asked for at once.
    private static let window = 32

    private let stream: EventStream
    /// The sequence that comes next.
    public private(set) var next: UInt64

    public init(_ stream: EventStream, from sequence: UInt64 = 1) {
        self.stream = stream
        next = max(1, sequence)
    }

    /// The next messages and gaps, `limit` of them at most and few megabytes at once; none at the end of the stream. After an error it
    /// goes on where it was.
    ///
    /// - Throws: `StreamFault`.
    public mutating func next(limit: Int) async throws(StreamFault) -> [StreamItem] {
        guard let state = try await stream.state() else { throw .notFound }
        if next > state.lastSequence + 1 {
            // Once only: from here on it is read as it is now.
            defer { next = state.lastSequence + 1 }
            return [.gap(state.lastSequence + 1...next - 1, .beyondEnd)]
        }
        if next < state.firstSequence {
            defer { next = state.firstSequence }
            return [.gap(next...state.firstSequence - 1, .agedOut)]
        }
        var items: [StreamItem] = []
        var bytes = 0
        while items.count < limit, next <= state.lastSequence, bytes < 4 * 1_048_576 {
            let count = UInt64(min(Self.window, limit - items.count))
            let range = next...min(state.lastSequence, next + count - 1)
            let found = try await messages(range)
            // What was there a moment ago may have aged out meanwhile.
            let isWhole = found.allSatisfy { $0 != nil }
            let first = isWhole ? state.firstSequence : try await stream.state()?.firstSequence ?? .max
            for (sequence, message) in zip(range, found) {
                if let message {
                    bytes += message.payload.count
                    items.append(.message(message))
                } else {
                    Self.append(sequence < first ? .agedOut : .removed, at: sequence, to: &items)
                }
            }
            next = range.upperBound + 1
        }
        return items
    }

    private static func append(_ gap: StreamGap, at sequence: UInt64, to items: inout [StreamItem]) {
        if case .gap(let range, gap)? = items.last, range.upperBound + 1 == sequence {
            items[items.count - 1] = .gap(range.lowerBound...sequence, gap)
        } else {
            items.append(.gap(sequence...sequence, gap))
        }
    }

    private func messages(_ range: ClosedRange<UInt64>) async throws(StreamFault) -> [StoredMessage?] {
        do {
            return try await withThrowingTaskGroup(of: (UInt64, StoredMessage?).self) { group in
                for sequence in range { group.addTask { (sequence, try await stream.message(sequence)) } }
                var found: [UInt64: StoredMessage] = [:]
                for try await (sequence, message) in group { found[sequence] = message }
                return range.map { found[$0] }
            }
        } catch {
            throw StreamFault(error)
        }
    }
}
