import JOSE

extension AccountLimits {
    /// What an account has whose token says nothing of limits: nothing.
    static var left: AccountLimits {
        var limits = AccountLimits()
        limits.connections = .nothing
        limits.leafNodes = .nothing
        limits.subscriptions = .nothing
        limits.data = .nothing
        limits.payload = .nothing
        limits.imports = .nothing
        limits.exports = .nothing
        limits.wildcardExports = false
        return limits
    }

    init(_ reader: inout ClaimsReader) throws {
        self.init()
        connections = try reader.limit("conn")
        leafNodes = try reader.limit("leaf")
        subscriptions = try reader.limit("subs")
        data = try reader.limit("data")
        payload = try reader.limit("payload")
        imports = try reader.limit("imports")
        exports = try reader.limit("exports")
        wildcardExports = try reader.flag("wildcards")
        refusesBearerTokens = try reader.flag("disallow_bearer")
        jetStream = try Self.jetStream(&reader)
    }

    private static func jetStream(_ reader: inout ClaimsReader) throws -> JetStream {
        let flat = try JetStreamLimits(&reader)
        guard let value = reader.value("tiered_limits"), let object = value.object, object.count > 0 else {
            return flat.memory == .nothing && flat.disk == .nothing ? .disabled : .limited(flat)
        }
        let place = reader.path("tiered_limits")
        guard flat == .left else {
            throw NATSFault(.invalidLimit, place, "stand beside limits without a tier", "Write the one or the other.")
        }
        return .tiers(
            try ClaimsReader.table(object, place).mapValues {
                try ClaimsReader.whole($0, place, JetStreamLimits.init)
            })
    }

    var writer: ClaimsWriter {
        var writer = ClaimsWriter()
        writer.set("conn", connections)
        writer.set("leaf", leafNodes)
        writer.set("subs", subscriptions)
        writer.set("data", data)
        writer.set("payload", payload)
        writer.set("imports", imports)
        writer.set("exports", exports)
        writer.set("wildcards", wildcardExports)
        writer.set("disallow_bearer", refusesBearerTokens)
        switch jetStream {
        case .disabled: break
        case .limited(let limits): limits.write(&writer)
        case .tiers(let tiers): writer.set("tiered_limits", tiers.mapValues(\.value))
        }
        return writer
    }
}

extension JetStreamLimits {
    /// What is left where nothing is said.
    static let left = JetStreamLimits(memory: .nothing, disk: .nothing, streams: .nothing, consumers: .nothing)

    init(_ reader: inout ClaimsReader) throws {
        self.init(
            memory: try reader.limit("mem_storage"), disk: try reader.limit("disk_storage"),
            streams: try reader.limit("streams"), consumers: try reader.limit("consumer"))
        pendingAcknowledgements = try reader.limit("max_ack_pending")
        memoryPerStream = try reader.limit("mem_max_stream_bytes")
        diskPerStream = try reader.limit("disk_max_stream_bytes")
        streamsNeedBounds = try reader.flag("max_bytes_required")
    }

    func write(_ writer: inout ClaimsWriter) {
        writer.set("mem_storage", memory)
        writer.set("disk_storage", disk)
        writer.set("streams", streams)
        writer.set("consumer", consumers)
        writer.set("max_ack_pending", pendingAcknowledgements)
        writer.set("mem_max_stream_bytes", memoryPerStream)
        writer.set("disk_max_stream_bytes", diskPerStream)
        writer.set("max_bytes_required", streamsNeedBounds)
    }

    var value: JSONValue {
        var writer = ClaimsWriter()
        write(&writer)
        return writer.value
    }
}
