import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

extension SignalService {
    /// What becomes of a stream, and whether what is not said is taken away (`PUT`) or left (`PATCH`).
    struct Change: Sendable {
        let request: EventStreamRequest
        let isWhole: Bool

        init(_ request: EventStreamRequest, isWhole: Bool) {
            self.request = request
            self.isWhole = isWhole
        }
    }

    func create(
        _ request: EventStreamRequest, for client: OAuthClient, by author: StreamAuthor, isAboutEverybody: Bool = false,
        managedBy: ManagedBy = .api, _ caller: Caller
    ) async throws -> SignalStream {
        try await store.write(.administration) { tx in
            let present = try tx.sql.signalStreams(in: client.tenant)
            guard present.count(where: { $0.client == client.id }) < Self.clientLimit else {
                throw Fault("conflict", .caller, "A client has at most \(Self.clientLimit) streams.")
            }
            guard present.count < Self.tenantLimit else {
                throw Fault("conflict", .caller, "A tenant has at most \(Self.tenantLimit) streams.")
            }
            var stream = SignalStream(
                id: .random(at: tx.now), tenant: client.tenant, client: client.id, endpoint: nil, sealedHeader: nil,
                isStrange: author != .administrator, events: [], isAboutEverybody: isAboutEverybody, description: nil,
                managedBy: managedBy, createdAt: tx.now)
            try Self.apply(Change(request, isWhole: true), by: author, to: &stream, tx.keys)
            try tx.sql.insert(stream)
            try tx.append(
                caller.event(
                    "signal_stream.created", Stream("signal_stream", stream.id),
                    facts: [Fact("client", .id(client.id, "client"))]))
            return stream
        }
    }

    func change(
        _ id: SignalStreamID, by author: StreamAuthor, expecting version: Int64?, _ caller: Caller, _ said: JSONObject,
        _ body: @escaping @Sendable (inout SignalStream) throws -> Change
    ) async throws -> SignalStream {
        let changed = try await store.write(.administration) { tx in
            var stream = try own(id, author, caller, tx)
            guard stream.managedBy == .api else { throw Self.managed(stream) }
            if let version, version != stream.version { throw Fault.stale("stream") }
            if case .receiver = author, let client = clients.client(stream.client) {
                try EventStreamRequest.check(said, against: configuration(of: stream, client))
            }
            let change = try body(&stream)
            try Self.apply(change, by: author, to: &stream, tx.keys)
            guard try tx.sql.update(stream, at: tx.now) else { throw Fault.stale("stream") }
            try tx.append(
                caller.event(
                    "signal_stream.changed", Stream("signal_stream", id),
                    facts: [Fact("client", .id(stream.client, "client"))]))
            tx.afterCommit { [bell] in bell.ring() }
            return try tx.sql.signalStream(id, in: caller.tenant)
        }
        guard let changed else { throw Fault.notFound("stream") }
        return changed
    }

    /// A stream is strange once its receiver said where events go, until an administrator says so again: what somebody
    /// was trusted with is no reason to trust what another wrote over it.
    static func apply(
        _ change: Change, by author: StreamAuthor, to stream: inout SignalStream, _ keys: KeyRing
    ) throws {
        let request = change.request
        if change.isWhole || request.events != nil { stream.events = SignalRecord.Kind.wanted(request.events) }
        if change.isWhole || request.description != nil { stream.description = request.description }
        guard change.isWhole || request.delivery != nil else { return }
        stream.isStrange = author != .administrator
        switch request.delivery ?? .poll {
        case .poll: (stream.endpoint, stream.sealedHeader) = (nil, nil)
        case .push(let endpoint, let authorization):
            stream.endpoint = endpoint
            stream.sealedHeader = try authorization.map {
                try keys.seal(Array($0.utf8), purpose: .record, tenant: stream.tenant, context: stream.id.bytes)
            }
        }
    }

    func set(
        _ status: SignalStream.Status, _ reason: String?, on id: SignalStreamID, by author: StreamAuthor,
        _ caller: Caller
    ) async throws {
        guard reason.map({ $0.utf8.count <= Self.reasonByteLimit }) ?? true else {
            throw Fault.invalid("A reason has at most \(Self.reasonByteLimit) bytes.")
        }
        try await store.write(.administration) { tx in
            let stream = try own(id, author, caller, tx)
            let isAdministrator = author == .administrator
            guard isAdministrator || !stream.isHeld else {
                throw Fault(
                    "managed", .caller, "An administrator holds the stream.", remedy: "Ask them to let it go on.")
            }
            try SignalWriter.set(
                status, reason, on: stream, tells: isAdministrator, holds: isAdministrator, by: caller, tx)
            tx.afterCommit { [bell] in bell.ring() }
        }
    }

    func delete(_ id: SignalStreamID, by author: StreamAuthor, _ caller: Caller) async throws {
        try await store.write(.administration) { tx in
            let stream = try own(id, author, caller, tx)
            guard stream.managedBy == .api else { throw Self.managed(stream) }
            _ = try tx.sql.deleteSignalStream(id, in: caller.tenant)
            try tx.append(
                caller.event(
                    "signal_stream.deleted", Stream("signal_stream", id),
                    facts: [Fact("client", .id(stream.client, "client"))]))
        }
    }

    func verify(_ id: SignalStreamID, state: String?, by author: StreamAuthor, _ caller: Caller) async throws {
        try await store.write(.administration) { tx in
            let stream = try own(id, author, caller, tx)
            guard try tx.sql.noteVerification(id, at: tx.now, since: tx.now - Self.verificationInterval) else {
                throw Fault(
                    "too_often", .caller, "A verification was asked for a moment ago.",
                    remedy: "Wait for \(Self.verificationInterval.components.seconds) seconds.")
            }
            guard stream.status != .disabled else { return }
            try SignalWriter.verify(stream, state: state, by: caller, tx)
            tx.afterCommit { [bell] in bell.ring() }
        }
    }

    /// The stream, where whoever asks has a say in it: of another's nobody learns even that it is there.
    private func own(
        _ id: SignalStreamID, _ author: StreamAuthor, _ caller: Caller, _ tx: Transaction
    ) throws -> SignalStream {
        guard let stream = try tx.sql.signalStream(id, in: caller.tenant) else { throw Fault.notFound("stream") }
        if case .receiver(let client) = author, client != stream.client { throw Fault.notFound("stream") }
        return stream
    }

    private static func managed(_ stream: SignalStream) -> Fault {
        Fault(
            "managed", .caller, "The stream is managed by \(stream.managedBy.rawValue).",
            remedy: "Change it where it is managed.")
    }
}
