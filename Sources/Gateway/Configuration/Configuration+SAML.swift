import Identity
import OAuth
import Providers
import SAML
import Vocabulary

extension SAMLConfiguration {
    init(_ section: ConfigurationSection, tenant: String) {
        keys = section.sections("keys", limit: 4).compactMap { pair in
            defer { pair.finish() }
            let (key, certificate) = (pair.secret("key_file"), pair.file("certificate_file"))
            if key == nil { pair.report("key_file", "is required.") }
            if certificate == nil { pair.report("certificate_file", "is required.") }
            guard let key, let certificate else { return nil }
            return KeyPair(key: key, certificateFile: certificate)
        }
        algorithms = AlgorithmPolicy(section)
        discoveryURL = section.optional("discovery_url", "an https address") { text in
            guard let address = WebAddress(text), address.fragment == nil, address.isSecure else { return nil }
            return text
        }
        metadataAuthorities = section.file("metadata_ca_file")
        servesEnhancedClients = section.bool("ecp", default: false)
        enhancedClientProviders = section.texts("ecp_providers", limit: 64)
        if !enhancedClientProviders.isEmpty, !servesEnhancedClients {
            section.report("ecp_providers", "belong to ecp: true.")
        }
        attributes = SAMLAttributeSet(section, tenant: tenant)
        let set = attributes
        release = section.sections("release", limit: 1_000).map {
            SAMLReleaseConfiguration($0, tenant: tenant, attributes: set)
        }
        applications = section.sections("applications", limit: 1_000).map {
            SAMLApplicationConfiguration($0, tenant: tenant, attributes: set)
        }
        section.finish()
    }
}

extension AlgorithmPolicy {
    /// `forbidden_algorithms`: by their addresses, each one that is known here and leaves another one of its kind.
    fileprivate init(_ section: ConfigurationSection) {
        self.init()
        let key = "forbidden_algorithms"
        let names = section.texts(key, limit: 64)
        for name in names where !Self.named.contains(name) {
            section.report(
                key,
                "`\(name)` is no algorithm's address that is known here; write it as messages do, such as \(Algorithm.rsaSHA512)."
            )
        }
        do { self = try AlgorithmPolicy(without: Set(names)) } catch {
            section.report(
                key, "leaves nothing to sign, to digest, to encrypt or to transport keys by; leave one of each.")
        }
    }
}

extension SAMLProviderConfiguration {
    init(_ section: ConfigurationSection) {
        route = UpstreamProviderConfiguration.Route(section)
        place = Place(section, allowsLoopback: route.allowsPrivateAddresses)
        metadataKeyFiles = section.texts("metadata_key_files", limit: 8).map { section.absolute($0) }
        policy = MetadataPolicy(section, isSigned: !metadataKeyFiles.isEmpty)
        entityID = section.optionalText("entity_id")
        if case .query = place, entityID == nil {
            section.report("entity_id", "is required beside metadata_query_url.")
        }
        profile = section.choice("profile", default: .standard) ?? .standard
        let format = section.optionalText("name_id_format")
        nameID = format.map { .format(NameIDFormat.named($0)) } ?? .any
        signature = section.choice("signature", default: .either) ?? .either
        signsRequests = section.bool("sign_requests", default: false)
        contexts = section.texts("authn_contexts", limit: 16)
        scopes = Self.scopes(section)
        clockSkew = Int64(
            section.duration("clock_skew", default: .seconds(180), in: .seconds(0)...(.seconds(300))).components
                .seconds)
        attributes = section.dictionary("attributes")
        loginAttribute = section.optionalText("login_attribute")
        groupsAttribute = section.optionalText("groups_attribute")
        ownedDomains = Set(section.texts("owns_domains", limit: 1_000).map { $0.lowercased() })
        let believed = section.texts("second_factor_contexts", limit: 16)
        let factors = believed.isEmpty ? [AuthnContextClass.multiFactor] : believed
        multiFactorContexts = Set(factors)
        // Whoever never heard of the usual name would refuse everybody who is asked for it: only what is named is asked.
        askedFactorContexts = section.bool("ask_second_factor", default: !believed.isEmpty) ? factors : []
        passedContexts = section.texts("pass_on_contexts", limit: 16)
        sendsScoping = section.bool("send_scoping", default: true)
        isAskedPassively = section.bool("ask_passively", default: false)
        createsPeopleAtLogin = section.bool("create_people_at_login", default: true)
        answerBinding = Self.answerBinding(section)
        allowsUnsolicited = section.bool("allow_unsolicited", default: false)
        returnTargets = section.texts("return_targets", limit: 64)
        singleLogout = section.bool("single_logout", default: true)
        encryptsLogoutNames = section.bool("encrypt_logout_names", default: false)
        subjectRules = Self.subject(section, format)
        check(section)
    }

    private static func answerBinding(_ section: ConfigurationSection) -> SAML.Binding {
        switch section.text("answer_binding", default: "post") {
        case "post": return .post
        case "artifact": return .artifact
        default:
            section.report("answer_binding", "must be post or artifact.")
            return .post
        }
    }

    private static func scopes(_ section: ConfigurationSection) -> SAML.ScopePolicy {
        let listed = section.texts("scopes", limit: 256)
        return listed.isEmpty ? .metadata : .listed(listed)
    }

    /// What somebody is known by for good. A name that may be given to somebody else is taken only by the administrator's
    /// word.
    private static func subject(_ section: ConfigurationSection, _ format: String?) -> [SubjectRule] {
        switch section.optionalText("subject") {
        case nil: return SubjectRule.usual
        case "name_id":
            guard let format else {
                section.report("subject", "name_id needs the format that is meant, in name_id_format.")
                return SubjectRule.usual
            }
            let named = NameIDFormat.named(format)
            if named == NameIDFormat.transient {
                section.report("subject", "a transient name is another one each time, and nobody is known by it.")
            }
            return named == NameIDFormat.persistent ? [.persistentNameID] : [.nameID(format: named)]
        case let name?:
            return [.attribute(name: name, nameFormat: AttributeNameFormat.uri)]
                + [.attribute(name: name, nameFormat: AttributeNameFormat.unspecified)]
                + [.attribute(name: name, nameFormat: AttributeNameFormat.basic)]
        }
    }

    private func check(_ section: ConfigurationSection) {
        for name in attributes.keys.sorted() where PersonAttribute.allCases.contains(where: { $0.rawValue == name }) {
            section.report(
                "attributes", "`\(name)` is taken from the usual attributes or not at all; choose a name of its own.")
        }
        if !returnTargets.isEmpty, !allowsUnsolicited {
            section.report("return_targets", "belong to allow_unsolicited: true.")
        }
        for target in returnTargets where !ReturnTarget.isOwnPath(target) && WebAddress(target)?.isSecure != true {
            section.report("return_targets", "`\(target)` is neither a path of the gateway nor an https address.")
        }
        for domain in ownedDomains where domain.contains("@") || !domain.contains(".") {
            section.report("owns_domains", "`\(domain)` is not a domain such as example.org.")
        }
        if case .file = place, !metadataKeyFiles.isEmpty {
            section.report("metadata_key_files", "belong to metadata that are fetched; a file is yours.")
        }
    }
}

extension SAMLProviderConfiguration.Place {
    /// Of one of the three keys; which of them are there, and whether one only, is reported.
    init(_ section: ConfigurationSection, allowsLoopback: Bool) {
        func address(_ name: String) -> String? {
            section.optional(name, "an https address") { text in
                guard let address = WebAddress(text), address.fragment == nil else { return nil }
                let isOwn = address.isScheme("http") && (address.isLoopbackLiteral || address.host == "localhost")
                return address.isSecure || (allowsLoopback && isOwn) ? text : nil
            }
        }
        let found: [Self] = [
            section.file("metadata_file").map { .file($0) }, address("metadata_url").map { .address($0) },
            address("metadata_query_url").map { .query($0) },
        ].compactMap(\.self)
        if found.count != 1 {
            section.report("metadata_file", "or metadata_url or metadata_query_url is required, and one of them only.")
        }
        self = found.first ?? .file("")
    }
}

extension MetadataPolicy {
    /// Fetched metadata have to say until when they hold where somebody signs them; a plain document of one identity
    /// provider seldom does, and is believed for the connection it came by.
    fileprivate init(_ section: ConfigurationSection, isSigned: Bool) {
        let longest = section.duration(
            "metadata_validity", default: .seconds(14 * 86_400), in: .hours(1)...(.seconds(366 * 86_400)))
        self.init(
            requiresSignature: isSigned,
            requiresValidUntil: section.bool("metadata_requires_valid_until", default: isSigned),
            longestValidity: isSigned ? longest.components.seconds : nil)
    }
}

extension NameIDFormat {
    /// A format by its last word, as people write it, or by its whole name.
    public static func named(_ text: String) -> String {
        [unspecified, emailAddress, persistent, transient].first { $0.hasSuffix(":" + text) } ?? text
    }
}

extension ConfigurationSection {
    /// A path made absolute against the configuration's folder.
    func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : context.folder + "/" + path }
}
