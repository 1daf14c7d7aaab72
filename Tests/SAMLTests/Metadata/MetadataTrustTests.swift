import Testing

@testable import SAML

@Suite("Trust in metadata") struct MetadataTrustTests {
    private static let now = Federation.now

    private static func document(
        _ entity: EntityDescriptor, until: Int64 = now + 86_400, published: Int64? = nil
    ) throws -> MetadataDocument {
        var root = try entity.element(id: "_m", validUntil: until)
        if let published {
            let info = Markup.element(
                XMLName(XMLNamespace.registration, "PublicationInfo"),
                ["publisher": "p", "creationInstant": SchemaTime.text(published)])
            let group = Markup.element(.md("Extensions"), [:], [info])
            root = Markup.element(
                .md("EntitiesDescriptor"), ["ID": "_g", "validUntil": SchemaTime.text(until)], [group, root])
        }
        return try MetadataDocument(reading: root)
    }

    private static func refusals(_ verdict: MetadataVerdict) -> [MetadataRefusal] {
        if case .refused(let reasons) = verdict { reasons } else { [] }
    }

    @Test("Signed and bounded is taken; every way to be neither is refused")
    func bounds() throws {
        let entity = try Federation.identityProvider()
        let policy = MetadataPolicy(longestValidity: 7 * 86_400, skew: 180)
        func judge(_ until: Int64, _ signature: MetadataSignature = .verified) throws -> [MetadataRefusal] {
            Self.refusals(
                try Self.document(entity, until: until).verdict(
                    signature: signature, replacing: nil, policy: policy, now: Self.now))
        }
        #expect(try judge(Self.now + 86_400) == [])
        #expect(try judge(Self.now + 86_400, .none) == [.unsigned])
        #expect(try judge(Self.now + 86_400, .invalid) == [.signatureInvalid])
        #expect(try judge(Self.now - 179) == [] && judge(Self.now - 180) == [.expired])
        #expect(try judge(Self.now + 7 * 86_400 + 180) == [])
        #expect(try judge(Self.now + 7 * 86_400 + 181) == [.validUntilTooFar])
        let bare = Markup.element(
            .md("EntitiesDescriptor"), [:], [try entity.element(id: "_m", validUntil: Self.now + 9)])
        let unbounded = try MetadataDocument(reading: bare)
        #expect(
            Self.refusals(unbounded.verdict(signature: .verified, replacing: nil, policy: policy, now: Self.now))
                == [.validUntilMissing])
        var lax = policy
        (lax.requiresSignature, lax.requiresValidUntil) = (false, false)
        #expect(Self.refusals(unbounded.verdict(signature: .none, replacing: nil, policy: lax, now: Self.now)) == [])
        #expect(
            Self.refusals(unbounded.verdict(signature: .invalid, replacing: nil, policy: lax, now: Self.now))
                == [.signatureInvalid])
    }

    @Test("An older document does not come back, whoever signed it")
    func rollback() throws {
        let entity = try Federation.identityProvider()
        let policy = MetadataPolicy()
        let current = try Self.document(entity, until: Self.now + 5_000)
        func judge(_ document: MetadataDocument, _ previous: MetadataDocument) -> [MetadataRefusal] {
            Self.refusals(document.verdict(signature: .verified, replacing: previous, policy: policy, now: Self.now))
        }
        #expect(try judge(Self.document(entity, until: Self.now + 4_999), current) == [.rolledBack])
        #expect(try judge(Self.document(entity, until: Self.now + 5_000), current) == [])
        let dated = try Self.document(entity, until: Self.now + 5_000, published: Self.now - 10)
        #expect(
            try judge(Self.document(entity, until: Self.now + 9_000, published: Self.now - 11), dated) == [.rolledBack])
        #expect(try judge(Self.document(entity, until: Self.now + 4_000, published: Self.now - 9), dated) == [])
        // Without its date it could be any.
        #expect(try judge(Self.document(entity, until: Self.now + 9_000), dated) == [.rolledBack])
    }

    @Test("Without a signature no key, role or endpoint changes unconfirmed; with one they do, and are told")
    func changes() throws {
        let before = try Self.document(Federation.identityProvider())
        let policy = MetadataPolicy(requiresSignature: false)
        let changed: [(MetadataChange.Kind, (inout EntityDescriptor) -> Void)] = [
            (.keys, { $0.identityProviders[0].role.keys = [(try? Federation.key(.stranger))].compactMap { $0 } }),
            (.endpoints, { $0.identityProviders[0].singleSignOn = [Endpoint(.redirect, "https://evil.example/")] }),
            (.other, { $0.identityProviders[0].role.errorURL = "https://idp.example/e" }),
        ]
        for (kind, change) in changed {
            let after = try Self.document(Federation.identityProvider(change))
            let expected = MetadataChange(entityID: Federation.provider, kind: kind)
            let unsigned = after.verdict(signature: .none, replacing: before, policy: policy, now: Self.now)
            if kind == .other {
                #expect(unsigned == .taken([expected]))
            } else {
                #expect(unsigned == .refused([.unconfirmed([expected])]))
            }
            #expect(
                after.verdict(signature: .verified, replacing: before, policy: policy, now: Self.now)
                    == .taken([expected]))
        }
        let same = try Self.document(Federation.identityProvider(), until: Self.now + 90_000)
        #expect(same.verdict(signature: .none, replacing: before, policy: policy, now: Self.now) == .taken([]))
        let other = try Self.document(Federation.serviceProvider())
        #expect(other.changes(since: before).map(\.kind) == [.added, .removed])
    }

    @Test("When to come again: the source's wish within bounds, and before it ends")
    func refresh() throws {
        let document = try MetadataDocument(
            reading: Federation.identityProvider().element(
                id: "_m", validUntil: Self.now + 10_000, cacheDuration: 21_600))
        #expect(document.refreshDelay(now: Self.now) == 5_000)
        #expect(document.refreshDelay(now: Self.now - 100_000) == 21_600)
        #expect(document.refreshDelay(now: Self.now + 9_999) == 300)
    }

    @Test("Addresses of the Metadata Query Protocol")
    func query() throws {
        #expect(
            MetadataQuery.address(base: "https://mdq.example", entityID: "https://sp.example/saml?a=ö")
                == "https://mdq.example/entities/https%3A%2F%2Fsp.example%2Fsaml%3Fa%3D%C3%B6")
        // The profile's own example.
        #expect(
            MetadataQuery.address(base: "https://mdq.example/", entityID: "http://example.org/service", form: .sha1)
                == "https://mdq.example/entities/%7Bsha1%7D11d72e8cf351eb6c75c721e838f469677ab41bdb")
        let document = try Self.document(Federation.serviceProvider())
        #expect(MetadataQuery.isAnswer(document, to: Federation.service))
        #expect(!MetadataQuery.isAnswer(document, to: Federation.provider))
    }
}
