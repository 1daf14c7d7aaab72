import JOSE

extension Export {
    init(_ reader: inout ClaimsReader) throws {
        let subject = try reader.text("subject")
        let kind = try reader.word("type", of: ExportKind.self)
        self.init(
            try reader.require(kind, "type"), try reader.require(subject, "subject"), name: try reader.text("name"),
            needsActivation: try reader.flag("token_req"))
        revocations = try Revocations(reader.value("revocations"), reader.path("revocations"), .account)
        responseType = try reader.word("response_type", of: ResponseType.self)
        responseThreshold = try reader.time("response_threshold")
        latency = try reader.object("service_latency", Latency.init)
        accountTokenPosition = try reader.small("account_token_position").flatMap { $0 == 0 ? nil : $0 }
        advertise = try reader.flag("advertise")
        allowTrace = try reader.flag("allow_trace")
        description = try reader.text("description")
        informationAddress = try reader.text("info_url")
    }

    var writer: ClaimsWriter {
        var writer = ClaimsWriter()
        writer.set("name", name)
        writer.set("subject", subject)
        writer.set("type", kind.rawValue)
        writer.set("token_req", needsActivation)
        writer.set("revocations", revocations.table)
        writer.set("response_type", responseType?.rawValue)
        writer.set("response_threshold", responseThreshold)
        if let latency { writer.set("service_latency", latency.writer) }
        writer.set("account_token_position", accountTokenPosition.map(Int64.init))
        writer.set("advertise", advertise)
        writer.set("allow_trace", allowTrace)
        writer.set("description", description)
        writer.set("info_url", informationAddress)
        return writer
    }
}

extension Export.Latency {
    private static let headers = "headers"

    init(_ reader: inout ClaimsReader) throws {
        let results = try reader.text("results")
        let sampling = reader.value("sampling")
        switch sampling {
        case .string(Self.headers)?: percent = nil
        case .integer(let number)?: percent = number == 0 ? nil : Int(exactly: number)
        default:
            throw NATSFault(
                .wrongClaimType, reader.path("sampling"), "is no percentage", "Write 1 to 100, or headers.")
        }
        self.results = try reader.require(results, "results")
    }

    var writer: ClaimsWriter {
        var writer = ClaimsWriter()
        writer.set("results", results)
        if let percent { writer.set("sampling", Int64(percent)) } else { writer.set("sampling", Self.headers) }
        return writer
    }
}

extension Import {
    init(_ reader: inout ClaimsReader) throws {
        let subject = try reader.text("subject")
        let kind = try reader.word("type", of: ExportKind.self)
        let account = try reader.key("account", .account)
        self.init(
            try reader.require(kind, "type"), try reader.require(subject, "subject"),
            from: try reader.require(account, "account"), localSubject: try reader.text("local_subject"),
            name: try reader.text("name"), activation: try reader.text("token"))
        to = try reader.text("to")
        share = try reader.flag("share")
        allowTrace = try reader.flag("allow_trace")
    }

    var writer: ClaimsWriter {
        var writer = ClaimsWriter()
        writer.set("name", name)
        writer.set("subject", subject)
        writer.set("type", kind.rawValue)
        writer.set("account", account.text)
        writer.set("token", activation)
        writer.set("local_subject", localSubject)
        writer.set("to", to)
        writer.set("share", share)
        writer.set("allow_trace", allowTrace)
        return writer
    }
}
