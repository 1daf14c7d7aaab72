import Foundation

/// What a stream holds at one moment.
public struct StreamState: Sendable, Hashable {
    public let messages: UInt64
    public let bytes: UInt64
    /// The oldest that is kept; one more than the last where nothing is.
    public let firstSequence: UInt64
    /// The newest there ever was; 0 in a stream that nothing came to yet.
    public let lastSequence: UInt64
    /// When it was made, as the server writes it: another one of the same name has another time.
    public let created: String
}

/// What `EventStream.ensure()` found and did.
public struct StreamReport: Sendable, Hashable {
    public let state: StreamState
    /// Whether the stream was made now.
    public let isNew: Bool
    /// What was not as it is to be, and is now.
    public let updated: [StreamDifference]
    /// What is not as it is to be, and was left so: changing it could lose events, or the server refuses to.
    public let left: [StreamDifference]
}

/// A stream of JetStream that keeps events.
public struct EventStream: Sendable {
    public let definition: StreamDefinition
    let connection: MessagingConnection
    private let prefix: String
    private let timeout: Duration

    /// - Parameter domain: the domain of JetStream, where it is another than that of the server connected to.
    /// - Throws: `StreamFault.invalid`.
    public init(
        _ connection: MessagingConnection, _ definition: StreamDefinition, domain: String? = nil,
        timeout: Duration = .seconds(5)
    ) throws(StreamFault) {
        try definition.check()
        let prefix = domain.map { "$JS.\($0).API" } ?? "$JS.API"
        do { _ = try OutgoingMessage(prefix, [], []) } catch { throw .invalid("the domain is no token of a subject") }
        self.connection = connection
        self.definition = definition
        self.prefix = prefix
        self.timeout = timeout
    }

    /// Makes the stream where there is none. Where there is one, says in what it differs and changes what can be changed without
    /// losing anything.
    ///
    /// - Parameter update: false to change nothing.
    /// - Throws: `StreamFault`.
    public func ensure(update: Bool = true) async throws(StreamFault) -> StreamReport {
        guard let info = try await info() else { return try await create() }
        let differences = definition.wanted.compactMap { name, wanted -> StreamDifference? in
            let found = StreamValue.read(info.configuration[name], like: wanted, name)
            return found == wanted ? nil : StreamDifference(name, found, wanted)
        }.sorted { $0.member < $1.member }
        let safe = update ? differences.filter(\.isSafe) : []
        let rest = differences.filter { !safe.contains($0) }
        guard !safe.isEmpty else { return StreamReport(state: info.state, isNew: false, updated: [], left: rest) }
        var configuration = info.configuration
        for difference in safe { configuration[difference.member] = difference.wanted.json }
        do {
            _ = try await ask("STREAM.UPDATE", configuration)
            return StreamReport(state: info.state, isNew: false, updated: safe, left: rest)
        } catch .refused, .notEnoughReplicas, .noRoom, .subjectsTaken {
            return StreamReport(state: info.state, isNew: false, updated: [], left: differences)
        }
    }

    private func create() async throws(StreamFault) -> StreamReport {
        var configuration = definition.wanted.mapValues(\.json)
        configuration["sealed"] = nil
        configuration["name"] = definition.name
        configuration["description"] = definition.description
        _ = try await ask("STREAM.CREATE", configuration)
        guard let info = try await info() else { throw .notFound }
        return StreamReport(state: info.state, isNew: true, updated: [], left: [])
    }

    /// What it holds; nil where it does not exist.
    ///
    /// - Throws: `StreamFault`.
    public func state() async throws(StreamFault) -> StreamState? { try await info()?.state }

    /// The message with that sequence; nil where there is none (any more).
    ///
    /// - Throws: `StreamFault`.
    public func message(_ sequence: UInt64) async throws(StreamFault) -> StoredMessage? {
        let payload = Array(#"{"seq":\#(sequence)}"#.utf8)
        let answer = try await send("STREAM.MSG.GET", payload)
        guard let read = try? JSONDecoder().decode(StoredMessage.Answer.self, from: Data(answer)) else {
            throw .misread
        }
        if let error = read.error {
            // 10037: no message found.
            if error.err_code == 10_037 { return nil }
            throw StreamFault(code: error.err_code ?? 0, error.description ?? "")
        }
        guard let message = read.message else { throw .misread }
        return StoredMessage(message)
    }

    private struct Info {
        let configuration: [String: Any]
        let state: StreamState
    }

    private func info() async throws(StreamFault) -> Info? {
        let answer: [String: Any]
        do {
            answer = try await ask("STREAM.INFO", nil)
        } catch .notFound {
            return nil
        }
        guard let configuration = answer["config"] as? [String: Any], let state = answer["state"] as? [String: Any]
        else {
            throw .misread
        }
        func number(_ name: String) -> UInt64 { (state[name] as? UInt64) ?? UInt64(state[name] as? Int ?? 0) }
        return Info(
            configuration: configuration,
            state: StreamState(
                messages: number("messages"), bytes: number("bytes"), firstSequence: number("first_seq"),
                lastSequence: number("last_seq"), created: answer["created"] as? String ?? ""))
    }

    private func ask(_ verb: String, _ body: [String: Any]?) async throws(StreamFault) -> [String: Any] {
        var payload: [UInt8] = []
        if let body {
            guard let data = try? JSONSerialization.data(withJSONObject: body) else { throw .invalid("no JSON") }
            payload = Array(data)
        }
        let answer = try await send(verb, payload)
        guard let object = try? JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any] else {
            throw .misread
        }
        if let error = object["error"] as? [String: Any] {
            throw StreamFault(code: error["err_code"] as? Int ?? 0, error["description"] as? String ?? "")
        }
        return object
    }

    private func send(_ verb: String, _ payload: [UInt8]) async throws(StreamFault) -> [UInt8] {
        do {
            return try await connection.request("\(prefix).\(verb).\(definition.name)", payload, timeout: timeout)
                .payload
        } catch {
            throw StreamFault(error)
        }
    }
}
