import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// The receiver behind a request to the stream management API, and what it may.
public struct SignalReceiver: Sendable {
    let client: OAuthClient
    let caller: Caller

    var author: StreamAuthor { .receiver(client.id) }
}

extension TokenService {
    /// Scopes of the stream management API (CAEP Interoperability Profile 1.0 §2.7.2).
    public enum SignalScope: String, Sendable, CaseIterable {
        case read = "ssf.read"
        case manage = "ssf.manage"
    }

    /// Who calls the stream management API: a client in its own name, with a token for that. A token that somebody granted
    /// it is none, because nobody can let an application hear of others.
    ///
    /// - Returns: nil when the request shows no token at all.
    /// - Throws: `invalid_token`, `insufficient_scope` and what a proof of possession is refused with.
    public func receiver(
        _ call: ResourceCall, _ scope: SignalScope, trace: String?
    ) async throws -> SignalReceiver? {
        let shown = try AuthorizationHeader.read(call.authorization, hasQueryToken: call.hasQueryToken)
        guard let shown else { return nil }
        let found = try await find(shown.token, in: call.tenant)
        guard let found, !found.isRefreshToken, found.grant.grantID == Self.ownName, found.grant.subject == nil,
            isForIssuer(found.grant, in: call.tenant),
            let client = clients.client(found.grant.clientID, in: call.tenant), !client.isDisabled
        else { throw OAuthError(.invalidToken, "the token is unknown, has ended, or is not for this") }
        try await prove(found.grant.binding, shown, call)
        // Whoever may manage may read.
        let names = found.grant.scope.names
        guard names.contains(SignalScope.manage.rawValue) || names.contains(scope.rawValue) else {
            throw OAuthError(.insufficientScope, "the token is not for \(scope.rawValue)")
        }
        let caller = Caller(
            tenant: call.tenant, actor: .client(client.id), command: .random(at: clock()), trace: trace)
        return SignalReceiver(client: client, caller: caller)
    }
}

/// What a receiver's own requests do (SSF 1.0 §8.1). They throw `OAuthError` for what cannot be read, and `Fault`.
extension SignalService {
    /// The receiver's streams, or the one that it names.
    public func read(_ id: String?, by receiver: SignalReceiver) async throws -> JSONValue {
        let streams = try await store.read {
            try $0.signalStreams(in: receiver.caller.tenant, of: receiver.client.id)
        }
        guard let id else { return .array(streams.map { .object(configuration(of: $0, receiver.client)) }) }
        guard let stream = streams.first(where: { $0.id.description == id }) else { throw Fault.notFound("stream") }
        return .object(configuration(of: stream, receiver.client))
    }

    /// Makes a stream of the receiver's own (§8.1.1.1).
    public func create(_ json: JSONObject, by receiver: SignalReceiver) async throws -> JSONObject {
        let request = try EventStreamRequest(json)
        let stream = try await create(request, for: receiver.client, by: receiver.author, receiver.caller)
        return configuration(of: stream, receiver.client)
    }

    /// `PATCH`, or `PUT` where `isWhole`: then what is not said is taken away.
    public func update(_ json: JSONObject, isWhole: Bool, by receiver: SignalReceiver) async throws -> JSONObject {
        let request = try EventStreamRequest(json)
        let stream = try await change(
            try Self.id(request.streamID), by: receiver.author, expecting: nil, receiver.caller, json
        ) { _ in Change(request, isWhole: isWhole) }
        return configuration(of: stream, receiver.client)
    }

    /// Deletes a stream of the receiver's own, with what waits on it (§8.1.1.5).
    public func delete(_ id: String?, by receiver: SignalReceiver) async throws {
        try await delete(try Self.id(id), by: receiver.author, receiver.caller)
    }

    /// The status of a stream of the receiver's own, with its reason (§8.1.2.1).
    public func status(of id: String?, for receiver: SignalReceiver) async throws -> JSONObject {
        let id = try Self.id(id)
        let stream = try await store.read { try $0.signalStream(id, in: receiver.caller.tenant) }
        guard let stream, stream.client == receiver.client.id else { throw Fault.notFound("stream") }
        var json: JSONObject = ["stream_id": .string(id.description), "status": .string(stream.status.rawValue)]
        if let reason = stream.reason { json["reason"] = .string(reason) }
        return json
    }

    /// Gives a stream of the receiver's own another status (§8.1.2.2); `managed` where an administrator holds it.
    public func setStatus(_ json: JSONObject, by receiver: SignalReceiver) async throws -> JSONObject {
        guard let status = json["status"]?.text.flatMap(SignalStream.Status.init) else {
            throw OAuthError(.invalidRequest, "status is neither enabled, paused nor disabled")
        }
        let reason = try Self.text(json, "reason", limit: Self.reasonByteLimit)
        let id = json["stream_id"]?.text
        try await set(status, reason, on: try Self.id(id), by: receiver.author, receiver.caller)
        return try await self.status(of: id, for: receiver)
    }

    /// Sends a verification with the receiver's state (§8.1.4.2); `too_often` within half a minute.
    public func verify(_ json: JSONObject, by receiver: SignalReceiver) async throws {
        let state = try Self.text(json, "state", limit: Self.stateByteLimit)
        try await verify(
            try Self.id(json["stream_id"]?.text), state: state, by: receiver.author, receiver.caller)
    }

    /// What waits on a stream that is polled (RFC 8936 §2). It answers at once: whoever finds nothing asks again later.
    public func poll(_ json: JSONObject, _ id: String, by receiver: SignalReceiver) async throws -> JSONObject {
        let (poll, id) = (try EventPoll(json), try Self.id(id))
        let found = try await store.read { try $0.signalStream(id, in: receiver.caller.tenant) }
        guard let stream = found, stream.client == receiver.client.id, stream.endpoint == nil else {
            throw Fault.notFound("stream")
        }
        if !poll.taken.isEmpty || !poll.refused.isEmpty { try await acknowledge(poll, on: stream, receiver) }
        guard poll.limit > 0 else { return EventPoll.answer([], isMore: false) }
        let waiting = try await store.read {
            try $0.signals(on: id, onlyUpdates: stream.status != .enabled, limit: Int(poll.limit) + 1)
        }
        var answer: [(jti: String, token: String)] = []
        for signal in waiting.prefix(Int(poll.limit)) {
            answer.append((signal.jti, try await tokens.token(signal, on: stream, for: receiver.client)))
        }
        return EventPoll.answer(answer, isMore: waiting.count > answer.count)
    }

    private func acknowledge(_ poll: EventPoll, on stream: SignalStream, _ receiver: SignalReceiver) async throws {
        try await store.write(.administration) { tx in
            for jti in poll.taken { try tx.sql.remove(signal: jti, on: stream.id) }
            var refused = 0
            for (jti, _) in poll.refused where try tx.sql.remove(signal: jti, on: stream.id) { refused += 1 }
            try tx.sql.noteTaken(on: stream.id, failure: poll.refused.first?.code, at: tx.now)
            if refused > 0 { try SignalWriter.giveUp(refused, .refused, on: stream.id, by: receiver.caller, tx) }
        }
    }

    /// What is no id is nobody's stream.
    private static func id(_ text: String?) throws -> SignalStreamID {
        guard let text else { throw OAuthError(.invalidRequest, "stream_id is missing") }
        guard let id = SignalStreamID(text) else { throw Fault.notFound("stream") }
        return id
    }

    private static func text(_ json: JSONObject, _ name: String, limit: Int) throws -> String? {
        guard let value = json[name] else { return nil }
        guard let text = value.text, text.utf8.count <= limit else {
            throw OAuthError(.invalidRequest, "\(name) is not text of at most \(limit) bytes")
        }
        return text
    }
}
