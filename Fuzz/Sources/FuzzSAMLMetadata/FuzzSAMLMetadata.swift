import FuzzDriver
import SAML

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzSAMLMetadata_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    drive(count, arguments) { bytes in
        guard let root = try? XMLReader.parse(bytes, limits: .message) else { return }
        read(root)
    }
}

/// Whatever is read is judged, gone by, and written again where it can be.
private func read(_ root: XMLElement) {
    guard let document = try? MetadataDocument(reading: root) else { return }
    let verdict = document.verdict(signature: .none, replacing: document, policy: MetadataPolicy(), now: 1_800_000_000)
    if case .refused(let reasons) = verdict {
        for case .unconfirmed in reasons { hold(false, "a document does not differ from itself") }
    }
    let settings = ServiceProviderSettings(
        entityID: "urn:us", consumers: [IndexedEndpoint(.post, "https://us.example/acs", index: 0)])
    for entity in document.all.prefix(8) {
        _ = try? settings.plan(SignInWish(), at: entity, id: "_1", now: 1_800_000_000)
        guard let written = try? entity.element(id: "_1", validUntil: 1), let bytes = try? XMLWriter.bytes(of: written),
            let again = try? XMLReader.parse(bytes, limits: .metadata)
        else { continue }
        let reread = try? MetadataDocument(reading: again)[entity.entityID]
        hold(
            reread?.identityProviders.map(\.singleSignOn) == entity.identityProviders.map(\.singleSignOn)
                && reread?.serviceProviders.map(\.assertionConsumers)
                    == entity.serviceProviders.map(\.assertionConsumers),
            "what was written says the same")
    }
}
