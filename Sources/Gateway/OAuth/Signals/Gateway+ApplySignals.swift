import OAuth
import Storage
import Vocabulary

extension Gateway {
    /// Brings the configuration's streams of one tenant in line: those of the API are left alone, and one that the
    /// configuration names no longer is deleted. What was paused stays paused.
    static func applySignals(
        _ configuration: Configuration, _ slug: String, by caller: Caller, _ tx: Transaction
    ) throws {
        let known = try tx.sql.signalStreams(in: caller.tenant).filter { $0.managedBy == .configuration }
        var kept: Set<SignalStreamID> = []
        for wanted in configuration.oauth.signals.streams where wanted.tenant == slug {
            guard let client = try tx.sql.client(named: wanted.client, in: caller.tenant) else {
                throw Fault(
                    "configuration.signal_client", .caller,
                    "A stream of the configuration is for the client `\(wanted.client)`, which does not exist.",
                    remedy: "Add it to `clients`, or correct `oauth.signals.streams`.")
            }
            if let present = known.first(where: { $0.client == client.id }) {
                kept.insert(present.id)
                try bring(present, in: wanted, by: caller, tx)
            } else {
                try make(wanted, for: client.id, by: caller, tx)
            }
        }
        for gone in known where !kept.contains(gone.id) {
            _ = try tx.sql.deleteSignalStream(gone.id, in: caller.tenant)
            try tx.append(caller.event("signal_stream.deleted", Stream("signal_stream", gone.id), facts: facts(gone)))
        }
    }

    private static func facts(_ stream: SignalStream) -> [Fact] { [Fact("client", .id(stream.client, "client"))] }

    private static func make(
        _ wanted: SignalStreamConfiguration, for client: ClientID, by caller: Caller, _ tx: Transaction
    ) throws {
        var stream = SignalStream(
            id: .random(at: tx.now), tenant: caller.tenant, client: client, endpoint: wanted.endpoint,
            sealedHeader: nil, isStrange: false, events: SignalRecord.Kind.wanted(wanted.events),
            isAboutEverybody: wanted.isAboutEverybody, description: wanted.description, managedBy: .configuration,
            createdAt: tx.now)
        stream.sealedHeader = try seal(try header(of: wanted), of: stream, tx)
        try tx.sql.insert(stream)
        try tx.append(caller.event("signal_stream.created", Stream("signal_stream", stream.id), facts: facts(stream)))
    }

    private static func bring(
        _ present: SignalStream, in wanted: SignalStreamConfiguration, by caller: Caller, _ tx: Transaction
    ) throws {
        var stream = present
        stream.endpoint = wanted.endpoint
        stream.events = SignalRecord.Kind.wanted(wanted.events)
        (stream.isAboutEverybody, stream.description) = (wanted.isAboutEverybody, wanted.description)
        let header = try header(of: wanted)
        let sealed = try present.sealedHeader.map {
            try tx.keys.open($0, purpose: .record, tenant: present.tenant, context: present.id.bytes)
        }
        if sealed != header { stream.sealedHeader = try seal(header, of: stream, tx) }
        guard stream != present else { return }
        guard try tx.sql.update(stream, at: tx.now) else { throw Fault.stale("stream") }
        try tx.append(caller.event("signal_stream.changed", Stream("signal_stream", stream.id), facts: facts(stream)))
    }

    private static func header(of wanted: SignalStreamConfiguration) throws -> [UInt8]? {
        guard let text = try wanted.header?.load().reveal() else { return nil }
        guard EventStreamRequest.isHeader(text) else {
            throw Fault(
                "configuration.signal_header", .caller,
                "The header for the stream of `\(wanted.client)` holds what no header may.",
                remedy: "Write one line such as `Bearer …` into its file, at most 4 KiB.")
        }
        return Array(text.utf8)
    }

    private static func seal(_ header: [UInt8]?, of stream: SignalStream, _ tx: Transaction) throws -> [UInt8]? {
        try header.map {
            try tx.keys.seal($0, purpose: .record, tenant: stream.tenant, context: stream.id.bytes)
        }
    }
}
