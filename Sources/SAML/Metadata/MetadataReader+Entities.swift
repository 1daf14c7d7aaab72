extension MetadataReader {
    /// What groups around an entity give to it.
    struct Inherited {
        var validUntil: Int64?
        var cacheDuration: Int64?
        var attributes: [SAMLAttribute] = []
        var registration: Registration?
    }

    /// Reads an entity; nil when it is left out.
    mutating func entity(_ element: XMLElement, inherited: Inherited) -> EntityDescriptor? {
        guard let name = element.attribute("entityID")?.trimmingXMLSpace(), !name.isEmpty,
            name.count <= EntityDescriptor.entityIDLimit
        else {
            blame("entityID is missing or longer than \(EntityDescriptor.entityIDLimit) characters", .entity)
            return nil
        }
        entityID = name
        defer { entityID = nil }
        var found = EntityDescriptor(entityID: name)
        found.id = element.attribute("ID")
        found.validUntil = Self.least(time("validUntil", of: element), inherited.validUntil)
        found.cacheDuration = Self.least(duration("cacheDuration", of: element), inherited.cacheDuration)
        found.entityAttributes = inherited.attributes
        found.registration = inherited.registration
        if let extensions = element.child(.md("Extensions")) { readExtensions(extensions, into: &found) }
        found.identityProviders = each(.md("IDPSSODescriptor"), of: element) { $0.identityProvider($1) }
        found.serviceProviders = each(.md("SPSSODescriptor"), of: element) { $0.serviceProvider($1) }
        found.organization = element.child(.md("Organization")).flatMap {
            localized(.md("OrganizationDisplayName"), of: $0).text()
        }
        found.contacts = element.children(.md("ContactPerson")).prefix(32).map(Self.contact)
        return found
    }

    private mutating func readExtensions(_ extensions: XMLElement, into entity: inout EntityDescriptor) {
        entity.entityAttributes += Self.entityAttributes(extensions)
        entity.scopes = scopes(extensions)
        entity.algorithms = algorithms(extensions)
        if let registration = Self.registration(extensions) { entity.registration = registration }
    }

    /// What a group of entities hands down to each.
    mutating func handedDown(_ group: XMLElement, _ inherited: Inherited) -> Inherited {
        var handed = inherited
        handed.validUntil = Self.least(time("validUntil", of: group), inherited.validUntil)
        handed.cacheDuration = Self.least(duration("cacheDuration", of: group), inherited.cacheDuration)
        guard let extensions = group.child(.md("Extensions")) else { return handed }
        handed.attributes += Self.entityAttributes(extensions)
        if let registration = Self.registration(extensions) { handed.registration = registration }
        return handed
    }

    static func least(_ left: Int64?, _ right: Int64?) -> Int64? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }

    private static func entityAttributes(_ extensions: XMLElement) -> [SAMLAttribute] {
        extensions.children(XMLName(XMLNamespace.entityAttributes, "EntityAttributes")).flatMap {
            $0.children(.saml("Attribute")).prefix(256).compactMap(SAMLAttribute.init(reading:)).map { attribute in
                var trimmed = attribute
                trimmed.values = attribute.values.map { $0.trimmingXMLSpace() }
                return trimmed
            }
        }
    }

    private static func registration(_ extensions: XMLElement) -> Registration? {
        guard let info = extensions.child(XMLName(XMLNamespace.registration, "RegistrationInfo")),
            let authority = info.attribute("registrationAuthority")
        else { return nil }
        return Registration(
            authority: authority, instant: info.attribute("registrationInstant").flatMap(SchemaTime.seconds),
            policies: texts(XMLName(XMLNamespace.registration, "RegistrationPolicy"), of: info))
    }

    private static func contact(_ element: XMLElement) -> Contact {
        let names = ["GivenName", "SurName"].compactMap { element.child(.md($0))?.text.trimmingXMLSpace() }
        let mails = element.children(.md("EmailAddress")).prefix(16).map { $0.text.trimmingXMLSpace() }
        return Contact(
            kind: element.attribute("contactType") ?? "other", name: names.isEmpty ? nil : names.joined(separator: " "),
            emails: mails.map { $0.hasPrefix("mailto:") ? String($0.dropFirst(7)) : $0 })
    }
}

extension MetadataReader {
    func scopes(_ extensions: XMLElement) -> [Scope] {
        extensions.children(XMLName(XMLNamespace.shibboleth, "Scope")).prefix(1_024).map {
            Scope($0.text.trimmingXMLSpace(), isExpression: $0.flag("regexp") ?? false)
        }
    }

    func algorithms(_ extensions: XMLElement) -> AlgorithmSupport {
        AlgorithmSupport(
            digests: extensions.children(.alg("DigestMethod")).compactMap { $0.attribute("Algorithm") },
            signatures: extensions.children(.alg("SigningMethod")).compactMap { method in
                method.attribute("Algorithm").map {
                    AlgorithmSupport.SigningMethod(
                        $0, minimumBits: method.attribute("MinKeySize").flatMap { Int($0) },
                        maximumBits: method.attribute("MaxKeySize").flatMap { Int($0) })
                }
            })
    }

    mutating func display(_ extensions: XMLElement) -> DisplayInfo {
        var shown = DisplayInfo()
        if let info = extensions.child(.mdui("UIInfo")) {
            shown.names = localized(.mdui("DisplayName"), of: info)
            shown.descriptions = localized(.mdui("Description"), of: info)
            shown.informationURLs = localized(.mdui("InformationURL"), of: info).filter { HTTPAddress.isFit($0.text) }
            shown.privacyStatementURLs = localized(.mdui("PrivacyStatementURL"), of: info)
                .filter { HTTPAddress.isFit($0.text) }
            shown.keywords = localized(.mdui("Keywords"), of: info)
            shown.logos = info.children(.mdui("Logo")).prefix(16).compactMap(Self.logo)
        }
        if let hints = extensions.child(.mdui("DiscoHints")) {
            shown.domainHints = hints.children(.mdui("DomainHint")).prefix(256).map { $0.text.trimmingXMLSpace() }
            shown.ipHints = hints.children(.mdui("IPHint")).prefix(256).map { $0.text.trimmingXMLSpace() }
        }
        return shown
    }

    /// SDP-MD10: by `https`, or within the document.
    private static func logo(_ element: XMLElement) -> DisplayInfo.Logo? {
        let address = element.text.trimmingXMLSpace()
        guard HTTPAddress.isSecure(address) || address.hasPrefix("data:image/") && address.utf8.count <= 65_536 else {
            return nil
        }
        let sizes = ["width", "height"].map { element.attribute($0).flatMap { Int($0.trimmingXMLSpace()) } ?? 0 }
        return DisplayInfo.Logo(address, width: sizes[0], height: sizes[1])
    }

    func localized(_ name: XMLName, of element: XMLElement) -> [LocalizedText] { Self.texts(name, of: element) }

    static func texts(_ name: XMLName, of element: XMLElement) -> [LocalizedText] {
        element.children(name).prefix(128).map {
            LocalizedText($0.text.trimmingXMLSpace(), language: $0.attribute(XMLName(XMLNamespace.xml, "lang")) ?? "en")
        }
    }
}
