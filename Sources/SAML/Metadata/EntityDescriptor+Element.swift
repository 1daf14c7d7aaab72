extension EntityDescriptor {
    /// The document, as it is published: of our own entity, with every key of a rollover.
    ///
    /// - Parameters:
    ///   - id: the root's `ID`, which its signature refers to.
    ///   - validUntil: seconds since 1970.
    /// - Throws: `forbidden_character`, or `malformed` for an entity that says nothing.
    public func element(id: String, validUntil: Int64, cacheDuration: Int64? = nil) throws(MessageFault) -> XMLElement {
        guard !entityID.isEmpty, entityID.count <= 256 else {
            throw MessageFault(.malformed, "entityID: has to be a URI of at most 256 characters (SDP-G04)")
        }
        guard !identityProviders.isEmpty || !serviceProviders.isEmpty else {
            throw MessageFault(.malformed, "EntityDescriptor: has neither role")
        }
        let made = Markup.element(
            .md("EntityDescriptor"),
            [
                "ID": id, "entityID": entityID, "validUntil": SchemaTime.text(validUntil),
                "cacheDuration": cacheDuration.map(SchemaTime.durationText),
            ],
            [extensions] + identityProviders.map(\.element) + serviceProviders.map(\.element)
                + [organizationElement] + contacts.map(\.element))
        return try Markup.checked(made)
    }

    private var extensions: XMLElement? {
        var parts = algorithms.elements + scopes.map(\.element)
        if !entityAttributes.isEmpty {
            parts.append(
                Markup.element(
                    XMLName(XMLNamespace.entityAttributes, "EntityAttributes"), [:], entityAttributes.map(\.element)))
        }
        return parts.isEmpty ? nil : Markup.element(.md("Extensions"), [:], parts)
    }

    private var organizationElement: XMLElement? {
        guard let organization else { return nil }
        let names = ["OrganizationName", "OrganizationDisplayName"].map {
            LocalizedText(organization).element(.md($0))
        }
        return Markup.element(
            .md("Organization"), [:], names + [LocalizedText(entityID).element(.md("OrganizationURL"))])
    }
}

extension IdentityProviderDescriptor {
    fileprivate var element: XMLElement {
        role.element(
            .md("IDPSSODescriptor"),
            flags: wantsSignedRequests ? ["WantAuthnRequestsSigned": "true"] : [:], extensions: [],
            services: singleSignOn.map { $0.element(.md("SingleSignOnService")) })
    }
}

extension ServiceProviderDescriptor {
    fileprivate var element: XMLElement {
        var flags: KeyValuePairs<String, String?> = [:]
        flags = [
            "AuthnRequestsSigned": signsRequests ? "true" : nil,
            "WantAssertionsSigned": wantsSignedAssertions ? "true" : nil,
        ]
        let discovery = discoveryResponses.map {
            $0.element(XMLName(XMLNamespace.discovery, "DiscoveryResponse"), binding: XMLNamespace.discovery)
        }
        return role.element(
            .md("SPSSODescriptor"), flags: flags, extensions: discovery,
            services: assertionConsumers.map { $0.element(.md("AssertionConsumerService")) }
                + attributeServices.map(\.element))
    }
}

extension RoleDescriptor {
    /// The schema's order: extensions, keys, artifact resolution, logout, formats, and then the role's own.
    fileprivate func element(
        _ name: XMLName, flags: KeyValuePairs<String, String?>, extensions: [XMLElement], services: [XMLElement]
    ) -> XMLElement {
        let said = extensions + algorithms.elements + scopes.map(\.element) + [display.element].compactMap { $0 }
        var made = Markup.element(
            name, ["protocolSupportEnumeration": protocols.joined(separator: " "), "errorURL": errorURL],
            [said.isEmpty ? nil : Markup.element(.md("Extensions"), [:], said)] + keys.map(\.element)
                + artifactResolution.map { $0.element(.md("ArtifactResolutionService")) }
                + singleLogout.map { $0.element(.md("SingleLogoutService")) }
                + nameIDFormats.map { Markup.text(.md("NameIDFormat"), $0) } + services)
        for (local, value) in flags { made.setAttribute(local, value) }
        return made
    }
}

extension MetadataKey {
    fileprivate var element: XMLElement {
        let info: XMLElement
        if let certificate {
            let text = Markup.text(.ds("X509Certificate"), SAMLBase64.encode(certificate))
            info = Markup.element(.ds("X509Data"), [:], [text])
        } else {
            info = Markup.text(XMLName(XMLNamespace.signature11, "DEREncodedKeyValue"), SAMLBase64.encode(publicKey))
        }
        let methods = encryptionMethods.map { method in
            Markup.element(
                .md("EncryptionMethod"), ["Algorithm": method.algorithm],
                [method.digest.map { Markup.element(.ds("DigestMethod"), ["Algorithm": $0]) }])
        }
        return Markup.element(
            .md("KeyDescriptor"), ["use": use?.rawValue], [Markup.element(.ds("KeyInfo"), [:], [info])] + methods)
    }
}

extension Endpoint {
    fileprivate func element(_ name: XMLName) -> XMLElement {
        var made = Markup.element(
            name, ["Binding": binding, "Location": location, "ResponseLocation": responseLocation])
        mark(&made)
        return made
    }

    fileprivate func mark(_ element: inout XMLElement) {
        guard let supportsChannelBindings else { return }
        element.attributes.append(
            XMLAttribute(Self.channelBindingsAttribute, Markup.flag(supportsChannelBindings)))
    }
}

extension IndexedEndpoint {
    fileprivate func element(_ name: XMLName, binding: String? = nil) -> XMLElement {
        var made = Markup.element(
            name,
            [
                "Binding": binding ?? endpoint.binding, "Location": endpoint.location, "index": String(index),
                "isDefault": isDefault.map(Markup.flag),
            ])
        endpoint.mark(&made)
        return made
    }
}

extension AttributeConsumingService {
    fileprivate var element: XMLElement {
        Markup.element(
            .md("AttributeConsumingService"), ["index": String(index), "isDefault": isDefault.map(Markup.flag)],
            names.map { $0.element(.md("ServiceName")) }
                + attributes.map { $0.attribute.element(named: .md("RequestedAttribute"), isRequired: $0.isRequired) })
    }
}

extension AlgorithmSupport {
    fileprivate var elements: [XMLElement] {
        digests.map { Markup.element(.alg("DigestMethod"), ["Algorithm": $0]) }
            + signatures.map {
                Markup.element(
                    .alg("SigningMethod"),
                    [
                        "Algorithm": $0.algorithm, "MinKeySize": $0.minimumBits.map(String.init),
                        "MaxKeySize": $0.maximumBits.map(String.init),
                    ])
            }
    }
}

extension Scope {
    fileprivate var element: XMLElement {
        Markup.text(XMLName(XMLNamespace.shibboleth, "Scope"), value, ["regexp": Markup.flag(isExpression)])
    }
}

extension DisplayInfo {
    fileprivate var element: XMLElement? {
        let logos = logos.map {
            Markup.text(.mdui("Logo"), $0.address, ["height": String($0.height), "width": String($0.width)])
        }
        let parts =
            names.map { $0.element(.mdui("DisplayName")) } + descriptions.map { $0.element(.mdui("Description")) }
            + keywords.map { $0.element(.mdui("Keywords")) } + logos
            + informationURLs.map { $0.element(.mdui("InformationURL")) }
            + privacyStatementURLs.map { $0.element(.mdui("PrivacyStatementURL")) }
        return parts.isEmpty ? nil : Markup.element(.mdui("UIInfo"), [:], parts)
    }
}

extension LocalizedText {
    fileprivate func element(_ name: XMLName) -> XMLElement {
        var made = Markup.text(name, text)
        made.attributes.append(XMLAttribute(XMLName(XMLNamespace.xml, "lang"), language))
        return made
    }
}

extension Contact {
    fileprivate var element: XMLElement {
        Markup.element(
            .md("ContactPerson"), ["contactType": kind],
            [name.map { Markup.text(.md("GivenName"), $0) }]
                + emails.map { Markup.text(.md("EmailAddress"), "mailto:" + $0) })
    }
}
