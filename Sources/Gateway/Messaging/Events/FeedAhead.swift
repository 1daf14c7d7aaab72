import Messaging

/// Reads the next page of a log while the one before is sent: each costs about the same, and there are two processors.
actor FeedAhead {
    typealias Read = @Sendable (_ after: Int64, _ limit: Int) async throws -> [RelayedEvent]

    /// Behind a page that was not full so much time passes before the next look: several commits come together in it, where each
    /// would cost a look of its own.
    private static let pause: Duration = .milliseconds(10)

    private let read: Read
    /// When the last page was read that was not full.
    private var shortAt: ContinuousClock.Instant?
    private var ahead: (after: Int64, limit: Int, page: Task<[RelayedEvent], any Error>)?

    init(_ read: @escaping Read) { self.read = read }

    deinit { ahead?.page.cancel() }

    /// The events after a position. Only behind a full page more is looked for: at the end of the log it would be nothing, and
    /// what comes later would be missed.
    func next(after position: Int64, limit: Int) async throws -> [RelayedEvent] {
        let known = ahead
        ahead = nil
        var page: [RelayedEvent] = []
        if let known, known.after == position, known.limit == limit {
            page = try await known.page.value
        } else {
            known?.page.cancel()
        }
        if page.isEmpty {
            if let shortAt { try await Task.sleep(until: shortAt + Self.pause, clock: .continuous) }
            page = try await read(position, limit)
        }
        shortAt = page.count < limit ? .now : nil
        if page.count == limit, let last = page.last?.position {
            let read = read
            ahead = (last, limit, Task { try await read(last, limit) })
        }
        return page
    }
}
