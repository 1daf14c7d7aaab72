import JOSE

extension AccountClaims {
    init(_ common: CommonClaims, _ reader: inout ClaimsReader) throws {
        self.init(common, limits: try reader.object("limits", AccountLimits.init) ?? .left)
        let keys = reader.path("signing_keys")
        signingKeys = try reader.list("signing_keys").map { try SigningKey($0, keys) }
        let (exported, imported) = (reader.path("exports"), reader.path("imports"))
        exports = try reader.list("exports").map { try ClaimsReader.whole($0, exported, Export.init) }
        imports = try reader.list("imports").map { try ClaimsReader.whole($0, imported, Import.init) }
        revocations = try Revocations(reader.value("revocations"), reader.path("revocations"), .user)
        defaultRights = try reader.object("default_permissions", SubjectRights.init) ?? SubjectRights()
        mappings = try Self.mappings(reader.value("mappings"), reader.path("mappings"))
        callout = try reader.object("authorization", Callout.read) ?? nil
        trace = try reader.object("trace") { inner in
            let destination = try inner.text("dest")
            return Trace(
                destination: try inner.require(destination, "dest"), percent: try inner.small("sampling") ?? 100)
        }
        clusterTraffic = try reader.word("cluster_traffic", of: ClusterTraffic.self)
        description = try reader.text("description")
        informationAddress = try reader.text("info_url")
    }

    func write(_ writer: inout ClaimsWriter) {
        writer.set("limits", limits.writer)
        // In the order of their keys: of two orders, one would be another token.
        writer.set("signing_keys", signingKeys.sorted { $0.key.text < $1.key.text }.map(\.value))
        writer.set("exports", exports.map(\.writer.value))
        writer.set("imports", imports.map(\.writer.value))
        writer.set("revocations", revocations.table)
        var rights = ClaimsWriter()
        defaultRights.write(&rights)
        writer.set("default_permissions", rights)
        writer.set("mappings", mappings.mapValues { .array($0.map(\.value)) })
        if let callout { writer.set("authorization", callout.writer) }
        if let trace {
            var inner = ClaimsWriter()
            inner.set("dest", trace.destination)
            inner.set("sampling", Int64(trace.percent))
            writer.set("trace", inner)
        }
        writer.set("cluster_traffic", clusterTraffic?.rawValue)
        writer.set("description", description)
        writer.set("info_url", informationAddress)
    }

    private static func mappings(_ value: JSONValue?, _ place: String) throws -> [String: [Mapping]] {
        guard let value else { return [:] }
        guard let object = value.object else {
            throw NATSFault(.wrongClaimType, place, "is not an object", "Write an object.")
        }
        return try ClaimsReader.table(object, place).mapValues { targets in
            guard let targets = targets.array else {
                throw NATSFault(.wrongClaimType, place, "lead to what is not a list", "Write lists.")
            }
            return try targets.map { try ClaimsReader.whole($0, place, Mapping.init) }
        }
    }
}

extension AccountClaims.SigningKey {
    init(_ value: JSONValue, _ place: String) throws {
        if let text = value.text {
            self = .plain(try NKey(text, .account, place: place))
        } else {
            self = .scoped(try ClaimsReader.whole(value, place, AccountClaims.Scope.init))
        }
    }

    var value: JSONValue {
        switch self {
        case .plain(let key): .string(key.text)
        case .scoped(let scope): scope.value
        }
    }
}

extension AccountClaims.Scope {
    init(_ reader: inout ClaimsReader) throws {
        guard try reader.text("kind") == "user_scope" else {
            throw NATSFault(
                .unsupportedType, reader.path("kind"), "is no scope that is known", "Write user_scope.")
        }
        let key = try reader.key("key", .account)
        let template = try reader.object("template") { try UserRights(&$0, absent: .unlimited) }
        self.init(
            try reader.require(key, "key"), role: try reader.text("role") ?? "",
            template: try reader.require(template, "template"), description: try reader.text("description") ?? "")
    }

    var value: JSONValue {
        var writer = ClaimsWriter()
        writer.set("kind", "user_scope")
        writer.set("key", key.text)
        writer.set("role", role)
        writer.set("description", description)
        var inner = ClaimsWriter()
        template.write(&inner)
        writer.set("template", inner)
        return writer.value
    }
}

extension AccountClaims.Mapping {
    init(_ reader: inout ClaimsReader) throws {
        let subject = try reader.text("subject")
        // Left out, the share is all of it.
        let percent = try reader.small("weight") ?? 0
        self.init(
            try reader.require(subject, "subject"), percent: percent == 0 ? 100 : percent,
            cluster: try reader.text("cluster"))
    }

    var value: JSONValue {
        var writer = ClaimsWriter()
        writer.set("subject", subject)
        writer.set("weight", Int64(percent))
        writer.set("cluster", cluster)
        return writer.value
    }
}

extension AccountClaims.Callout {
    private static let any = "*"

    /// Nil for an object that says nothing, as the reference writes it.
    static func read(_ reader: inout ClaimsReader) throws -> AccountClaims.Callout? {
        let users = try reader.keys("auth_users", .user)
        let named = try reader.texts("allowed_accounts")
        let place = reader.path("allowed_accounts")
        let accounts = try named.filter { $0 != any }.map { try NKey($0, .account, place: place) }
        let key = try reader.key("xkey", .curve)
        guard !users.isEmpty || !named.isEmpty || key != nil else { return nil }
        return AccountClaims.Callout(users: users, accounts: accounts, anyAccount: named.contains(any), curveKey: key)
    }

    var writer: ClaimsWriter {
        var writer = ClaimsWriter()
        writer.set("auth_users", users)
        writer.set("allowed_accounts", (anyAccount ? [Self.any] : []) + accounts.map(\.text))
        writer.set("xkey", curveKey?.text)
        return writer
    }
}

extension Revocations {
    private static let all = "*"

    init(_ value: JSONValue?, _ place: String, _ kind: NKey.Kind) throws {
        self.init()
        guard let value else { return }
        guard let object = value.object else {
            throw NATSFault(.wrongClaimType, place, "is not an object", "Write an object of keys and times.")
        }
        for (name, value) in object.entries {
            guard let time = value.integer else {
                throw NATSFault(.wrongClaimType, place, "has a time that is no number", "Write seconds since 1970.")
            }
            if name == Self.all {
                revokeEverybody(until: time)
            } else {
                revoke(try NKey(name, kind, place: place), until: time)
            }
        }
    }

    var table: [String: JSONValue] {
        var table = Dictionary(uniqueKeysWithValues: keys.map { ($0.key.text, JSONValue.integer($0.value)) })
        if let everybody { table[Self.all] = .integer(everybody) }
        return table
    }
}

extension ClaimsReader {
    /// A number that is small wherever it makes sense.
    mutating func small(_ name: String) throws -> Int? {
        try integer(name).map { number in
            guard let small = Int(exactly: number), (-1_000_000...1_000_000).contains(small) else {
                throw NATSFault(.invalidLimit, path(name), "is \(number)", "No such number makes sense there.")
            }
            return small
        }
    }
}
