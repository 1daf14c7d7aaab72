import Vocabulary

extension ProviderConfiguration {
    init(_ section: ConfigurationSection, tenant fallback: String) {
        key = section.text("id")
        was = section.optionalText("was")
        if was == key { section.report("was", "is the present id.") }
        tenant = section.text("tenant", default: fallback)
        name = section.text("name", default: key)
        isEnabled = section.bool("enabled", default: true)
        domains = section.texts("domains", limit: 1_000).map { $0.lowercased() }
        switch section.text("type") {
        case "local": kind = .local
        case "ldap": kind = .ldap(LDAPProviderConfiguration(section))
        case "oidc": kind = .upstream(UpstreamProviderConfiguration(section, .oidc))
        case "oauth2": kind = .upstream(UpstreamProviderConfiguration(section, .oauth2))
        case "saml": kind = .saml(SAMLProviderConfiguration(section))
        default:
            kind = .local
            section.report("type", "must be local, ldap, oidc, oauth2 or saml.")
        }
        // The id stands in the addresses that the provider sends browsers back to.
        if kind.isRedirect, key.wholeMatch(of: #/[A-Za-z0-9_\-]{1,64}/#) == nil, !key.isEmpty {
            section.report("id", "must be 1 to 64 letters, digits, hyphens and underscores.")
        }
        section.finish()
    }
}

extension LDAPProviderConfiguration {
    init(_ section: ConfigurationSection) {
        servers = section.texts("servers", limit: 16).compactMap { text in
            if let url = LDAPServerURL(text) { return url }
            section.report("servers", "`\(text)` is not a URL such as ldaps://dc1.example.org:636.")
            return nil
        }
        if servers.isEmpty { section.report("servers", "needs at least one server.") }
        let tls = section.section("tls")
        caFile = tls.file("ca_file")
        startTLS = tls.bool("start_tls", default: false)
        pins = tls.texts("pins", limit: 8)
        tls.finish()
        for server in servers where !server.isTLS && !startTLS {
            section.report("servers", "\(server) would carry passwords in clear; use ldaps:// or tls.start_tls: true.")
        }
        connectTimeout = section.duration(
            "connect_timeout", default: .seconds(3), in: .milliseconds(100)...(.seconds(60)))
        operationTimeout = section.duration(
            "operation_timeout", default: .seconds(5), in: .milliseconds(100)...(.minutes(10)))
        let pool = section.section("pool")
        searchConnections = pool.integer("search", default: 16, in: 1...64)
        bindConnections = pool.integer("bind", default: 16, in: 1...64)
        pool.finish()
        bindDN = section.optionalText("bind_dn")
        bindPassword = section.secret("bind_password_file")
        if bindDN != nil, bindPassword == nil { section.report("bind_password_file", "is required beside bind_dn.") }
        login = LDAPLoginConfiguration(section.section("login"))
        people = LDAPPeopleConfiguration(section.section("people"))
        groups = section.optionalSection("groups").map { LDAPGroupsConfiguration($0) }
        sync = SyncConfiguration(section.section("sync"))
        createsPeopleAtLogin = section.bool("create_people_at_login", default: true)
    }
}

extension LDAPLoginConfiguration {
    init(_ section: ConfigurationSection) {
        let (filter, template) = (section.optionalText("filter"), section.optionalText("template"))
        switch section.text("method", default: "search") {
        case "search":
            method = .search(filter: filter)
            Self.check(filter, "filter", section)
            if template != nil { section.report("template", "belongs to method: direct.") }
        case "direct":
            method = .direct(template: template ?? "")
            if template == nil { section.report("template", "is required.") }
            Self.check(template, "template", section)
            if filter != nil { section.report("filter", "belongs to method: search.") }
        default:
            method = .search(filter: nil)
            section.report("method", "must be search or direct.")
        }
        bindLimit = section.integer("bind_limit", default: 3, in: 1...1_000)
        bindWindow = section.duration("bind_window", default: .minutes(15), in: .seconds(10)...(.days(1)))
        section.finish()
    }

    private static func check(_ text: String?, _ name: String, _ section: ConfigurationSection) {
        guard let text, !text.contains("{login}"), !text.contains("{localpart}") else { return }
        section.report(name, "must contain {login} or {localpart}.")
    }
}

extension LDAPPeopleConfiguration {
    init(_ section: ConfigurationSection) {
        base = section.text("base")
        filter = section.text("filter", default: "(objectClass=inetOrgPerson)")
        loginAttribute = section.text("login_attribute", default: "uid")
        keyAttribute = section.choice("key_attribute", default: .entryUUID) ?? .entryUUID
        attributes = section.dictionary("attributes")
        section.finish()
    }
}

extension LDAPGroupsConfiguration {
    init(_ section: ConfigurationSection) {
        base = section.text("base")
        filter = section.text("filter", default: "(objectClass=groupOfNames)")
        keyAttribute = section.choice("key_attribute", default: .entryUUID) ?? .entryUUID
        nameAttribute = section.text("name_attribute", default: "cn")
        memberAttribute = section.choice("member_attribute", default: .member) ?? .member
        nested = section.bool("nested", default: true)
        depthLimit = section.integer("depth_limit", default: 32, in: 1...1_000)
        lookup = section.choice("lookup", default: keyAttribute == .objectGUID ? .tokenGroups : .members)
        section.finish()
    }
}

extension SyncConfiguration {
    init(_ section: ConfigurationSection) {
        schedule = section.optional("schedule", "`every 15m` (a minute at least) or `cron 15 * * * *`") {
            SyncSchedule($0)
        }
        jitter = section.duration("jitter", default: .seconds(0), in: .seconds(0)...(.hours(1)))
        pageSize = section.integer("page_size", default: 500, in: 10...5_000)
        let guardrail = section.section("guard")
        removalsCount = guardrail.integer("removals_count", default: 10, in: 0...1_000_000)
        removalsPercent =
            guardrail.optional("removals_percent", "a percentage such as 5%") { Quantity.percent($0) } ?? 5
        protectedRoles = guardrail.texts("protected_roles", limit: 200)
        guardrail.finish()
        graceDays = section.integer("grace_days", default: 30, in: 0...3_650)
        section.finish()
    }
}
