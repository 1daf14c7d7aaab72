/// Finding out where to go on.
extension EventRelay {
    /// Messages that are asked for at once.
    private static let lookBackWindow = 32

    /// Makes sure that the stream is there, and reads where it ends: the last sequence, and the position of the last event of ours.
    func resume() async throws(RelayTrouble) -> RelayCursor {
        let report: StreamReport
        do { report = try await stream.ensure() } catch { throw RelayTrouble(error) }
        count { metrics in
            metrics.resumed += 1
            if report.isNew { metrics.streamsMade += 1 }
            metrics.differences = report.left
        }
        let state = report.state
        let known = try await cursor(created: state.created)
        var position = try await lastOfOurs(state, known)
        if position == nil, let known, known.sequence < state.firstSequence {
            // All of ours have aged out. A cursor that points behind what the stream had is of events that it lost.
            position = known.position
        }
        let start = RelayCursor(position: position ?? 0, sequence: state.lastSequence, streamCreated: state.created)
        settle(at: start)
        return start
    }

    /// Looks from the end of the stream backwards for the last event of ours; nil when there is none.
    private func lastOfOurs(_ state: StreamState, _ known: RelayCursor?) async throws(RelayTrouble) -> Int64? {
        var sequence = state.lastSequence
        var looked = 0
        while sequence >= max(1, state.firstSequence) {
            guard looked < configuration.lookBackLimit else { throw .foreignMessages }
            // One by one would take long behind many others; the last alone is the rule.
            let count = looked == 0 ? 1 : min(Self.lookBackWindow, Int(sequence - max(1, state.firstSequence)) + 1)
            let range = sequence - UInt64(count - 1)...sequence
            for message in try await messages(range).reversed() {
                if let position = try await ownPosition(message, known) { return position }
                self.count { $0.foreign += 1 }
            }
            looked += count
            guard range.lowerBound > 1 else { return nil }
            sequence = range.lowerBound - 1
        }
        return nil
    }

    private func messages(_ range: ClosedRange<UInt64>) async throws(RelayTrouble) -> [StoredMessage] {
        do {
            return try await withThrowingTaskGroup(of: StoredMessage?.self) { [stream] group in
                for sequence in range { group.addTask { try await stream.message(sequence) } }
                var found: [StoredMessage] = []
                for try await message in group { if let message { found.append(message) } }
                return found.sorted { $0.sequence < $1.sequence }
            }
        } catch {
            throw RelayTrouble(StreamFault(error))
        }
    }

    /// The position that a message has in the log; nil for one that is not from there, whatever it says of itself.
    ///
    /// Anybody who may publish to the stream can write a position into a header, so the log is asked whether its event there has
    /// this id; and an event of ours that stands again, behind what had been acknowledged with a later position, is a copy.
    private func ownPosition(
        _ message: StoredMessage, _ known: RelayCursor?
    ) async throws(RelayTrouble) -> Int64? {
        guard let text = message.headers[RelayedEvent.positionHeader], let position = Int64(text), position > 0,
            let id = message.messageID
        else { return nil }
        if let known, message.sequence > known.sequence, position <= known.position { return nil }
        let events: [RelayedEvent]
        do { events = try await source.next(position - 1, 1) } catch { throw .log(safe("\(error)")) }
        guard let event = events.first, event.position == position, event.messageID == id else { return nil }
        return position
    }
}
