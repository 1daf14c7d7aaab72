extension MetadataReader {
    mutating func identityProvider(_ element: XMLElement) -> IdentityProviderDescriptor? {
        var found = IdentityProviderDescriptor()
        found.role = role(element)
        found.wantsSignedRequests = element.flag("WantAuthnRequestsSigned") ?? false
        found.singleSignOn = endpoints("SingleSignOnService", of: element)
        guard found.role.speaksSAML2 else { return found }
        if found.singleSignOn.isEmpty { blame("has no SingleSignOnService that can be used") }
        if found.role.signingKeys.isEmpty {
            blame("has no key to verify signatures by, so nothing it says can be believed: add a KeyDescriptor")
        }
        return found
    }

    mutating func serviceProvider(_ element: XMLElement) -> ServiceProviderDescriptor? {
        var found = ServiceProviderDescriptor()
        found.role = role(element)
        found.signsRequests = element.flag("AuthnRequestsSigned") ?? false
        found.wantsSignedAssertions = element.flag("WantAssertionsSigned") ?? false
        found.assertionConsumers = indexedEndpoints(.md("AssertionConsumerService"), of: element)
        if found.assertionConsumers.isEmpty, found.role.speaksSAML2 {
            blame("has no AssertionConsumerService that can be used")
        }
        found.attributeServices = each(.md("AttributeConsumingService"), of: element) { $0.attributeService($1) }
        if let extensions = element.child(.md("Extensions")) {
            found.discoveryResponses = indexedEndpoints(
                XMLName(XMLNamespace.discovery, "DiscoveryResponse"), of: extensions)
        }
        return found
    }

    private mutating func role(_ element: XMLElement) -> RoleDescriptor {
        var role = RoleDescriptor()
        role.validUntil = time("validUntil", of: element)
        role.cacheDuration = duration("cacheDuration", of: element)
        role.errorURL = element.attribute("errorURL").flatMap { address($0, at: "errorURL") }
        role.protocols = (element.attribute("protocolSupportEnumeration") ?? "").listed
        role.keys = each(.md("KeyDescriptor"), of: element) { $0.key($1) }
        role.artifactResolution = indexedEndpoints(.md("ArtifactResolutionService"), of: element)
        role.singleLogout = endpoints("SingleLogoutService", of: element)
        role.nameIDFormats = element.children(.md("NameIDFormat")).map { $0.text.trimmingXMLSpace() }
        if let extensions = element.child(.md("Extensions")) {
            role.algorithms = algorithms(extensions)
            role.scopes = scopes(extensions)
            role.display = display(extensions)
        }
        return role
    }

    private mutating func key(_ element: XMLElement) -> MetadataKey? {
        if let use = element.attribute("use"), MetadataKey.Use(rawValue: use) == nil {
            blame("use is neither signing nor encryption")
            return nil
        }
        guard let key = KeyInfoReading.key(in: element) else {
            blame("holds neither a certificate nor a key that can be read")
            return nil
        }
        if !key.isStrong {
            blame("holds a key too short to believe, or of a kind that is not spoken: RSA of 2048 bits, EC of 256")
        }
        return key
    }

    private mutating func endpoints(_ local: String, of element: XMLElement) -> [Endpoint] {
        each(.md(local), of: element) { $0.endpoint($1) }
    }

    private mutating func indexedEndpoints(_ name: XMLName, of element: XMLElement) -> [IndexedEndpoint] {
        let found: [IndexedEndpoint] = each(name, of: element) { reader, child in
            guard let endpoint = reader.endpoint(child) else { return nil }
            guard let index = child.index("index") else {
                reader.blame("has no index from 0 to 65535")
                return nil
            }
            return IndexedEndpoint(endpoint: endpoint, index: index, isDefault: child.flag("isDefault"))
        }
        var seen: Set<Int> = []
        for endpoint in found where !seen.insert(endpoint.index).inserted {
            blame("the index \(endpoint.index) stands twice; the first is taken", at: name.local)
        }
        return found
    }

    private mutating func endpoint(_ element: XMLElement) -> Endpoint? {
        guard let binding = element.attribute("Binding")?.trimmingXMLSpace(), !binding.isEmpty else {
            blame("has no Binding")
            return nil
        }
        guard let location = element.attribute("Location") else {
            blame("has no Location")
            return nil
        }
        guard let location = address(location, at: "Location") else { return nil }
        var response: String?
        if let text = element.attribute("ResponseLocation") {
            guard let address = address(text, at: "ResponseLocation") else { return nil }
            response = address
        }
        return Endpoint(
            binding: binding, location: location, responseLocation: response,
            supportsChannelBindings: element.flag(Endpoint.channelBindingsAttribute))
    }

    /// An address a browser is sent to, or a call made to: `javascript:` and its like end here.
    private mutating func address(_ text: String, at step: String) -> String? {
        if HTTPAddress.isFit(text) { return text }
        blame("is not an http or https address", at: step)
        return nil
    }

    private mutating func attributeService(_ element: XMLElement) -> AttributeConsumingService? {
        guard let index = element.index("index") else {
            blame("has no index from 0 to 65535")
            return nil
        }
        let attributes: [RequestedAttribute] = each(.md("RequestedAttribute"), of: element) { reader, child in
            guard let attribute = SAMLAttribute(reading: child) else {
                reader.blame("has no Name")
                return nil
            }
            return RequestedAttribute(attribute, isRequired: child.flag("isRequired") ?? false)
        }
        return AttributeConsumingService(
            index: index, isDefault: element.flag("isDefault"), names: localized(.md("ServiceName"), of: element),
            attributes: attributes)
    }
}

/// Addresses that a browser or a call goes to.
enum HTTPAddress {
    static let byteLimit = 2_048

    /// `http` or `https` with a host, in printable ASCII, without a fragment or white space.
    static func isFit(_ text: String) -> Bool {
        guard text.utf8.count <= byteLimit, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return false }
        guard let end = text.firstIndex(of: ":") else { return false }
        let scheme = text[..<end].lowercased()
        let rest = text[end...]
        guard scheme == "https" || scheme == "http", rest.hasPrefix("://"), !text.utf8.contains(UInt8(ascii: "#"))
        else { return false }
        let authority = rest.dropFirst(3).prefix { $0 != "/" && $0 != "?" }
        return !authority.isEmpty && !authority.contains("@") && !text.contains("\\") && !text.contains("\"")
            && !text.contains("<") && !text.contains(">")
    }

    static func isSecure(_ text: String) -> Bool { isFit(text) && text.prefix(8).lowercased() == "https://" }
}
