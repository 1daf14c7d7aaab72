import Governance
import Vocabulary

// One initializer per section of the file, in the file's order. Each reads every key it knows and then says it is done,
// which reports the unknown ones.

extension ServerConfiguration {
    init(_ section: ConfigurationSection) {
        listen =
            section.optional("listen", "an address and port such as 127.0.0.1:8443") { ListenAddress($0) }
            ?? ListenAddress(host: "127.0.0.1", port: 8443)
        publicURL =
            section.optional("public_url", "an https URL without query") { PublicURL($0) }
            ?? PublicURL("https://localhost")!
        if !section.has("public_url") { section.report("public_url", "is required.") }
        if let files = section.optionalSection("tls") {
            tls = TLSFiles(certificate: files.file("certificate_file") ?? "", key: files.file("key_file") ?? "")
            if !files.has("certificate_file") { files.report("certificate_file", "is required.") }
            if !files.has("key_file") { files.report("key_file", "is required.") }
            files.finish()
        } else {
            tls = nil
            // A gateway that sets Secure cookies behind plain HTTP on a public address would leak every session.
            if !["127.0.0.1", "::1", "localhost"].contains(listen.host) {
                section.report("tls", "is required when listening on an address other than loopback.")
            }
        }
        trustedProxies = section.trustedNetworks("trusted_proxies")
        shutdownGrace = section.duration("shutdown_grace", default: .seconds(20), in: .seconds(0)...(.minutes(10)))
        section.finish()
    }
}

extension StorageConfiguration {
    init(_ section: ConfigurationSection) {
        directory = section.file("directory") ?? ""
        if directory.isEmpty { section.report("directory", "is required.") }
        readers = section.integer("readers", default: 4, in: 1...64)
        requiresEncryptedVolume = section.bool("require_encrypted_volume", default: false)
        section.finish()
    }
}

extension TenantConfiguration {
    init(_ section: ConfigurationSection, fallback: PublicURL) {
        slug = section.text("slug")
        if !slug.isEmpty, !Tenant.isValid(slug: slug) {
            section.report("slug", "must be 1 to 63 lower-case letters, digits and inner hyphens.")
        }
        was = section.optionalText("was")
        if was == slug { section.report("was", "is the present slug.") }
        name = section.text("name", default: slug)
        publicURL = section.optional("public_url", "an https URL without query") { PublicURL($0) } ?? fallback
        section.finish()
    }
}

extension RoleConfiguration {
    init(_ section: ConfigurationSection, tenant fallback: String) {
        tenant = section.text("tenant", default: fallback)
        name = section.text("name")
        description = section.optionalText("description")
        inherits = section.texts("inherits", limit: 64)
        requiresMultiFactor = section.bool("requires_mfa", default: false)
        adopts = section.bool("adopt", default: false)
        permissions = section.sections("permissions", limit: 1_000).map { entry in
            defer { entry.finish() }
            return PermissionConfiguration(
                action: entry.text("action"), type: entry.text("type"), resource: entry.optionalText("resource"))
        }
        section.finish()
    }
}

extension MappingConfiguration {
    init(_ section: ConfigurationSection, tenant fallback: String) {
        tenant = section.text("tenant", default: fallback)
        provider = section.text("provider")
        role = section.text("role")
        let group = section.optionalText("group")
        if let condition = section.optionalSection("when") {
            let values = condition.optionalText("equals").map { [$0] } ?? condition.texts("in")
            match = .attribute(name: condition.text("attribute"), anyOf: values)
            if values.isEmpty { condition.report("equals", "is required (or `in` with a list).") }
            if group != nil { section.report("group", "cannot stand beside `when`; write two mappings.") }
            condition.finish()
        } else {
            match = .group(group ?? "")
            if group == nil { section.report("group", "is required (or `when`).") }
        }
        section.finish()
    }
}

extension PolicyFileConfiguration {
    init(_ section: ConfigurationSection, tenant fallback: String) {
        tenant = section.text("tenant", default: fallback)
        file = section.file("file") ?? ""
        if file.isEmpty { section.report("file", "is required.") }
        section.finish()
    }
}

extension PasswordConfiguration {
    init(_ section: ConfigurationSection) {
        minimumLength = section.integer("minimum_length", default: 15, in: 8...256)
        minimumLengthWithMultiFactor = section.integer("minimum_length_with_mfa", default: 12, in: 8...256)
        maximumBytes = section.integer("maximum_bytes", default: 1_024, in: 64...1_024)
        blockList = section.bool("block_list", default: true)
        blockListFile = section.file("block_list_file")
        hibpFile = section.file("hibp_file")
        contextWords = section.texts("context_words", limit: 200)
        history = section.integer("history", default: 5, in: 0...24)
        let composition = section.section("composition")
        upper = composition.integer("upper", default: 0, in: 0...16)
        lower = composition.integer("lower", default: 0, in: 0...16)
        digit = composition.integer("digit", default: 0, in: 0...16)
        special = composition.integer("special", default: 0, in: 0...16)
        composition.finish()
        maximumAge =
            section.has("maximum_age")
            ? section.duration("maximum_age", default: .days(90), in: .days(1)...(.days(3_650))) : nil
        let argon2 = section.section("argon2id")
        argon2MemoryKiB =
            argon2.bytes("memory", default: 19 << 20, in: (7 << 20)...(1 << 30)) / 1_024
        argon2Passes = argon2.integer("passes", default: 2, in: 1...20)
        argon2Lanes = argon2.integer("lanes", default: 1, in: 1...16)
        argon2.finish()
        hashingQueue = section.integer("hashing_queue", default: 256, in: 1...10_000)
        section.finish()
    }
}

extension SessionConfiguration {
    init(_ section: ConfigurationSection) {
        idle = section.duration("idle", default: .hours(1), in: .minutes(1)...(.days(30)))
        absolute = section.duration("absolute", default: .hours(12), in: .minutes(5)...(.days(90)))
        applicationIdle = section.duration("application_idle", default: .hours(1), in: .minutes(1)...(.days(30)))
        perPerson = section.integer("per_person", default: 50, in: 1...1_000)
        revocationBound = section.duration(
            "revocation_bound", default: .milliseconds(100), in: .milliseconds(10)...(.minutes(5)))
        section.finish()
    }
}

extension LoginConfiguration {
    init(_ section: ConfigurationSection) {
        flowLifetime = section.duration("flow_lifetime", default: .minutes(10), in: .minutes(1)...(.hours(1)))
        linkLifetime = section.duration("link_lifetime", default: .hours(24), in: .minutes(5)...(.days(7)))
        // No browser keeps a cookie for longer (RFC 6265bis §5.5).
        deviceLifetime = section.duration(
            "device_lifetime", default: Self.deviceLifetime, in: .days(1)...(.days(400)))
        section.finish()
    }
}

extension MultiFactorConfiguration {
    init(_ section: ConfigurationSection) {
        requiredRoles = section.texts("required_roles", limit: 200)
        let totp = section.section("totp")
        issuer = totp.text("issuer", default: "Gatehouse")
        digits = totp.optional("digits", "6 or 8") { ["6": 6, "8": 8][$0] } ?? 6
        period = totp.duration("period", default: .seconds(30), in: .seconds(15)...(.seconds(120)))
        skewSteps = totp.integer("skew_steps", default: 1, in: 0...2)
        totp.finish()
        recoveryCodes = section.integer("recovery_codes", default: 10, in: 4...20)
        section.finish()
    }
}

extension LockoutConfiguration {
    init(_ section: ConfigurationSection) {
        accountLimit = section.integer("account_limit", default: 10, in: 3...100)
        sourceLimit = section.integer("source_limit", default: 50, in: 3...10_000)
        window = section.duration("window", default: .minutes(15), in: .minutes(1)...(.days(1)))
        lock = section.duration("lock", default: .minutes(15), in: .seconds(10)...(.days(1)))
        knownDeviceLimit = section.integer("known_device_limit", default: 20, in: 3...100)
        section.finish()
    }
}

extension JournalConfiguration {
    init(_ section: ConfigurationSection, storage: String) {
        headInterval = section.duration("head_interval", default: .seconds(60), in: .seconds(1)...(.days(1)))
        sinks = section.sections("sinks", limit: 8).compactMap { entry in
            defer { entry.finish() }
            switch entry.text("type") {
            case "file": return entry.file("path").map(Sink.file)
            case "webhook": return Self.webhook(entry)
            default:
                entry.report("type", "must be file or webhook.")
                return nil
            }
        }
        erasureLog = section.file("erasure_log") ?? storage + "/erasures.jsonl"
        section.finish()
    }

    static func webhook(_ entry: ConfigurationSection) -> Sink? {
        let url = entry.optional("url", "an https URL without query") { PublicURL($0) }
        let secret = entry.secret("secret_file")
        let authorities = entry.file("ca_file")
        if url == nil, !entry.has("url") { entry.report("url", "is required.") }
        if secret == nil { entry.report("secret_file", "is required: requests are signed with it.") }
        guard let url, let secret else { return nil }
        return .webhook(url: url.description, secret: secret, caFile: authorities)
    }
}

extension DecisionConfiguration {
    init(_ section: ConfigurationSection) {
        segmentSize = section.bytes("segment_size", default: 64 << 20, in: (1 << 20)...(1 << 30))
        flushInterval = section.duration(
            "flush_interval", default: .milliseconds(50), in: .milliseconds(1)...(.seconds(10)))
        queue = section.integer("queue", default: 131_072, in: 1_024...4_194_304)
        retention = section.duration("retention", default: .days(365), in: .days(1)...(.days(3_650)))
        section.finish()
    }
}

extension GovernanceConfiguration {
    init(_ section: ConfigurationSection) {
        globalTenant = section.optionalText("global_tenant")
        enforcesPolicies = section.bool("enforce_policies", default: true)
        requiresApprovalForProduction = section.bool("require_approval_for_production", default: false)
        approvesByAnother = section.bool("approve_by_another", default: false)
        snapshots =
            SnapshotCadence(every: Int64(section.integer("snapshot_every", default: 100, in: 1...1_000_000)))
            ?? .standard
        if section.has("capabilities") { capabilities = Self.capabilities(section) }
        provisioning = section.sections("provisioning", limit: 32).compactMap { entry in
            defer { entry.finish() }
            guard case .webhook(let url, let secret, let authorities)? = JournalConfiguration.webhook(entry) else {
                return nil
            }
            return ProvisioningConfiguration(
                tenant: entry.optionalText("tenant"), url: url, secret: secret, caFile: authorities)
        }
        section.finish()
    }

    private static func capabilities(_ section: ConfigurationSection) -> Set<Capability> {
        let words = section.texts("capabilities", limit: Capability.allCases.count)
        let known = words.compactMap(Capability.init)
        if known.count < words.count {
            let names = Capability.allCases.map(\.rawValue).joined(separator: ", ")
            section.report("capabilities", "must be a list of some of \(names).")
        }
        return Set(known)
    }
}

extension LoggingConfiguration {
    init(_ section: ConfigurationSection) {
        level = section.choice("level", default: .info) ?? .info
        format = section.choice("format", default: .json) ?? .json
        section.finish()
    }
}

extension LimitConfiguration {
    init(_ section: ConfigurationSection) {
        headerBytes = section.bytes("header_bytes", default: 32 << 10, in: (4 << 10)...(1 << 20))
        bodyBytes = section.bytes("body_bytes", default: 1 << 20, in: (16 << 10)...(64 << 20))
        uriBytes = section.bytes("uri_bytes", default: 8 << 10, in: (1 << 10)...(8 << 10))
        requestsPerSource = section.integer("requests_per_source", default: 600, in: 1...1_000_000)
        callsPerCaller = section.integer("calls_per_caller", default: 60_000, in: 1...1_000_000_000)
        failedCallsPerSource = section.integer("failed_calls_per_source", default: 60, in: 1...1_000_000)
        evaluationsPerRequest = section.integer("evaluations_per_request", default: 100, in: 1...10_000)
        groupsPerPerson = section.integer("groups_per_person", default: 2_048, in: 16...65_536)
        policiesPerTenant = section.integer("policies_per_tenant", default: 10_000, in: 1...100_000)
        section.finish()
    }
}
