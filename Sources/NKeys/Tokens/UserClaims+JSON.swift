import JOSE

extension SubjectRights {
    init(_ reader: inout ClaimsReader) throws {
        self.init(
            publish: try reader.object("pub", SubjectPermissions.init) ?? .everything,
            subscribe: try reader.object("sub", SubjectPermissions.init) ?? .everything,
            responses: try reader.object("resp") { inner in
                ResponsePermission(
                    messages: try inner.integer("max") ?? 0, nanoseconds: try inner.integer("ttl") ?? 0)
            })
    }

    func write(_ writer: inout ClaimsWriter) {
        writer.set("pub", publish.writer)
        writer.set("sub", subscribe.writer)
        guard let responses else { return }
        var inner = ClaimsWriter()
        inner.set("max", responses.messages)
        inner.set("ttl", responses.nanoseconds)
        writer.set("resp", inner)
    }
}

extension SubjectPermissions {
    init(_ reader: inout ClaimsReader) throws {
        self.init(allow: try reader.texts("allow"), deny: try reader.texts("deny"))
    }

    var writer: ClaimsWriter {
        var writer = ClaimsWriter()
        writer.set("allow", allow)
        writer.set("deny", deny)
        return writer
    }
}

extension UserRights {
    /// - Parameter absent: what a limit means that is left out: nothing in a user's token, no limit in a template.
    init(_ reader: inout ClaimsReader, absent: Limit) throws {
        self.init(try SubjectRights(&reader))
        sources = try reader.texts("src")
        times = try reader.list("times").map { value in
            let place = reader.path("times")
            return try ClaimsReader.whole(value, place) { inner in
                let (start, end) = (try inner.text("start"), try inner.text("end"))
                return try ClockRange(
                    try inner.require(start, "start"), try inner.require(end, "end"), place: place)
            }
        }
        timeZone = try reader.text("times_location")
        subscriptions = try reader.limit("subs", absent: absent)
        data = try reader.limit("data", absent: absent)
        payload = try reader.limit("payload", absent: absent)
        bearerToken = try reader.flag("bearer_token")
        proxyRequired = try reader.flag("proxy_required")
        let place = reader.path("allowed_connection_types")
        connectionTypes = try reader.texts("allowed_connection_types").map {
            try ClaimsReader.word($0, of: ConnectionType.self, place)
        }
    }

    func write(_ writer: inout ClaimsWriter) {
        subjects.write(&writer)
        writer.set("src", sources)
        writer.set(
            "times",
            times.map { range -> JSONValue in
                ["end": .string(ClockRange.text(range.end)), "start": .string(ClockRange.text(range.start))]
            })
        writer.set("times_location", timeZone)
        writer.set("subs", subscriptions)
        writer.set("data", data)
        writer.set("payload", payload)
        writer.set("bearer_token", bearerToken)
        writer.set("proxy_required", proxyRequired)
        writer.set("allowed_connection_types", connectionTypes.map(\.rawValue))
    }
}

extension UserClaims {
    init(_ common: CommonClaims, _ reader: inout ClaimsReader) throws {
        self.init(common, rights: try UserRights(&reader, absent: .nothing))
    }

    func write(_ writer: inout ClaimsWriter) {
        // Servers refuse the token of a scoped key that has any right in it.
        if rights != .ofScope { rights.write(&writer) }
    }
}

extension ActivationClaims {
    init(_ common: CommonClaims, _ reader: inout ClaimsReader) throws {
        let subject = try reader.text("subject")
        let kind = try reader.word("kind", of: ExportKind.self)
        self.init(
            common, subject: try reader.require(subject, "subject"), kind: try reader.require(kind, "kind"))
    }

    func write(_ writer: inout ClaimsWriter) {
        writer.set("subject", subject)
        writer.set("kind", kind.rawValue)
    }
}
